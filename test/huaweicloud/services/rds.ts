import { type Answer, flatError, ok } from '../answers.ts';
import type { Operation, SignedCall } from '../operations.ts';
import { integerParameter } from '../parameters.ts';
import { beijingTime } from '../wire-time.ts';
import type { RdsInstance } from '../world/platform-services.ts';

/** Relational Database Service: instances, whose nodes name a zone but neither VM nor host. */
export const rds: readonly Operation[] = [
  {
    name: 'rds.listInstances',
    method: 'GET',
    path: '/v3/{project_id}/instances',
    access: 'project',
    answer: listInstances,
  },
];

const badRequest = (message: string): Answer => flatError(400, 'DBS.280001', `Parameter error. ${message}`);

function listInstances(call: SignedCall): Answer {
  const { world, path, query } = call;
  const limit = integerParameter(call, 'limit', { default: 100, min: 1, max: 100 }, badRequest);
  const offset = integerParameter(call, 'offset', { default: 0, min: 0, max: 1_000_000 }, badRequest);
  const { id, name, type, eps_id } = Object.fromEntries(query);
  const found = world.rdsInstances
    .filter(({ projectId }) => projectId === path['project_id'])
    .filter((instance) => instance.id.startsWith(id ?? '') && instance.name.includes(name ?? ''))
    .filter((instance) => (type ?? instance.type) === instance.type)
    .filter(({ enterpriseProjectId }) => (eps_id ?? enterpriseProjectId) === enterpriseProjectId);
  return ok({ instances: found.slice(offset, offset + limit).map(instanceInfo), total_count: found.length });
}

const instanceInfo = (instance: RdsInstance) => ({
  id: instance.id,
  name: instance.name,
  status: instance.status,
  type: instance.type,
  region: instance.region,
  created: beijingTime(instance.createdAt),
  updated: beijingTime(instance.createdAt),
  datastore: { type: 'MySQL', version: '8.0' },
  flavor_ref: 'rds.mysql.n1.large.2',
  volume: { type: 'ULTRAHIGH', size: 100 },
  nodes: instance.nodes.map(({ id, name, role, status, availabilityZone }) => ({
    id,
    name,
    role,
    status,
    availability_zone: availabilityZone,
  })),
  charge_info: { charge_mode: instance.chargeMode },
  enterprise_project_id: instance.enterpriseProjectId,
  tags: [],
});
