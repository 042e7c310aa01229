import type { DCCServerStatus, RememberedCall } from '../api/dccserver.ts';
import type { DCCServer, UnsubscriptionRequest } from '../api/objects.ts';
import type { Placement } from '../api/unsubscriptionrequest.ts';

/** A call with the request in whose journal it stands. */
interface Call {
  request: UnsubscriptionRequest;
  placement: Placement;
}

/** Cancelled renewals leave a server where it is: they must not let its machines be forgotten. */
const givesBack = ({ request, placement }: Call, { spec }: DCCServer): boolean =>
  request.spec.scope === 'ResourceAndRenewals' && placement.resourceIds.includes(spec.resourceId);

/**
 * The last call that was to give this server back, from the journal of the request that made it; what is known already when
 * that request is gone. Pure.
 */
export function unsubscriptionOf(
  server: DCCServer,
  namingRequests: readonly UnsubscriptionRequest[],
): DCCServerStatus['unsubscription'] {
  const known = server.status.unsubscription;
  const calls = callsFor(server, namingRequests).filter((call) => givesBack(call, server));
  const last = lastOf(calls, known, server);
  if (last === undefined) return known;
  const { placement } = last;
  const request = last.request.metadata.name;
  const { resourceId } = server.spec;
  // A call can be accepted for others and refused for this one, which then stays with all that is on it.
  const refused = placement.failed?.find((failed) => failed.resourceId === resourceId);
  const others = placement.resourceIds.filter((id) => id !== resourceId);
  const orderedWith = others.length > 0 ? { orderedWith: others } : {};
  const signature = signatureOf(placement);
  if (refused !== undefined) return { request, state: 'Refused', code: refused.code, ...orderedWith, ...signature };
  const order = standingOrder(placement);
  const refund =
    order?.refund !== undefined && order.currency !== undefined
      ? { refund: { amount: order.refund, currency: order.currency } }
      : {};
  return {
    request,
    ...(order === undefined ? {} : { orderId: order.orderId }),
    state: stateOf(placement),
    ...(placement.code === undefined ? {} : { code: placement.code }),
    ...orderedWith,
    ...signature,
    ...refund,
  };
}

/**
 * The last call for a secondary resource or for renewals only. It is remembered for the sake of one that is open when its
 * request is let go by force: it may still take effect. Pure.
 */
export function partialUnsubscriptionOf(
  server: DCCServer,
  namingRequests: readonly UnsubscriptionRequest[],
): DCCServerStatus['partialUnsubscription'] {
  const known = server.status.partialUnsubscription;
  const calls = callsFor(server, namingRequests).filter((call) => !givesBack(call, server));
  const last = lastOf(calls, known, server);
  if (last === undefined) return known;
  const { request, placement } = last;
  const order = standingOrder(placement);
  return {
    request: request.metadata.name,
    resourceIds: placement.resourceIds,
    ...(order === undefined ? {} : { orderId: order.orderId }),
    state: stateOf(placement),
    ...signatureOf(placement),
  };
}

const signatureOf = ({ signedAt, account }: Placement) =>
  account === undefined ? { signedAt } : { signedAt, account };

/** The secondary resources that orders of their own gave back: those known already and new ones, the last hundred. Pure. */
export function secondariesGivenBackOf(
  server: DCCServer,
  namingRequests: readonly UnsubscriptionRequest[],
): readonly string[] {
  const completed = callsFor(server, namingRequests)
    .filter(({ request }) => request.spec.scope === 'ResourceAndRenewals')
    .flatMap(({ placement }) => (placement.result === 'Completed' ? [placement.resourceIds] : []))
    .filter((resourceIds) => !resourceIds.includes(server.spec.resourceId));
  return [...new Set([...(server.status.secondariesGivenBack ?? []), ...completed.flat().sort()])].slice(-100);
}

const callsFor = ({ metadata, spec }: DCCServer, namingRequests: readonly UnsubscriptionRequest[]): Call[] =>
  namingRequests.flatMap((request) =>
    (request.status.placements ?? [])
      .filter(({ servers, resourceIds }) => servers.includes(metadata.name) || resourceIds.includes(spec.resourceId))
      .map((placement) => ({ request, placement })),
  );

/** The last of calls; undefined when the one that the server knows is a later one, of a request that is gone, or the same further on. */
function lastOf(
  calls: readonly Call[],
  known: RememberedCall | undefined,
  { status: { claim } }: DCCServer,
): Call | undefined {
  const last = [...calls].sort((a, b) => a.placement.signedAt.localeCompare(b.placement.signedAt)).at(-1);
  if (last === undefined || known === undefined) return last;
  const { signedAt } = last.placement;
  const { name, uid } = last.request.metadata;
  // Whoever claims the server came after another request, whatever the clocks say. Of the same one this process has heard less.
  if (signedAt < (known.signedAt ?? '')) return uid === claim?.uid && name !== known.request ? last : undefined;
  return signedAt === known.signedAt && stageOf(stateOf(last.placement)) < stageOf(known.state) ? undefined : last;
}

/** How far a call has come: it never goes back. */
function stageOf(state: string): number {
  const stages = [['Intended'], ['Unknown'], ['NotSent', 'NotPlaced', 'Rejected']];
  const last = ['Completed', 'Cancelled', 'Refused'];
  const stage = stages.findIndex((states) => states.includes(state));
  if (stage !== -1) return stage;
  return last.includes(state) ? stages.length + 1 : stages.length;
}

/** The last order of a call that was not cancelled. */
const standingOrder = ({ orders = [] }: Placement) =>
  orders.findLast(({ state }) => state !== 'Cancelled') ?? orders.at(-1);

/**
 * An order that is completed is that of the server once its row says so, too: until then it may be for others. When another order of the
 * same call was cancelled no row is looked at any more, and which of them was for this server nobody has said.
 */
function stateOf(placement: Placement): string {
  const last = standingOrder(placement)?.state ?? placement.state;
  const isMixed = placement.result === 'Cancelled' && last === 'Completed';
  if (placement.result !== undefined && !isMixed) return placement.result;
  return last === 'Completed' || last === 'Cancelled' ? 'Processing' : last;
}
