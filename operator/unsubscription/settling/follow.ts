import type { Placement } from '../../api/unsubscriptionrequest.ts';
import type { Milliseconds } from '../../clock.ts';
import { areGone } from '../../inventory/row-state.ts';
import { recorded } from '../placement/journal.ts';
import type { PlacementEvidence } from '../snapshot.ts';

interface FollowTerms {
  /** Whether the orders take resources away; if not, the billing rows say nothing of them. */
  givesBack: boolean;
  /** For how long after the end of the orders rows of their refunds may be missing. */
  window: Milliseconds;
}

/**
 * Brings an accepted entry up to what the cloud shows. It has ended when every order is final and, where the order takes
 * resources away, their billing rows say so too, and what came back is known or was waited for. An order that is not visible
 * keeps its last known state.
 */
export function follow(placement: Placement, evidence: PlacementEvidence, terms: FollowTerms): Placement {
  const observed = new Map(evidence.orders.map((order) => [order.orderId, order]));
  const orders = (placement.orders ?? []).map((order) => {
    const now = observed.get(order.orderId);
    return now === undefined ? order : { ...order, ...recorded(now) };
  });
  const now = { ...placement, orders };
  if (!haveEnded(now)) return now;
  const result = resultOf(now, evidence, terms);
  if (result !== undefined) return { ...now, result };
  // The latest that it can be: what is waited for from then on is not cut short by a machine that slept before it read.
  return { ...now, ordersEndedAt: placement.ordersEndedAt ?? evidence.readUntil.toISOString() };
}

/** Whether all orders of a call are final. */
export const haveEnded = ({ orders = [] }: Placement): boolean =>
  orders.length > 0 && orders.every(({ state }) => state === 'Completed' || state === 'Cancelled');

/** Whether what follows the end of a call's orders has been waited for long enough. */
export const isOverdue = (
  { ordersEndedAt }: Placement,
  { cloudTime }: Pick<PlacementEvidence, 'cloudTime'>,
  window: Milliseconds,
): boolean => ordersEndedAt !== undefined && cloudTime.getTime() >= new Date(ordersEndedAt).getTime() + window;

/** What an accepted call was for, without what the cloud refused of it. */
export function takenBy({ resourceIds, failed }: Placement): string[] {
  const refused = new Set(failed?.map(({ resourceId }) => resourceId));
  return resourceIds.filter((id) => !refused.has(id));
}

function resultOf(
  placement: Placement,
  evidence: PlacementEvidence,
  { givesBack, window }: FollowTerms,
): Placement['result'] {
  if (placement.orders?.some(({ state }) => state === 'Cancelled') === true) return 'Cancelled';
  if (givesBack && !areGone(takenBy(placement), evidence.rows)) return undefined;
  // Nothing is read again of a call that has ended.
  return isRefundMissing(placement, evidence) && !isOverdue(placement, evidence, window) ? undefined : 'Completed';
}

/** One that was read before counts, whatever shows now. */
function isRefundMissing({ orders = [] }: Placement, evidence: PlacementEvidence): boolean {
  const missing = new Set(evidence.orders.filter((order) => order.refundIsMissing).map(({ orderId }) => orderId));
  return orders.some(({ orderId, refund }) => refund === undefined && missing.has(orderId));
}
