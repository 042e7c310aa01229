import { annotateCommand } from '../../api/annotate-command.ts';
import { forceReleaseAnnotation, settlePrefix } from '../../api/names.ts';
import type { Metadata } from '../../api/objects.ts';
import { inShort } from '../../api/sentence.ts';
import type { Placement } from '../../api/unsubscriptionrequest.ts';
import type { Milliseconds } from '../../clock.ts';
import { isGone, isThere } from '../../inventory/row-state.ts';
import type { PlacementEvidence } from '../snapshot.ts';
import { isOverdue, takenBy } from './follow.ts';

/** What becomes of an accepted call whose orders have ended long since, while a resource of it is still in use, or not known to be gone. */
export type StillInUse =
  /** A person states which resources the cloud refused, and everything that can be read agrees. */
  | { kind: 'RefusedInPart'; placement: Placement }
  /** `refused` is what a person states and is not believed. */
  | { kind: 'Stuck'; detail: string; refused?: string };

interface StillInUseTerms {
  /** Whose call it is. */
  request: Pick<Metadata, 'namespace' | 'name'>;
  /** For how long after the end of the orders the rows may lag behind. */
  window: Milliseconds;
  /** What a person states of the call. One that settled it before is no answer to this question. */
  statement?: string | undefined;
}

const keyword = 'refused=';

/**
 * When a call was accepted for some resources and refused for others, and the answer that said so was lost, the rows of the others stay,
 * and no read tells a refused part from a row that lags behind: a person has to say. Their word can only end the call, as one
 * that failed; it is not believed against any row, and nothing is sent again by it. Undefined while there is nothing to ask.
 */
export function stillInUse(
  placement: Placement,
  evidence: PlacementEvidence,
  terms: StillInUseTerms,
): StillInUse | undefined {
  const { statement = '' } = terms;
  const left = takenBy(placement).filter((id) => !isGone(evidence.rows.get(id)));
  if (left.length === 0 || !isOverdue(placement, evidence, terms.window)) return undefined;
  const detail = question(placement, evidence, left, terms);
  if (!statement.startsWith(keyword)) return { kind: 'Stuck', detail };
  const named = [...new Set(statement.slice(keyword.length).split(','))].map((id) => id.trim());
  const fault = faultOf(named, placement, evidence);
  if (fault === undefined) return { kind: 'RefusedInPart', placement: withRefused(placement, named) };
  const disbelief = `The annotation ${settlePrefix}${placement.id}: ${statement.slice(0, 64)} is not believed: ${fault}.`;
  return { kind: 'Stuck', detail: `${detail} ${disbelief}`, refused: statement };
}

/** Why it cannot be that just these were refused. */
function faultOf(named: readonly string[], placement: Placement, evidence: PlacementEvidence): string | undefined {
  const taken = takenBy(placement);
  const stranger = named.find((id) => !taken.includes(id));
  if (stranger !== undefined) return `"${stranger.slice(0, 64)}" is no resource that the call may still be for`;
  const lost = named.find((id) => !isThere(evidence.rows.get(id)));
  if (lost !== undefined) return `${lost} does not read as in use`;
  const others = taken.filter((id) => !named.includes(id));
  if (others.length === 0) return 'an order that has ended was for one of them at least';
  const left = others.find((id) => !isGone(evidence.rows.get(id)));
  return left === undefined ? undefined : `${left} does not read as gone, and is not named`;
}

/** As the entry of a call whose answer told it. */
function withRefused(placement: Placement, named: readonly string[]): Placement {
  const message = 'A person stated that the cloud refused it.';
  const stated = named.map((resourceId) => ({ resourceId, code: 'Stated', message }));
  return { ...placement, failed: [...(placement.failed ?? []), ...stated] };
}

function question(
  placement: Placement,
  { rows }: PlacementEvidence,
  left: readonly string[],
  { request }: StillInUseTerms,
): string {
  const { id, orders = [], ordersEndedAt } = placement;
  const named = inShort(orders.map(({ orderId }) => orderId));
  const { kept = [], unclear = [] } = Object.groupBy(left, (one) => (isThere(rows.get(one)) ? 'kept' : 'unclear'));
  const stand = [
    ...(kept.length > 0 ? [`${inShort(kept)} ${kept.length === 1 ? 'is' : 'are'} still in use`] : []),
    ...(unclear.length > 0 ? [`the billing centre does not say clearly whether it still has ${inShort(unclear)}`] : []),
  ].join(', and ');
  const them = left.length === 1 ? 'it' : 'them';
  const seen = `Call ${id} does not come to its end: order ${named} was completed by ${ordersEndedAt}, and ${stand}.`;
  const look = `Look in Billing Center > My Orders whether the order is for ${them}.`;
  const ticket = `If it is, open a ticket with the cloud: the operator goes on once the row has followed.`;
  // Where nothing is gone, the order may be somebody's for something else: no statement on it can be compared with anything.
  const settled =
    unclear.length === 0 && takenBy(placement).some((resourceId) => isGone(rows.get(resourceId)))
      ? `If not, the cloud refused that part: ${annotateCommand('unsub', request, `${settlePrefix}${id}`, `${keyword}${kept.join()}`)}.`
      : `If not, delete the request and let it go by force: ${annotateCommand('unsub', request, forceReleaseAnnotation, '<reason>')}.`;
  return `${seen} ${look} ${settled} ${ticket}`;
}
