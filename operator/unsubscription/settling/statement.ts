import { annotateCommand } from '../../api/annotate-command.ts';
import { settlePrefix } from '../../api/names.ts';
import type { Metadata, UnsubscriptionRequest } from '../../api/objects.ts';
import { inShort, sentence } from '../../api/sentence.ts';
import type { Placement } from '../../api/unsubscriptionrequest.ts';
import type { ObservedOrder, PlacementEvidence, StatedOrder } from '../snapshot.ts';
import { possibleOrders } from './candidate-orders.ts';

/** What a person's word on a lost call comes to. */
export type Judgement =
  | { kind: 'NoOrder' }
  | { kind: 'Order'; order: ObservedOrder }
  /** It is not believed, and why; `isTooEarly` when it may be true and was written before anybody could know. */
  | { kind: 'Refused'; detail: string; isTooEarly: boolean };

type Named = Pick<Metadata, 'namespace' | 'name'>;

interface JudgedBy {
  request: Named;
  /** Whether what the order would have taken away is still there. */
  kept: boolean;
}

/** What a person states of the call, if anything: the id of its order, or `none`. */
export const statementOn = (
  { metadata }: Pick<UnsubscriptionRequest, 'metadata'>,
  { id }: Placement,
): string | undefined => metadata.annotations?.[`${settlePrefix}${id}`]?.trim();

/** People confuse orders and mistype numbers of twenty digits: what cannot be the call's is not believed. */
export function judge(statement: string, placement: Placement, evidence: PlacementEvidence, by: JudgedBy): Judgement {
  const { statedOrder } = evidence;
  const { id, resourceIds } = placement;
  if (statement === 'none') {
    // Whoever wrote it before the question cannot know: the call could still take effect.
    if (placement.askedAt !== undefined) return { kind: 'NoOrder' };
    const detail = `The annotation ${settlePrefix}${id}: none was there before call ${id} for ${inShort(resourceIds)} could be judged. Remove it (${settleCommand(placement, by.request)}), look in Billing Center > My Orders once the operator asks for it, and write it again if there is still no order.`;
    return { kind: 'Refused', detail, isTooEarly: true };
  }
  const fault = faultOf(statement, evidence, by);
  if (fault === undefined && statedOrder !== undefined) return { kind: 'Order', order: statedOrder };
  const detail = `The annotation ${settlePrefix}${id} names order ${statement.slice(0, 64)}, ${fault} ${lookFor(placement, by.request)}`;
  return { kind: 'Refused', detail, isTooEarly: false };
}

const faults: Readonly<Record<NonNullable<StatedOrder['fault']>, string>> = {
  OfAnotherCall: 'which belongs to another call already.',
  NotKnown: 'which the account does not have.',
  NoUnsubscription: 'which is no unsubscription.',
  MadeBefore: 'which was made before the call.',
  MadeAfter: 'which was made when the call could not take effect any more.',
  BilledElsewhere: 'which the bill ties to other resources alone.',
};

/** Why an order cannot be the call's, in words that end a sentence. */
function faultOf(statement: string, { statedOrder: order }: PlacementEvidence, by: JudgedBy): string | undefined {
  if (order?.orderId !== statement) return 'which was not looked up yet.';
  if (order.unreadable !== undefined) return `which cannot be looked up: ${sentence(order.unreadable)}`;
  if (order.fault !== undefined) return faults[order.fault];
  // One that has just ended may show before its effect does: a later pass finds the resource gone.
  return by.kept && order.state === 'Completed'
    ? 'which has ended, and what it would have taken away is still there.'
    : undefined;
}

/** A cancelled order leaves the resource as it was: whether it was ours or somebody's for another server, only a person can tell. */
export function question(
  placement: Placement,
  evidence: PlacementEvidence,
  { gone, kept, request }: { gone: boolean; kept: boolean; request: Named },
): string {
  const { id, resourceIds } = placement;
  const stands = kept ? 'still there' : 'not in a state that settles it';
  const state = `${resourceIds.length > 1 ? 'are' : 'is'} ${gone ? 'no longer in use' : stands}`;
  const possible = idsOf(possibleOrders(evidence));
  const others = idsOf(evidence.unclaimedOrders).filter((orderId) => !possible.includes(orderId));
  const orders =
    possible.length === 0 ? 'no order that explains it is visible' : `the order may be ${inShort(possible, ' or ')}`;
  const ruledOut = others.length === 0 ? '' : ` (${inShort(others)} cannot be)`;
  return `Call ${id} cannot be settled: ${inShort(resourceIds)} ${state}, and ${orders}${ruledOut}. ${lookFor(placement, request, possible)}`;
}

/** What to check, and both commands that may follow from it; of one order that it may be, with its id. */
function lookFor(placement: Placement, request: Named, possible: readonly string[] = []): string {
  const { resourceIds, signedAt } = placement;
  const [only = 'ORDER_ID', ...more] = possible;
  const orderId = more.length === 0 ? only : 'ORDER_ID';
  const which = orderId === 'ORDER_ID' ? 'there is one, say which' : `it is ${orderId}, say so`;
  return `Look in Billing Center > My Orders for the unsubscription order of ${inShort(resourceIds)} from about ${signedAt}. If ${which}: ${settleCommand(placement, request, orderId)}. If there is none: ${settleCommand(placement, request, 'none')}.`;
}

const settleCommand = ({ id }: Placement, request: Named, value?: string): string =>
  annotateCommand('unsub', request, `${settlePrefix}${id}`, value);

const idsOf = (orders: readonly ObservedOrder[]): string[] => orders.map(({ orderId }) => orderId).sort();
