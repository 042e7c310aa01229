import type { Metadata } from '../../api/objects.ts';
import { inShort } from '../../api/sentence.ts';
import type { Placement } from '../../api/unsubscriptionrequest.ts';
import type { Milliseconds } from '../../clock.ts';
import { areGone, isGone, isThere } from '../../inventory/row-state.ts';
import { recorded } from '../placement/journal.ts';
import type { CandidateOrder, ObservedOrder, PlacementEvidence } from '../snapshot.ts';
import { isLongAgo, isRunning, isWindowOver, orderThatExplains, possibleOrders } from './candidate-orders.ts';
import { type Judgement, judge, question } from './statement.ts';

/** What reading back says of a call whose answer is not known. */
export type Settlement =
  | { kind: 'Settled'; placement: Placement }
  | { kind: 'Waiting'; detail: string }
  /** `asked` is the entry from when a person is asked; `refused` what they state of it and is not believed. */
  | { kind: 'Stuck'; detail: string; asked?: Placement; refused?: string };

type Stuck = Extract<Settlement, { kind: 'Stuck' }>;

/** What is demanded before a lost call is settled. */
export interface SettleTerms {
  /** Whose call it is. */
  request: Pick<Metadata, 'namespace' | 'name'>;
  /** For so long after its signature the call may take effect, or its order not show yet. */
  window: Milliseconds;
  /** How long an order takes at most to show in the list of orders. */
  orderVisibleWithin: Milliseconds;
  /** Whether the order takes the resources away; if not, the billing rows say nothing of it. */
  givesBack: boolean;
  /** What a person states about a call that is stuck: the id of its order, or `none`, which counts only once it was asked for. */
  statement?: string | undefined;
}

/**
 * Settles a lost answer by what the cloud shows, never by what is likely, and only after the window, when no other order of its own can
 * come to light any more. Exactly one order can be the call's, and the bill ties it to all the resources, of which one at least is gone; or it is
 * completed, they are gone, and nothing else can explain either: it was accepted. No order can be, and the resources are still there: it was never placed.
 * Everything else waits, and past the window needs a person, because sending again could order twice, and a wrong order in the journal would be followed
 * as the call's.
 */
export function settle(placement: Placement, evidence: PlacementEvidence, terms: SettleTerms): Settlement {
  const kept = placement.resourceIds.every((id) => isThere(evidence.rows.get(id)));
  const gone = areGone(placement.resourceIds, evidence.rows) && terms.givesBack;
  const candidates = evidence.unclaimedOrders.filter(({ made }) => made !== 'After');
  const wait = { kind: 'Waiting', detail: waiting(placement, candidates) } as const;
  if (!isWindowOver(placement, evidence, terms.window)) return wait;
  // What is still there after a day was not taken away, whatever the bill ties to it: somebody may have cancelled its renewals.
  const isTaken = !terms.givesBack || placement.resourceIds.some((id) => isGone(evidence.rows.get(id)));
  const billed = isTaken ? billedOrder(evidence) : undefined;
  const order = billed ?? (gone ? orderThatExplains(placement, evidence, terms) : undefined);
  if (order === 'NotYet') return wait;
  if (order !== undefined)
    return accepted(placement, order, `The outcome was not known; read back as order ${order.orderId}.`);
  if (kept && candidates.length === 0) {
    return notPlaced(
      placement,
      'The outcome was not known; read back: no order was made, and the signature has expired.',
    );
  }
  if (kept && candidates.some(isRunning) && !isLongAgo(placement, evidence, terms.window)) return wait;
  const { statement, request } = terms;
  if (statement === undefined)
    return stuck(placement, evidence, question(placement, evidence, { gone, kept, request }));
  const judged = judge(statement, placement, evidence, { request, kept: kept && terms.givesBack });
  switch (judged.kind) {
    case 'NoOrder':
      return notPlaced(placement, 'A person stated that no order was made.');
    case 'Order':
      return accepted(placement, judged.order, `A person stated that the order is ${judged.order.orderId}.`);
    case 'Refused':
      return { ...disbelieved(judged, placement, evidence), refused: statement };
  }
}

/** What was stated too early is not asked for yet: it has to be taken away first. */
const disbelieved = (
  { detail, isTooEarly }: Extract<Judgement, { kind: 'Refused' }>,
  placement: Placement,
  evidence: PlacementEvidence,
): Stuck => (isTooEarly ? { kind: 'Stuck', detail } : stuck(placement, evidence, detail));

/** A person is asked from now on: that there is no order counts when it is stated later. */
function stuck(placement: Placement, { cloudTime }: PlacementEvidence, detail: string): Stuck {
  if (placement.askedAt !== undefined) return { kind: 'Stuck', detail };
  return { kind: 'Stuck', detail, asked: { ...placement, askedAt: cloudTime.toISOString() } };
}

/** The one order that can be the call's, when the bill ties it to all the resources. */
function billedOrder(evidence: PlacementEvidence): ObservedOrder | undefined {
  const [order, ...others] = possibleOrders(evidence);
  return others.length === 0 && evidence.billedOrders.has(order?.orderId ?? '') ? order : undefined;
}

const accepted = (placement: Placement, order: ObservedOrder, detail: string): Settlement => ({
  kind: 'Settled',
  placement: { ...placement, state: 'Accepted', detail, orders: [recorded(order)] },
});

const notPlaced = (placement: Placement, detail: string): Settlement => ({
  kind: 'Settled',
  placement: { ...placement, state: 'NotPlaced', detail },
});

function waiting({ id, resourceIds }: Placement, candidates: readonly CandidateOrder[]): string {
  const seen = candidates.map(({ orderId, state }) => `${orderId} (${state})`).sort();
  const orders = seen.length === 0 ? 'no order is visible so far' : `it may be ${inShort(seen, ' or ')}`;
  return `The outcome of call ${id} for ${inShort(resourceIds)} is not known: ${orders}. Nothing is sent again before it is settled.`;
}
