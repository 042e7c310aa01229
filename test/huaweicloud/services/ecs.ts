import { z } from 'zod';
import { type Answer, nestedError, ok, Refusal } from '../answers.ts';
import type { Operation, SignedCall } from '../operations.ts';
import { inEnterpriseProject, integerParameter, pageAfter } from '../parameters.ts';
import { beginDeletion, type VirtualMachine } from '../world/virtual-machines.ts';
import { nextId, type World } from '../world/world.ts';
import { cloudServer, hostsOf, serverDetail } from './ecs-format.ts';

/** Elastic Cloud Server: both lists, one server, the recycle bin, and deletion. */
export const ecs: readonly Operation[] = [
  {
    name: 'ecs.listServers',
    method: 'GET',
    path: '/v1.1/{project_id}/cloudservers/detail',
    access: 'project',
    answer: listServers,
  },
  {
    name: 'ecs.listServersDetails',
    method: 'GET',
    path: '/v1/{project_id}/cloudservers/detail',
    access: 'project',
    answer: listServersDetails,
  },
  {
    name: 'ecs.showServer',
    method: 'GET',
    path: '/v1/{project_id}/cloudservers/{server_id}',
    access: 'project',
    answer: showServer,
  },
  {
    name: 'ecs.listRecycleBin',
    method: 'GET',
    path: '/v1/{project_id}/recycle-bin/cloudservers',
    access: 'project',
    answer: listRecycleBin,
  },
  {
    name: 'ecs.deleteServers',
    method: 'POST',
    path: '/v1/{project_id}/cloudservers/delete',
    access: 'project',
    writes: true,
    answer: deleteServers,
  },
];

const badRequest = (message: string): Answer => nestedError(400, 'Ecs.0005', message);
const notFound = (id: string): Answer => nestedError(404, 'Ecs.0114', `Instance[${id}] could not be found.`);

/** What the tenant sees of the project in ECS, inside or outside of the recycle bin. */
const machinesOf = ({ world, path }: SignedCall, { inRecycleBin }: { inRecycleBin: boolean }): VirtualMachine[] =>
  world.virtualMachines.filter(
    (machine) =>
      machine.projectId === path['project_id'] && machine.listedByEcs && (machine.recycleBin !== null) === inRecycleBin,
  );

type Filter = (machine: VirtualMachine) => boolean;

/** Those of the filters that the query names: a project may have a hundred thousand machines, and a thousand pages. */
const allOf =
  (filters: readonly (Filter | undefined)[]): Filter =>
  (machine) =>
    filters.every((filter) => filter === undefined || filter(machine));

/** The filters that both lists share. */
function filterOf({ query }: SignedCall): Filter {
  const { name, status, tags, enterprise_project_id: project = null } = Object.fromEntries(query);
  return allOf([
    project === 'all_granted_eps' ? undefined : (one) => inEnterpriseProject(project, one.enterpriseProjectId),
    name === undefined ? undefined : (one) => one.name.includes(name),
    status === undefined ? undefined : (one) => one.status === status,
    tags === undefined ? undefined : (one) => one.tags.includes(tags),
  ]);
}

/** The filters of v1.1 only. */
function furtherFilterOf({ query }: SignedCall): Filter {
  const { id, availability_zone: zone, availability_zone_eq: exactZone, charging_mode } = Object.fromEntries(query);
  return allOf([
    id === undefined ? undefined : (one) => one.id === id,
    zone === undefined ? undefined : (one) => one.availabilityZone.includes(zone),
    exactZone === undefined ? undefined : (one) => one.availabilityZone === exactZone,
    charging_mode === undefined ? undefined : (one) => one.chargingMode === charging_mode,
  ]);
}

