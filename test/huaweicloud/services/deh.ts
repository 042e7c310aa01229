import { type Answer, nestedError, ok, Refusal } from '../answers.ts';
import type { Operation, SignedCall } from '../operations.ts';
import { integerParameter, pageAfter } from '../parameters.ts';
import { utcSeconds } from '../wire-time.ts';
import type { PhysicalServer } from '../world/servers.ts';
import { machinesByServer, machinesOn, type VirtualMachine } from '../world/virtual-machines.ts';

/** Dedicated Host: hosts one by one, each with its servers. */
export const deh: readonly Operation[] = [
  {
    name: 'deh.listHosts',
    method: 'GET',
    path: '/v1.0/{project_id}/dedicated-hosts',
    access: 'project',
    answer: listHosts,
  },
  {
    name: 'deh.showHost',
    method: 'GET',
    path: '/v1.0/{project_id}/dedicated-hosts/{dedicated_host_id}',
    access: 'project',
    answer: showHost,
  },
  {
    name: 'deh.listServers',
    method: 'GET',
    path: '/v1.0/{project_id}/dedicated-hosts/{dedicated_host_id}/servers',
    access: 'project',
    answer: listServers,
  },
];

const badRequest = (message: string): Answer => nestedError(400, 'DEH.0018', `Illegal parameter. ${message}`);
// [inference] Default and maximum of `limit` are not documented.
const limits = { default: 1_000, min: 1, max: 1_000 };

const hostsOf = ({ world, path }: SignedCall): PhysicalServer[] =>
  world.servers.filter(
    ({ hostType, state, projectId }) => hostType === 'DeH' && state !== 'released' && projectId === path['project_id'],
  );

function findHost(call: SignedCall): PhysicalServer {
  const id = call.path['dedicated_host_id'];
  const host = hostsOf(call).find(({ resourceId }) => resourceId === id);
  // [inference] The form is Nova's, which this API is modelled on; only the status 404 is documented.
  if (host === undefined) {
    throw new Refusal({
      status: 404,
      body: { itemNotFound: { code: 404, message: `Dedicated host ${id} not found.` } },
    });
  }
  return host;
}

function listHosts(call: SignedCall): Answer {
  const { query, world } = call;
  const is = (name: string, value: string) => query.get(name) === null || query.get(name) === value;
  const machinesOf = machinesByServer(world);
  const instance = query.get('instance_uuid');
  const found = hostsOf(call)
    .filter((host) => is('dedicated_host_id', host.resourceId) && is('name', host.name) && is('state', host.state))
    .filter((host) => is('availability_zone', host.availabilityZone) && is('host_type', host.hostSpec))
    .filter((host) => instance === null || machinesOf(host.resourceId).some(({ id }) => id === instance));
  const limit = integerParameter(call, 'limit', limits, badRequest);
  const { page } = pageAfter(found, ({ resourceId }) => resourceId, query.get('marker'), limit, badRequest);
  const hosts = page.map((host) => hostDetail(host, machinesOf(host.resourceId)));
  return ok({ dedicated_hosts: hosts, total: found.length });
}

/** The list leaves `instance_uuids` out. */
function showHost(call: SignedCall): Answer {
  const host = findHost(call);
  const machines = machinesOn(call.world, host.resourceId);
  return ok({ dedicated_host: { ...hostDetail(host, machines), instance_uuids: machines.map(({ id }) => id) } });
}

/** It counts every VM on the host, also hidden and soft-deleted ones [inference]. */
function hostDetail(host: PhysicalServer, machines: readonly VirtualMachine[]) {
  return {
    dedicated_host_id: host.resourceId,
    name: host.name,
    auto_placement: host.autoPlacement ? 'on' : 'off',
    availability_zone: host.availabilityZone,
    project_id: host.projectId,
    host_properties: {
      host_type: host.hostSpec,
      host_type_name: host.hostSpec,
      vcpus: 72,
      cores: 12,
      sockets: 2,
      memory: 335_872,
      available_instance_capacities: [{ flavor: `${host.hostSpec}.large.2` }],
    },
    state: host.state,
    available_vcpus: 72 - machines.reduce((total, { flavor }) => total + flavor.vcpus, 0),
    available_memory: 335_872 - machines.reduce((total, { flavor }) => total + flavor.ramMb, 0),
    allocated_at: utcSeconds(host.allocatedAt),
    released_at: '',
    instance_total: machines.length,
    lock: false,
    metadata: { charging_mode: '1' },
    tags: {},
    sys_tags: { sys_enterprise_project_id: host.enterpriseProjectId },
  };
}

function listServers(call: SignedCall): Answer {
  const machines = machinesOn(call.world, findHost(call).resourceId);
  const listed = machines.filter((machine) => machine.listedByEcs && machine.recycleBin === null);
  const limit = integerParameter(call, 'limit', limits, badRequest);
  const { page } = pageAfter(listed, ({ id }) => id, call.query.get('marker'), limit, badRequest);
  const servers = page.map((machine) => ({
    id: machine.id,
    name: machine.name,
    status: machine.status,
    task_state: machine.deletion === null ? '' : 'deleting',
    created: utcSeconds(machine.createdAt),
    updated: utcSeconds(machine.createdAt),
    tenant_id: machine.projectId,
    user_id: '',
    flavor: { id: machine.flavor.id },
    image: { id: machine.imageId },
    metadata: { os_type: 'Linux' },
    addresses: {},
  }));
  return ok({ servers });
}
