import { type Answer, ok } from '../answers.ts';
import type { Operation, SignedCall } from '../operations.ts';
import { integerParameter, pageAfter } from '../parameters.ts';
import type { CceCluster } from '../world/platform-services.ts';
import type { World } from '../world/world.ts';

/** Cloud Container Engine: clusters, and the nodes that name their VM. */
export const cce: readonly Operation[] = [
  {
    name: 'cce.listClusters',
    method: 'GET',
    path: '/api/v3/projects/{project_id}/clusters',
    access: 'project',
    answer: listClusters,
  },
  {
    name: 'cce.listNodes',
    method: 'GET',
    path: '/api/v3/projects/{project_id}/clusters/{cluster_id}/nodes',
    access: 'project',
    answer: listNodes,
  },
];

const error = (status: number, errorCode: string, errorMessage: string): Answer => ({
  status,
  body: { errorCode, errorMessage },
});
// [inference] The number of the code; documented is its form.
const badRequest = (message: string): Answer => error(400, 'CCE.01400001', message);

const clustersOf = ({ world, path }: SignedCall): CceCluster[] =>
  world.cceClusters.filter(({ projectId }) => projectId === path['project_id']);

/** As CCE writes instants: 2018-08-02 08:12:40 +0000 UTC. */
const goTime = (instant: string): string =>
  `${new Date(instant).toISOString().slice(0, 19).replace('T', ' ')} +0000 UTC`;

function listClusters(call: SignedCall): Answer {
  const status = call.query.get('status');
  const items = clustersOf(call)
    .filter(({ phase }) => status === null || phase === status)
    .map((cluster) => ({
      kind: 'Cluster',
      apiVersion: 'v3',
      metadata: { name: cluster.name, uid: cluster.uid, creationTimestamp: goTime(cluster.createdAt) },
      spec: { category: 'CCE', type: 'VirtualMachine', flavor: cluster.flavor, version: cluster.version },
      status: { phase: cluster.phase },
    }));
  return ok({ kind: 'Cluster', apiVersion: 'v3', items });
}

function listNodes(call: SignedCall): Answer {
  const cluster = clustersOf(call).find(({ uid }) => uid === call.path['cluster_id']);
  if (cluster === undefined) return error(404, 'CCE.01404001', 'Resource not found');
  const limit = integerParameter(call, 'limit', { default: 2_000, min: 1, max: 2_000 }, badRequest);
  const { page, last } = pageAfter(cluster.nodes, ({ uid }) => uid, call.query.get('marker'), limit, badRequest);
  const nextMarker = page.at(-1)?.uid;
  return ok({
    kind: 'List',
    apiVersion: 'v3',
    items: page.map((node) => nodeItem(call.world, cluster, node)),
    pageInfo: { currentCount: page.length, ...(last ? {} : { nextMarker }) },
  });
}

function nodeItem(world: World, cluster: CceCluster, node: CceCluster['nodes'][number]) {
  const machine = world.virtualMachines.find(({ id }) => id === node.vmId);
  const host = world.servers.find(({ resourceId }) => resourceId === machine?.serverId);
  return {
    kind: 'Node',
    apiVersion: 'v3',
    metadata: { name: node.name, uid: node.uid, creationTimestamp: goTime(cluster.createdAt), annotations: {} },
    spec: {
      flavor: machine?.flavor.id ?? '',
      az: machine?.availabilityZone ?? '',
      billingMode: 0,
      ...(host?.hostType === 'DeH' ? { dedicatedHostId: host.resourceId } : {}),
    },
    status: { phase: node.phase, serverId: node.vmId, privateIP: '192.168.0.10' },
  };
}
