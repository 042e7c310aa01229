import { isFinished, type UnsubscriptionRequest } from '../api/objects.ts';

type Claim = { name: string; uid: string };

/**
 * The one request that may unsubscribe a server. A claim is kept while its request lives and has not ended, also while it
 * cannot be read: it may have ordered. Then the oldest other one gets it. The server's own controller decides this alone, so two requests can never both win.
 */
export function claimFor(
  current: Claim | undefined,
  namingRequests: readonly UnsubscriptionRequest[],
  unreadableRequests: ReadonlySet<string>,
): Claim | undefined {
  if (current !== undefined && unreadableRequests.has(current.uid)) return current;
  const holder = namingRequests.find(({ metadata }) => metadata.uid === current?.uid);
  if (holder !== undefined && !isFinished(holder)) return current;
  const waiting = namingRequests
    .filter((request) => !isFinished(request) && request.metadata.deletionTimestamp === undefined)
    .sort((a, b) => age(a) - age(b) || a.metadata.uid.localeCompare(b.metadata.uid));
  const [oldest] = waiting;
  return oldest === undefined ? undefined : { name: oldest.metadata.name, uid: oldest.metadata.uid };
}

const age = ({ metadata }: UnsubscriptionRequest): number => new Date(metadata.creationTimestamp).getTime();
