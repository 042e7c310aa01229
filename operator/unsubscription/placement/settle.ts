import { settlePrefix } from '../../api/names.ts';
import type { UnsubscriptionRequest } from '../../api/objects.ts';
import type { Placement } from '../../api/unsubscriptionrequest.ts';
import type { Milliseconds } from '../../clock.ts';
import type { ObservedOrder, PlacementEvidence, StatedOrder } from '../snapshot.ts';

/** What reading back says of a call whose answer is not known. */
export type Settlement =
  | { kind: 'Settled'; placement: Placement }
  | { kind: 'Waiting'; detail: string }
  | { kind: 'Stuck'; detail: string; asked?: Placement };

/** What is demanded before a lost call counts as never placed. */
export interface SettleTerms {
  /** Longer than the gateway accepts the signature, plus the bound on the clocks: afterwards the call is dead. */
  window: Milliseconds;
  /** Whether the order takes the resources away; if not, the billing rows say nothing of it. */
  givesBack: boolean;
  /** What a person states about a call that is stuck: the id of its order, or `none`, which counts only once it was asked for. */
  statement?: string | undefined;
  /** Ids of the orders that a journal names: none of them can be this call's. */
  claimedOrders: ReadonlySet<string>;
}

/**
 * Settles a lost answer by what the cloud shows, never by what is likely. Orders that nobody else claims and that the bill
 * ties to the resources: it was accepted, at any time. After the window, when no other order can come to light any more: the only
 * such order if the resources are gone, then it was accepted; no such order and the resources still there, then it was never
 * placed. Everything else waits, and past the window needs a person, because sending again could order twice.
 */
export function settle(placement: Placement, evidence: PlacementEvidence, terms: SettleTerms): Settlement {
  const rows = placement.resourceIds.map((id) => evidence.rows.get(id) ?? 'Unknown');
  const dead = evidence.cloudTime.getTime() >= new Date(placement.signedAt).getTime() + terms.window;
  const kept = rows.every((row) => row === 'InUse' || row === 'Frozen' || row === 'Expired');
  const gone = rows.every((row) => row === 'Closed' || row === 'Absent') && terms.givesBack;
  const orders = ordersOf(evidence, { gone: gone && dead });
  if (orders.length > 0) return accepted(placement, orders, `The answer was lost; read back as ${idsOf(orders)}.`);
  if (kept && dead && evidence.unclaimedOrders.length === 0) {
    return notPlaced(placement, 'The answer was lost; read back: no order was made, and the signature has expired.');
  }
  const running = kept && evidence.unclaimedOrders.some(isRunning);
  if (!dead || running) return { kind: 'Waiting', detail: waiting(placement, evidence) };
  if (terms.statement !== undefined) return stated(placement, terms.statement, evidence, terms);
  const asked =
    placement.askedAt === undefined ? { ...placement, askedAt: evidence.cloudTime.toISOString() } : undefined;
  return {
    kind: 'Stuck',
    detail: stuck(placement, evidence, { gone, kept }),
    ...(asked === undefined ? {} : { asked }),
  };
}

const isRunning = ({ state }: ObservedOrder) => state !== 'Completed' && state !== 'Cancelled';

/** The orders that are the call's; none while that is open. */
function ordersOf(
  { unclaimedOrders, billedOrders }: PlacementEvidence,
  { gone }: { gone: boolean },
): readonly ObservedOrder[] {
  const possible = unclaimedOrders.filter(({ precedes }) => precedes !== true);
  const billed = possible.filter(({ orderId }) => billedOrders.has(orderId));
  if (billed.length > 0) return billed;
  return gone && unclaimedOrders.length === 1 ? possible : [];
}

/** What a person states of the call, if anything. */
export const statementOn = (
  { metadata }: Pick<UnsubscriptionRequest, 'metadata'>,
  { id }: Placement,
): string | undefined => metadata.annotations?.[`${settlePrefix}${id}`]?.trim();

