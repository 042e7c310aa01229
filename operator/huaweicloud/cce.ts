import { z } from 'zod';
import { filled, optional } from './answers.ts';
import type { ServiceReader } from './calls.ts';
import { unparsable } from './errors.ts';
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
export function createCce(reader: ServiceReader<'cce'>): Cce {
  const clusters = (project: string) => ['api', 'v3', 'projects', project, 'clusters'];
  return {
    async clusters(signal) {
      const answer = await reader.read({ operation: 'ListClusters', path: clusters, schema: clusterList }, signal);
      return answer.items.map(({ metadata, status }) => ({ ...metadata, phase: status?.phase }));
    },
    nodes(clusterUid, signal) {
      const path = (project: string) => [...clusters(project), clusterUid, 'nodes'];
      return listNodes(async (marker) => {
        const query = { limit: nodesOfAPage, marker };
        const answer = await reader.read({ operation: 'ListNodes', path, query, schema: nodeList }, signal);
        return { items: answer.items.map(nodeOf), nextMarker: answer.pageInfo?.nextMarker };
      });
    },
  };
}

/** The documented maximum, and the default. */
const nodesOfAPage = 2_000;

interface NodesPage {
  readonly items: readonly CceNode[];
  readonly nextMarker: string | undefined;
}

/**
 * The last page is told by a `nextMarker` that is absent, and there is no total: one that got lost would shorten the list unseen. A
 * marker is the id of the last node before it (SDK `list_nodes_request.py`), so the list is asked on from there until nothing comes.
 */
function listNodes(fetchPage: (marker: string | undefined) => Promise<NodesPage>): Promise<CceNode[]> {
  const operation = 'cce.ListNodes';
  let first: readonly CceNode[] | undefined;
  let promised: string | undefined;
  return collectMarked<CceNode>({ operation, key: (node) => node.uid }, async (marker) => {
    const { items, nextMarker } = await fetchPage(marker);
    if (items.length === 0 && promised !== undefined) throw unparsable(operation, 'a page that was promised is empty');
    if (first !== undefined && isUnpagedListAgain(items, first)) return { items: [], next: undefined };
    first ??= items;
    promised = nextMarker;
    return { items, next: nextMarker ?? items.at(-1)?.uid };
  });
}

/** Who knows no pages gives the whole list each time, also when it is longer than a page could be. */
const isUnpagedListAgain = (items: readonly CceNode[], first: readonly CceNode[]): boolean =>
  items.length === first.length &&
  items.length !== nodesOfAPage &&
  items.length > 0 &&
  items.every(({ uid }, place) => uid === first[place]?.uid);

const nodeOf = ({ metadata, spec, status }: z.infer<typeof nodeList>['items'][number]): CceNode => ({
  ...metadata,
  serverId: status?.serverId,
  availabilityZone: spec.az,
  dedicatedHostId: spec.dedicatedHostId,
  phase: status?.phase,
});
