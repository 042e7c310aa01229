import type { Placement } from '../../api/unsubscriptionrequest.ts';
import type { Milliseconds } from '../../clock.ts';
import type { CandidateOrder, ObservedOrder, PlacementEvidence } from '../snapshot.ts';

interface GoneTerms {
  /** For so long around its signature an order may be the call's. */
  window: Milliseconds;
  /** How long an order takes at most to show in the list of orders. */
  orderVisibleWithin: Milliseconds;
}

/** By then, counted in windows, the resources may have gone without an order, as with the end of their subscription: no list tells of that. */
const tellingWindows = 3;

/**
 * The one order that is left to explain that all the resources of a lost call are gone. `NotYet` while an order that does not show yet may
 * be why, or the one that shows is in progress, which explains nothing so far. Undefined when there is no such order, or the rows say
 * nothing: once a person was asked the resources may be gone by an order of theirs, and one of any type may have taken a secondary resource
 * away with its server. Then the bill or a person says what became of the call.
 */
export function orderThatExplains(
  placement: Placement,
  evidence: PlacementEvidence,
  { window, orderVisibleWithin }: GoneTerms,
): ObservedOrder | 'NotYet' | undefined {
  if (!mayBeExplained(placement, evidence, window)) return undefined;
  const { goneSince, cloudTime } = evidence;
  if (goneSince === undefined || cloudTime.getTime() < goneSince.getTime() + orderVisibleWithin) return 'NotYet';
  const order = onlyOrder(evidence);
  return order !== undefined && isRunning(order) ? 'NotYet' : order;
}

/** Whether one order may explain anything: what that takes to find out is read only then. */
export const mayBeExplained = (
  placement: Placement,
  evidence: Pick<PlacementEvidence, 'cloudTime'>,
  window: Milliseconds,
): boolean =>
  placement.askedAt === undefined && placement.serviceType !== undefined && !isLongAgo(placement, evidence, window);

/** Those that can be the call's. Of one that was cancelled no bill tells, so it never rules that out. */
export const possibleOrders = ({ unclaimedOrders, billedElsewhere }: PlacementEvidence): readonly CandidateOrder[] =>
  unclaimedOrders.filter(({ orderId, made }) => made === 'Within' && !billedElsewhere.has(orderId));

/** Here the others count, whatever speaks against them: one of them may be why. A cancelled order is not. */
function onlyOrder(evidence: PlacementEvidence): ObservedOrder | undefined {
  const [order] = possibleOrders(evidence);
  return evidence.unclaimedOrders.length === 1 && evidence.isOnlyExplanation && order?.state !== 'Cancelled'
    ? order
    : undefined;
}

/** Whether the call can take effect no more, and an order that it made shows. */
export const isWindowOver = (
  { signedAt }: Pick<Placement, 'signedAt'>,
  { cloudTime }: Pick<PlacementEvidence, 'cloudTime'>,
  window: Milliseconds,
): boolean => cloudTime.getTime() >= new Date(signedAt).getTime() + window;

/** Whether the call was signed so long ago that a person is asked rather than more waited for. */
export const isLongAgo = (
  { signedAt }: Pick<Placement, 'signedAt'>,
  { cloudTime }: Pick<PlacementEvidence, 'cloudTime'>,
  window: Milliseconds,
): boolean => cloudTime.getTime() >= new Date(signedAt).getTime() + tellingWindows * window;

export const isRunning = ({ state }: ObservedOrder) => state !== 'Completed' && state !== 'Cancelled';
