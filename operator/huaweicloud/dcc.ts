import { z } from 'zod';
import type { ServiceReader } from './calls.ts';

/** A pool of physical servers in one zone. The cloud gives sums only: no ids and no states of single servers. */
export interface ResourceCluster {
  readonly availabilityZone: string;
  /** Physical servers in the pool. */
  readonly hostTotal: number;
  /** Code of the kind of host, for example `s3`. */
  readonly hostType: string;
  /** Running instances on all hosts of the pool together. */
  readonly instanceTotal: number;
  readonly vcpusUsed: number;
  readonly memoryUsedMb: number;
  /** Flavors that the pool can run. */
  readonly flavors: readonly string[];
}

/** Dedicated Computing Cluster. */
export interface Dcc {
  /** The pools of the project (`GET /v1/{project}/dcc/resource_clusters?service_type=ecs`; not paged). */
  resourceClusters(signal?: AbortSignal): Promise<ResourceCluster[]>;
}

const clusters = z.object({
  dedicated_cluster: z.array(
    z.object({
      availability_zone: z.string(),
      host_total: z.int(),
      host_type: z.string(),
      instance_total: z.int(),
      vcpus_used: z.number(),
      memory_mb_used: z.number(),
      flavors: z.array(z.string()),
    }),
  ),
});

/** Creates the client; its calls are bound to the project. */
export function createDcc(reader: ServiceReader<'dcc'>): Dcc {
  return {
    async resourceClusters(signal) {
      const path = (project: string) => ['v1', project, 'dcc', 'resource_clusters'];
      const query = { service_type: 'ecs' };
      const answer = await reader.read({ operation: 'ShowResourceClusters', path, query, schema: clusters }, signal);
      return answer.dedicated_cluster.map((cluster) => ({
        availabilityZone: cluster.availability_zone,
        hostTotal: cluster.host_total,
        hostType: cluster.host_type,
        instanceTotal: cluster.instance_total,
        vcpusUsed: cluster.vcpus_used,
        memoryUsedMb: cluster.memory_mb_used,
        flavors: cluster.flavors,
      }));
    },
  };
}
