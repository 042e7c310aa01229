import { type Answer, flatError, ok } from '../answers.ts';
import type { Operation, SignedCall } from '../operations.ts';
import { integerParameter } from '../parameters.ts';
import { epochSeconds } from '../wire-time.ts';
import type { MrsCluster } from '../world/platform-services.ts';
import type { World } from '../world/world.ts';

/** MapReduce Service: clusters (v1.1) and their nodes (v2). */
export const mrs: readonly Operation[] = [
  {
    name: 'mrs.listClusters',
    method: 'GET',
    path: '/v1.1/{project_id}/cluster_infos',
    access: 'project',
    answer: listClusters,
  },
  {
    name: 'mrs.listNodes',
    method: 'GET',
    path: '/v2/{project_id}/clusters/{cluster_id}/nodes',
    access: 'project',
    answer: listNodes,
  },
];

// [inference] The numbers of the codes; documented is their form.
const badRequest = (message: string): Answer => flatError(400, 'MRS.0002', message);
const notFound = (): Answer => flatError(404, 'MRS.0011', 'The cluster does not exist.');

const ended = ['terminated', 'failed'];

function inState(cluster: MrsCluster, state: string | null): boolean {
  if (state === null) return true;
  if (state === 'existing') return !ended.includes(cluster.state);
  return state === 'history' ? ended.includes(cluster.state) : cluster.state === state;
}

function listClusters(call: SignedCall): Answer {
  const { query, world, path } = call;
  // The trap: without the parameter only the default enterprise project is listed, and no value means "all".
  const enterpriseProject = query.get('enterpriseProjectId') ?? '0';
  const pageSize = integerParameter(call, 'pageSize', { default: 10, min: 1, max: 100 }, badRequest);
  const currentPage = integerParameter(call, 'currentPage', { default: 1, min: 1, max: 1_000_000 }, badRequest);
  const found = world.mrsClusters
    .filter(({ projectId }) => projectId === path['project_id'])
    .filter(({ enterpriseProjectId }) => enterpriseProjectId === enterpriseProject)
    .filter((cluster) => inState(cluster, query.get('clusterState')));
  const page = found.slice((currentPage - 1) * pageSize, currentPage * pageSize);
  return ok({ clusterTotal: found.length, clusters: page.map(clusterInfo) });
}

const clusterInfo = (cluster: MrsCluster) => ({
  clusterId: cluster.id,
  clusterName: cluster.name,
  clusterState: cluster.state,
  totalNodeNum: String(cluster.nodes.length),
  createAt: epochSeconds(cluster.createdAt),
  updateAt: epochSeconds(cluster.createdAt),
  billingType: 'Metered',
  periodType: 0,
  orderId: null,
  azName: cluster.availabilityZone,
  azCode: cluster.availabilityZone,
  azCategory: 0,
  enterpriseProjectId: cluster.enterpriseProjectId,
});

function listNodes(call: SignedCall): Answer {
  const { world, path, settings } = call;
  const cluster = world.mrsClusters.find(
    ({ id, projectId }) => id === path['cluster_id'] && projectId === path['project_id'],
  );
  if (cluster === undefined) return notFound();
  const limit = integerParameter(call, 'limit', { default: 10, min: 1, max: 100 }, badRequest);
  const offset = integerParameter(call, 'offset', { default: 1, min: 1, max: 1_000_000 }, badRequest);
  const start = settings.mrsNodeOffset === 'page' ? (offset - 1) * limit : offset - 1;
  const nodes = cluster.nodes.slice(start, start + limit).map((node) => nodeInfo(world, node));
  return ok({ node_total: cluster.nodes.length, nodes });
}

function nodeInfo(world: World, node: MrsCluster['nodes'][number]) {
  const machine = world.virtualMachines.find(({ id }) => id === node.vmId);
  return {
    node_name: node.name,
    node_type: node.type,
    node_status: node.status,
    node_group_name: `${node.type.toLowerCase()}_node_default_group`,
    billing_type: 'on-quantity',
    resource_id: node.resourceId,
    server_info: {
      server_id: node.vmId,
      server_name: machine?.name ?? '',
      server_type: 'ECS',
      internal_ip: '192.168.0.20',
    },
    tags: [],
  };
}
