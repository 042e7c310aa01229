import { rememberedCalls } from './api/dccserver.ts';
import type { DCCServer, Metadata, UnsubscriptionRequest } from './api/objects.ts';
import { type ParsedObjects, readable } from './kubernetes/parsed-objects.ts';
import type { CallOfServers } from './unsubscription/context.ts';
import type { OtherCalls } from './unsubscription/settling/other-explanations.ts';

/** The objects whose calls are known, by the indexes of `watched-kinds.ts`. */
interface KnownObjects {
  readonly requests: { readonly objects: Pick<ParsedObjects<UnsubscriptionRequest>, 'byIndex'> };
  readonly servers: { readonly objects: Pick<ParsedObjects<DCCServer>, 'byIndex'> };
}

/**
 * Also those of requests that were deleted: the server remembers its order. A journal that was put back to an older state may lack an order of
 * its call that its servers still know: that one is the call's own. Calls for other servers may be signed in the same second.
 */
export function claimedOrders({ requests, servers }: KnownObjects, call?: CallOfServers): Set<string> {
  const journals = readable(requests.objects.byIndex('journal', 'kept')).flatMap(
    ({ status }) => status.placements ?? [],
  );
  const isOf = ({ namespace, name }: Metadata) => call?.namespace === namespace && call.servers.includes(name);
  const remembered = readable(servers.objects.byIndex('ordered', 'once')).flatMap(({ metadata, status }) =>
    rememberedCalls(status).flatMap(({ orderId, signedAt }) =>
      isOf(metadata) && signedAt === call?.signedAt ? [] : (orderId ?? []),
    ),
  );
  return new Set([...journals.flatMap(({ orders }) => (orders ?? []).map(({ orderId }) => orderId)), ...remembered]);
}

/**
 * A call is lost while its journal says so, and once that is gone as long as a server that remembers it knows of no order. The server may be behind its
 * journal, which only makes more calls of one.
 */
export function otherCalls({ requests, servers }: KnownObjects, than: CallOfServers): OtherCalls {
  const isLost = ({ state }: { state: string }) => state === 'Intended' || state === 'Unknown';
  const journals = readable(requests.objects.byIndex('journal', 'kept')).flatMap(({ metadata, status }) =>
    (status.placements ?? []).filter((call) => !isCall({ ...call, namespace: metadata.namespace }, than)),
  );
  const remembered = readable(servers.objects.byIndex('ordered', 'once')).flatMap(({ metadata, status }) =>
    rememberedCalls(status).filter(
      ({ orderId, signedAt = '' }) =>
        orderId === undefined && !isCall({ namespace: metadata.namespace, servers: [metadata.name], signedAt }, than),
    ),
  );
  const unreadable = [
    ...requests.objects.byIndex('journal', 'unreadable'),
    ...servers.objects.byIndex('ordered', 'unreadable'),
  ].map(() => undefined);
  return {
    answered: new Set(
      journals
        // One for the same server may be why that is gone.
        .filter(({ answered, servers: of }) => answered && !of.some((name) => than.servers.includes(name)))
        .flatMap(({ orders = [] }) => orders.map(({ orderId }) => orderId)),
    ),
    lost: [...[...journals, ...remembered].filter(isLost).map(({ signedAt }) => signedAt), ...unreadable],
  };
}

/** Whether one is the other, or what a server remembers of it. Calls for other servers may be signed in the same second. */
const isCall = (one: CallOfServers, other: CallOfServers): boolean =>
  one.namespace === other.namespace &&
  one.signedAt === other.signedAt &&
  one.servers.every((name) => other.servers.includes(name));
