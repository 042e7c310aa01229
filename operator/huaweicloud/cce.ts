import { z } from 'zod';
import { optional } from './answers.ts';
import type { ServiceReader } from './calls.ts';
import { collectMarked } from './paging.ts';

/** A Kubernetes cluster of the cloud's own service. */
export interface CceCluster {
  readonly uid: string;
  readonly name: string;
  /** Available, Hibernation, Deleting, … as the cloud writes it. */
  readonly phase: string | undefined;
}

/** A node of such a cluster; `serverId` is the virtual machine under it, undefined while it is being made. */
export interface CceNode {
  readonly uid: string;
  readonly name: string;
  readonly serverId: string | undefined;
  readonly availabilityZone: string | undefined;
  readonly dedicatedHostId: string | undefined;
  readonly phase: string | undefined;
}

/** Cloud Container Engine. */
export interface Cce {
  /** The clusters of the project (not paged). */
  clusters(signal?: AbortSignal): Promise<CceCluster[]>;
  /** The nodes of a cluster, all pages. */
  nodes(clusterUid: string, signal?: AbortSignal): Promise<CceNode[]>;
}

const filled = optional(z.string()).transform((text) => (text === '' ? undefined : text));
const metadata = z.object({ uid: z.string().min(1), name: z.string() });
const clusterList = z.object({
  items: z.array(z.object({ metadata, status: optional(z.object({ phase: filled })) })),
});
const nodeList = z.object({
  items: z.array(
    z.object({
      metadata,
      spec: z.object({ az: filled, dedicatedHostId: filled }),
      status: optional(z.object({ serverId: filled, phase: filled })),
    }),
  ),
  pageInfo: optional(z.object({ nextMarker: filled })),
});

/** Creates the client; its calls are bound to the project. */
export function createCce(reader: ServiceReader): Cce {
  const clusters = (project: string) => ['api', 'v3', 'projects', project, 'clusters'];
  return {
    async clusters(signal) {
      const answer = await reader.read({ operation: 'ListClusters', path: clusters, schema: clusterList }, signal);
      return answer.items.map(({ metadata, status }) => ({ ...metadata, phase: status?.phase }));
    },
    nodes(clusterUid, signal) {
      const operation = 'ListNodes';
      return collectMarked<CceNode>({ operation: `cce.${operation}`, key: (node) => node.uid }, async (marker) => {
        const path = (project: string) => [...clusters(project), clusterUid, 'nodes'];
        const page = await reader.read({ operation, path, query: { limit: 2_000, marker }, schema: nodeList }, signal);
        const items = page.items.map(({ metadata, spec, status }) => ({
          ...metadata,
          serverId: status?.serverId,
          availabilityZone: spec.az,
          dedicatedHostId: spec.dedicatedHostId,
          phase: status?.phase,
        }));
        return { items, next: page.pageInfo?.nextMarker };
      });
    },
  };
}