function stated(
  placement: Placement,
  statement: string,
  { statedOrder }: PlacementEvidence,
  { claimedOrders }: SettleTerms,
): Settlement {
  if (claimedOrders.has(statement)) return { kind: 'Stuck', detail: belongsToAnother(placement, statement) };
  if (statement === 'none') {
    // Whoever wrote it before the question cannot know: the call could still take effect.
    if (placement.askedAt === undefined) return { kind: 'Stuck', detail: writtenTooEarly(placement) };
    return notPlaced(placement, 'A person stated that no order was made.');
  }
  if (statedOrder?.orderId !== statement)
    return { kind: 'Stuck', detail: notItsOrder(placement, statement, 'NotKnown') };
  if (statedOrder.fault !== undefined)
    return { kind: 'Stuck', detail: notItsOrder(placement, statement, statedOrder.fault) };
  return accepted(placement, [statedOrder], `A person stated that the order is ${statement}.`);
}

const faults: Readonly<Record<NonNullable<StatedOrder['fault']>, string>> = {
  NotKnown: 'which the account does not have',
  NoUnsubscription: 'which is no unsubscription',
  MadeBefore: 'which was made before the call',
  MadeAfter: 'which was made when the call could not take effect any more',
};

const notItsOrder = ({ id, resourceIds, signedAt }: Placement, orderId: string, fault: keyof typeof faults): string =>
  `The annotation ${settlePrefix}${id} names order ${orderId.slice(0, 64)}, ${faults[fault]}. Look in Billing Center > My Orders for the unsubscription order of ${resourceIds.join(', ')} from about ${signedAt}, and correct the annotation: <order id>, or none.`;

const belongsToAnother = ({ id }: Placement, orderId: string): string =>
  `The annotation ${settlePrefix}${id} names order ${orderId}, which belongs to another call already: look it up there, and name the order of this call, or none.`;

const writtenTooEarly = ({ id, resourceIds }: Placement): string =>
  `The annotation ${settlePrefix}${id}: none was there before call ${id} for ${resourceIds.join(', ')} could be judged. Remove it, look in Billing Center > My Orders once the operator asks for it, and write it again if there is still no order.`;

const accepted = (placement: Placement, orders: readonly ObservedOrder[], detail: string): Settlement => ({
  kind: 'Settled',
  placement: { ...placement, state: 'Accepted', detail: detail.slice(0, 512), orders: orders.map(recorded) },
});

const notPlaced = (placement: Placement, detail: string): Settlement => ({
  kind: 'Settled',
  placement: { ...placement, state: 'NotPlaced', detail },
});

/** An order as the journal keeps it. */
export const recorded = ({ orderId, state, refund }: ObservedOrder) =>
  refund === undefined
    ? { orderId, state }
    : { orderId, state, refund: refund.amount, fee: refund.fee, currency: refund.currency };

const idsOf = (orders: readonly ObservedOrder[]): string =>
  `order ${orders
    .map(({ orderId }) => orderId)
    .sort()
    .join(', ')}`;

function waiting({ id, resourceIds }: Placement, { unclaimedOrders }: PlacementEvidence): string {
  const seen = unclaimedOrders.map(({ orderId, state }) => `${orderId} (${state})`).sort();
  const orders = seen.length === 0 ? 'no order is visible so far' : `it may be ${seen.join(' or ')}`;
  return `The outcome of call ${id} for ${resourceIds.join(', ')} is not known: ${orders}. Nothing is sent again before it is settled.`;
}

/** A cancelled order leaves the resource as it was: whether it was ours or somebody's for another server, only a person can tell. */
function stuck(
  { id, resourceIds }: Placement,
  { unclaimedOrders }: PlacementEvidence,
  { gone, kept }: { gone: boolean; kept: boolean },
): string {
  const seen = unclaimedOrders.map(({ orderId }) => orderId).sort();
  const orders = seen.length === 0 ? 'no order that explains it is visible' : `the order may be ${seen.join(' or ')}`;
  const stands = kept ? 'is still there' : 'is not in a state that settles it';
  const state = gone ? 'is no longer in use' : stands;
  return `Call ${id} cannot be settled: ${resourceIds.join(', ')} ${state}, and ${orders}. Look in Billing Center > My Orders for the unsubscription order of this resource, then say so with the annotation ${settlePrefix}${id}: <order id>, or none.`;
}
