import type { Placement } from '../../api/unsubscriptionrequest.ts';
import type { Milliseconds } from '../../clock.ts';
import type { ObservedOrder, PlacementEvidence } from '../snapshot.ts';

/** What reading back says of a call whose answer is not known. */
export type Settlement =
  | { kind: 'Settled'; placement: Placement }
  | { kind: 'Waiting'; detail: string }
  | { kind: 'Stuck'; detail: string };

/** What is demanded before a lost call counts as never placed. */
export interface SettleTerms {
  /** Longer than the gateway accepts the signature, plus the bound on the clocks: afterwards the call is dead. */
  window: Milliseconds;
  /** Whether the order takes the resources away; if not, the billing rows say nothing of it. */
  givesBack: boolean;
}

/**
 * Settles a lost answer by what the cloud shows, never by what is likely. Exactly one order that nobody else claims, and
 * that the bill ties to the resource or whose resource is gone: it was accepted. The resource still there and no order, after the signature is dead: it was never
 * placed. Everything else waits, and past the window needs a person, because sending again could order twice.
 */
export function settle(placement: Placement, evidence: PlacementEvidence, terms: SettleTerms): Settlement {
  const rows = placement.resourceIds.map((id) => evidence.rows.get(id) ?? 'Unknown');
  const gone = terms.givesBack && rows.every((row) => row === 'Closed' || row === 'Absent');
  const kept = rows.every((row) => row === 'InUse');
  const order = theOrder(evidence, gone);
  if (order !== undefined) {
    const detail = `The answer was lost; read back as order ${order.orderId}.`;
    return { kind: 'Settled', placement: { ...placement, state: 'Accepted', detail, orders: [recorded(order)] } };
  }
  const dead = evidence.cloudTime.getTime() >= new Date(placement.signedAt).getTime() + terms.window;
  if (kept && evidence.unclaimedOrders.length === 0 && dead) {
    const detail = 'The answer was lost; read back: no order was made, and the signature has expired.';
    return { kind: 'Settled', placement: { ...placement, state: 'NotPlaced', detail } };
  }
  const running = kept && evidence.unclaimedOrders.some(({ state }) => state !== 'Completed' && state !== 'Cancelled');
  if (!dead || running) return { kind: 'Waiting', detail: waiting(placement, evidence) };
  return { kind: 'Stuck', detail: stuck(placement, evidence, gone) };
}

/** The one order that can be ours; undefined when there is none, or more than one. */
function theOrder({ unclaimedOrders, billedOrders }: PlacementEvidence, gone: boolean): ObservedOrder | undefined {
  const billed = unclaimedOrders.filter(({ orderId }) => billedOrders.has(orderId));
  const [order, ...others] = billed.length > 0 || !gone ? billed : unclaimedOrders;
  return others.length === 0 ? order : undefined;
}

export const recorded = ({ orderId, state, refund }: ObservedOrder) =>
  refund === undefined
    ? { orderId, state }
    : { orderId, state, refund: refund.amount, fee: refund.fee, currency: refund.currency };

function waiting({ id, resourceIds }: Placement, { unclaimedOrders }: PlacementEvidence): string {
  const seen = unclaimedOrders.map(({ orderId, state }) => `${orderId} (${state})`).sort();
  const orders = seen.length === 0 ? 'no order is visible so far' : `it may be ${seen.join(' or ')}`;
  return `The outcome of call ${id} for ${resourceIds.join(', ')} is not known: ${orders}. Nothing is sent again before it is settled.`;
}

function stuck({ id, resourceIds }: Placement, { unclaimedOrders }: PlacementEvidence, gone: boolean): string {
  const seen = unclaimedOrders.map(({ orderId }) => orderId).sort();
  const orders = seen.length === 0 ? 'no order that explains it is visible' : `the order may be ${seen.join(' or ')}`;
  const state = gone ? 'is no longer in use' : 'is not in a state that settles it';
  return `Call ${id} cannot be settled: ${resourceIds.join(', ')} ${state}, and ${orders}. Look in Billing Center > My Orders for the unsubscription order of this resource.`;
}
