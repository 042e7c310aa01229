import { z } from 'zod';
import { counted, filled, optional } from './answers.ts';
import type { ServiceReader } from './calls.ts';
import { CloudError } from './errors.ts';
import { collectCounted, type Listing } from './paging.ts';

/** A MapReduce cluster. */
export interface MrsCluster {
  readonly id: string;
  readonly name: string;
  /** running, frozen, scaling-in, … as the cloud writes it. */
  readonly state: string;
  /** Code of the zone, as the cloud writes it (`azCode`). */
  readonly availabilityZone: string | undefined;
  readonly enterpriseProjectId: string;
}

/** A node of such a cluster. */
export interface MrsNode {
  readonly serverId: string;
  /** ECS or BMS, as the cloud writes it. */
  readonly serverType: string | undefined;
  readonly name: string | undefined;
}

/** MapReduce Service. */
export interface Mrs {
  /**
   * The existing clusters of the given enterprise projects. They must be named: without one the cloud lists the default
   * project `0` only, and no value for "all" is documented. Throws a TypeError when none is given.
   */
  clusters(enterpriseProjectIds: readonly string[], signal?: AbortSignal): Promise<MrsCluster[]>;
  /** The nodes of a cluster, all pages. */
  nodes(clusterId: string, signal?: AbortSignal): Promise<MrsNode[]>;
}

const cluster = z.object({
  clusterId: z.string().min(1),
  clusterName: z.string(),
  clusterState: z.string(),
  azCode: filled,
});
const node = z.object({
  node_name: optional(z.string()),
  server_info: z.object({ server_id: z.string().min(1), server_type: optional(z.string()) }),
});
const clusterPage = counted('clusterTotal', 'clusters', cluster);
const nodePage = counted('node_total', 'nodes', node);
type Node = z.infer<typeof node>;

/** Creates the client; its calls are bound to the project. */
export function createMrs(reader: ServiceReader<'mrs'>): Mrs {
  return {
    async clusters(enterpriseProjectIds, signal) {
      if (enterpriseProjectIds.length === 0) throw new TypeError('Name at least one enterprise project.');
      const lists = enterpriseProjectIds.map((id) => clustersOfEnterpriseProject(reader, id, signal));
      return (await Promise.all(lists)).flat();
    },
    async nodes(clusterId, signal) {
      const nodes = await nodesOf(reader, clusterId, signal);
      return nodes.map((row) => ({
        serverId: row.server_info.server_id,
        serverType: row.server_info.server_type,
        name: row.node_name,
      }));
    },
  };
}

async function clustersOfEnterpriseProject(
  reader: ServiceReader<'mrs'>,
  enterpriseProjectId: string,
  signal?: AbortSignal,
): Promise<MrsCluster[]> {
  const operation = 'ListClusters';
  const listing: Listing<z.infer<typeof cluster>> = { operation: `mrs.${operation}`, key: (row) => row.clusterId };
  const rows = await collectCounted(listing, ({ page }) => {
    const query = { clusterState: 'existing', pageSize: 100, currentPage: page, enterpriseProjectId };
    const path = (project: string) => ['v1.1', project, 'cluster_infos'];
    return reader.read({ operation, path, query, schema: clusterPage }, signal);
  });
  return rows.map((row) => ({
    id: row.clusterId,
    name: row.clusterName,
    state: row.clusterState,
    availabilityZone: row.azCode,
    enterpriseProjectId,
  }));
}

/**
 * `offset` begins at 1, and whether it counts pages or records is not documented. It is taken for a page first; when the
 * pages then contradict each other, for a record. A cluster of up to 100 nodes needs only offset 1.
 */
async function nodesOf(reader: ServiceReader<'mrs'>, clusterId: string, signal?: AbortSignal): Promise<Node[]> {
  const operation = 'ListNodes';
  const listing: Listing<Node> = { operation: `mrs.${operation}`, key: (row) => row.server_info.server_id };
  const fetchFrom = (offset: number) => {
    const path = (project: string) => ['v2', project, 'clusters', clusterId, 'nodes'];
    const query = { limit: 100, offset };
    return reader.read({ operation, path, query, schema: nodePage }, signal);
  };
  try {
    return await collectCounted(listing, ({ page }) => fetchFrom(page));
  } catch (error) {
    if (!(error instanceof CloudError && error.class === 'Unparsable')) throw error;
    return await collectCounted(listing, ({ offset }) => fetchFrom(offset + 1));
  }
}
