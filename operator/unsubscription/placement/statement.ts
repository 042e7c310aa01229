import { settlePrefix } from '../../api/names.ts';
import type { Metadata, UnsubscriptionRequest } from '../../api/objects.ts';
import { sentence } from '../../api/sentence.ts';
import type { Placement } from '../../api/unsubscriptionrequest.ts';
import type { ObservedOrder, PlacementEvidence, StatedOrder } from '../snapshot.ts';

/** What a person's word on a lost call comes to. */
export type Judgement =
  | { kind: 'NoOrder' }
  | { kind: 'Order'; order: ObservedOrder }
  /** It is not believed, and why; `isTooEarly` when it may be true and was written before anybody could know. */
  | { kind: 'Refused'; detail: string; isTooEarly: boolean };

interface JudgedBy {
  request: Pick<Metadata, 'namespace' | 'name'>;
  /** Whether what the order would have taken away is still there. */
  kept: boolean;
}

/** What a person states of the call, if anything: the id of its order, or `none`. */
export const statementOn = (
  { metadata }: Pick<UnsubscriptionRequest, 'metadata'>,
  { id }: Placement,
): string | undefined => metadata.annotations?.[`${settlePrefix}${id}`]?.trim();

/** People confuse orders and mistype numbers of twenty digits: what cannot be the call's is not believed. */
export function judge(
  statement: string,
  placement: Placement,
  { statedOrder }: PlacementEvidence,
  by: JudgedBy,
): Judgement {
  const { id, resourceIds, signedAt } = placement;
  if (statement === 'none') {
    // Whoever wrote it before the question cannot know: the call could still take effect.
    if (placement.askedAt !== undefined) return { kind: 'NoOrder' };
    const detail = `The annotation ${settlePrefix}${id}: none was there before call ${id} for ${resourceIds.join(', ')} could be judged. Remove it (${annotate(placement, by, '-')}), look in Billing Center > My Orders once the operator asks for it, and write it again if there is still no order.`;
    return { kind: 'Refused', detail, isTooEarly: true };
  }
  const fault = faultOf(statement, statedOrder, by);
  if (fault === undefined && statedOrder !== undefined) return { kind: 'Order', order: statedOrder };
  const detail = `The annotation ${settlePrefix}${id} names order ${statement.slice(0, 64)}, ${fault} Look in Billing Center > My Orders for the unsubscription order of ${resourceIds.join(', ')} from about ${signedAt}, and say which it is: ${annotate(placement, by, '=<order id> --overwrite')}, or =none.`;
  return { kind: 'Refused', detail, isTooEarly: false };
}

const faults: Readonly<Record<NonNullable<StatedOrder['fault']>, string>> = {
  OfAnotherCall: 'which belongs to another call already.',
  NotKnown: 'which the account does not have.',
  NoUnsubscription: 'which is no unsubscription.',
  MadeBefore: 'which was made before the call.',
  MadeAfter: 'which was made when the call could not take effect any more.',
};

/** Why an order cannot be the call's, in words that end a sentence. */
function faultOf(statement: string, order: StatedOrder | undefined, by: JudgedBy): string | undefined {
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
  candidates: readonly ObservedOrder[],
  { gone, kept, request }: { gone: boolean; kept: boolean; request: JudgedBy['request'] },
): string {
  const { id, resourceIds } = placement;
  const seen = candidates.map(({ orderId }) => orderId).sort();
  const orders = seen.length === 0 ? 'no order that explains it is visible' : `the order may be ${seen.join(' or ')}`;
  const stands = kept ? 'is still there' : 'is not in a state that settles it';
  const state = gone ? 'is no longer in use' : stands;
  return `Call ${id} cannot be settled: ${resourceIds.join(', ')} ${state}, and ${orders}. Look in Billing Center > My Orders for the unsubscription order of this resource, then say which it is: ${annotate(placement, { request }, '=<order id>')}, or =none.`;
}

const annotate = (
  { id }: Placement,
  { request: { namespace, name } }: Pick<JudgedBy, 'request'>,
  end: string,
): string => `kubectl -n ${namespace} annotate unsub ${name} ${settlePrefix}${id}${end}`;
