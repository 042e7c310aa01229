import { parseDCCServer } from './api/objects.ts';
import { inShort } from './api/sentence.ts';
import { claimedOrders, otherCalls } from './known-calls.ts';
import { isForbidden } from './kubernetes/errors.ts';
import { fieldEquals, listLive } from './kubernetes/live-list.ts';
import type { UnparsedObject } from './kubernetes/objects.ts';
import type { Surroundings } from './kubernetes/watched-kind.ts';
import type { Cluster } from './unsubscription/context.ts';
import type { OpenElsewhere, ReadFailure, Reading } from './unsubscription/snapshot.ts';
import type { WatchedKinds } from './watched-kinds.ts';

interface ClusterOptions {
  readonly kinds: WatchedKinds;
  readonly surroundings: Pick<Surroundings, 'connection' | 'scope'>;
}

/** What is read live is listed past the cache: news may be late, and with a selector it lacks what is left to other operators. */
export function createCluster({ kinds, surroundings: { connection, scope } }: ClusterOptions): Cluster {
  const { kind, objects, store } = kinds.servers;
  const namespaces = scope.namespaces.length === 0 ? [undefined] : scope.namespaces;
  const listAll = async (resourceId: string, signal: AbortSignal) => {
    const fieldSelector = fieldEquals('spec.resourceId', resourceId);
    const lists = namespaces.map((namespace) => listLive(connection, kind, { namespace, fieldSelector }, signal));
    return (await Promise.all(lists)).flat();
  };
  const unread = () => unreadNamespaces(kinds);
  return {
    serversIn: async (namespace, freshness, signal) => {
      if (freshness === 'Cached') return objects.byIndex('namespace', namespace);
      return (await listLive(connection, kind, { namespace }, signal)).map(parseDCCServer);
    },
    serversWith: async (resourceId, freshness, signal) => {
      const failure = unread();
      if (failure !== undefined) return { kind: 'Unreadable', failure };
      if (freshness === 'Cached') return { kind: 'Read', value: cachedServersWith(store, resourceId) };
      return orRefused(listAll(resourceId, signal));
    },
    openElsewhere: (resourceId, uid) => openElsewhere(kinds, resourceId, uid),
    claimedOrders: (call) => claimedOrders(kinds, call),
    otherCalls: (call) => otherCalls(kinds, call),
    unread,
  };
}

/**
 * Why not all is known that this operator is to look after, if so. In a namespace that may not be read there may be another
 * `DCCServer` for any resource, and calls that nobody here knows of, as after a restart.
 */
function unreadNamespaces({ servers, requests }: WatchedKinds): ReadFailure | undefined {
  const names = [...new Set([...servers.unreadNamespaces(), ...requests.unreadNamespaces()])].sort();
  return names.length === 0 ? undefined : namespacesRefused(names);
}

/** `*` stands for all: then `--namespaces` is not set, and none is gone. Exported for its texts. */
export function namespacesRefused(names: readonly string[]): ReadFailure {
  if (!names.includes('*')) return refusal(`The operator may not read ${inShort(names)}.`);
  const remedy = 'Grant it its rights in all namespaces again (`helm upgrade`).';
  return { ...refusal('The operator may not read DCCServers and UnsubscriptionRequests of all namespaces.'), remedy };
}

const refusal = (message: string): ReadFailure => ({
  source: 'A namespace that the operator looks after',
  cause: 'Permission',
  message,
  remedy: 'Grant it its rights there again (`helm upgrade`). If the namespace is gone, take it off --namespaces.',
});

/** A watch that stands goes on for minutes after the right to it was taken away: a list tells it first. */
async function orRefused<Value>(listed: Promise<Value>): Promise<Reading<Value>> {
  try {
    return { kind: 'Read', value: await listed };
  } catch (error) {
    if (!isForbidden(error)) throw error;
    return { kind: 'Unreadable', failure: refusal(error.message) };
  }
}

/** One that cannot be understood stands for a resource that its spec mentions: it may remember a call for it. */
export const cachedServersWith = (store: WatchedKinds['servers']['store'], resourceId: string): UnparsedObject[] => [
  ...store.byIndex('resource', resourceId),
  ...store.byIndex('ordered', 'unreadable').filter(({ spec }) => JSON.stringify(spec ?? {}).includes(resourceId)),
];

/** A request that cannot be understood may keep its calls anywhere in its status: naming the resource there is enough. */
export function openElsewhere(
  { requests }: { requests: Pick<WatchedKinds['requests'], 'store'> },
  resourceId: string,
  uid: string,
): OpenElsewhere | undefined {
  const of = (all: readonly UnparsedObject[]) => all.find(({ metadata }) => metadata.uid !== uid)?.metadata;
  const understood = of(requests.store.byIndex('open', resourceId));
  const mentioning = ({ status }: UnparsedObject) => JSON.stringify(status ?? {}).includes(resourceId);
  const found = understood ?? of(requests.store.byIndex('journal', 'unreadable').filter(mentioning));
  return found && { resourceId, request: `${found.namespace}/${found.name}`, isUnreadable: understood === undefined };
}