function listServers(call: SignedCall): Answer {
  const { query, path, requestId, world } = call;
  const limit = integerParameter(call, 'limit', { default: 10, min: 1, max: 100 }, badRequest);
  // [inference] Without the filter, what lies in the recycle bin is left out.
  const found = machinesOf(call, { inRecycleBin: query.get('in_recycle_bin') === 'true' })
    .filter(filterOf(call))
    .filter(furtherFilterOf(call));
  const { page, last } = pageAfter(found, ({ id }) => id, query.get('marker'), limit, badRequest);
  const expected = new Set(query.getAll('expect-fields'));
  const next = new URLSearchParams([...query].filter(([name]) => name !== 'marker'));
  next.set('marker', page.at(-1)?.id ?? '');
  const href = `https://ecs.myhuaweicloud.com/v1.1/${path['project_id']}/cloudservers/detail?${next}`;
  const hostOf = hostsOf(world, page);
  return ok({
    servers: page.map((machine) => cloudServer(machine, hostOf(machine), expected)),
    servers_links: last ? [] : [{ rel: 'next', href }],
    request_id: requestId,
  });
}

function listServersDetails(call: SignedCall): Answer {
  const { query, world } = call;
  const limit = integerParameter(call, 'limit', { default: 25, min: 0, max: 1_000 }, badRequest);
  // A page number that begins at 1. [inference] 0 means the first page too.
  const offset = integerParameter(call, 'offset', { default: 1, min: 0, max: 1_000_000 }, badRequest);
  const ids = query.get('server_id')?.split(',');
  // The list of ids excludes the other filters.
  const isWanted: Filter = ids === undefined ? filterOf(call) : ({ id }) => ids.includes(id);
  const found = machinesOf(call, { inRecycleBin: false }).filter(isWanted);
  const marker = query.get('marker');
  const start = (Math.max(offset, 1) - 1) * limit;
  const page =
    marker === null
      ? found.slice(start, start + limit)
      : pageAfter(found, ({ id }) => id, marker, limit, badRequest).page;
  return ok({ count: found.length, servers: detailsOf(world, page) });
}

function detailsOf(world: World, machines: readonly VirtualMachine[]) {
  const hostOf = hostsOf(world, machines);
  return machines.map((machine) => serverDetail(machine, hostOf(machine)));
}

function showServer(call: SignedCall): Answer {
  const id = call.path['server_id'] ?? '';
  const machine = machinesOf(call, { inRecycleBin: false }).find((candidate) => candidate.id === id);
  return machine === undefined ? notFound(id) : ok({ server: detailsOf(call.world, [machine])[0] });
}

function listRecycleBin(call: SignedCall): Answer {
  // [inference] Default and maximum of `limit` are those of the v1 list; enterprise projects are no filter here.
  const limit = integerParameter(call, 'limit', { default: 25, min: 1, max: 1_000 }, badRequest);
  const found = machinesOf(call, { inRecycleBin: true });
  const { page } = pageAfter(found, ({ id }) => id, call.query.get('marker'), limit, badRequest);
  return ok({ servers: detailsOf(call.world, page) });
}

const deleteBody = z.object({
  servers: z
    .array(z.object({ id: z.string() }))
    .min(1)
    .max(1_000),
});

function deleteServers(call: SignedCall): Answer {
  const body = deleteBody.safeParse(call.body);
  if (!body.success) return badRequest('request body is illegal.');
  const machines = body.data.servers.map(({ id }) => {
    const machine = machinesOf(call, { inRecycleBin: false }).find((candidate) => candidate.id === id);
    if (machine === undefined) throw new Refusal(notFound(id));
    if (machine.chargingMode === '1')
      throw new Refusal(badRequest(`Instance[${id}] is yearly/monthly: unsubscribe it.`));
    return machine;
  });
  const project = call.world.projects.find(({ id }) => id === call.path['project_id']);
  for (const machine of machines) {
    beginDeletion(machine, call.now, call.settings.vmDeletion, project?.recycleBin ?? false);
  }
  return ok({ job_id: nextId(call.world) });
}
