import { sentence } from '../../api/sentence.ts';
import { isOpen, type Placement } from '../../api/unsubscriptionrequest.ts';
import { areGone } from '../../inventory/row-state.ts';
import { isSameJson } from '../../kubernetes/same-json.ts';
import { givesServersBack, type PlacementEvidence, type Reading, type Snapshot } from '../snapshot.ts';
import type { Decision, Terms } from '../steps.ts';
import { follow, haveEnded, takenBy } from './follow.ts';
import { settle } from './settle.ts';
import { statementOn } from './statement.ts';
import { stillInUse } from './still-in-use.ts';

interface Looked {
  snapshot: Snapshot;
  terms: Terms;
}

/** A call whose answer was lost, or whose process died, is read back; never sent again on a guess. */
export function settleLostAnswer({ snapshot, terms }: Looked): Decision | undefined {
  const lost = openCall(snapshot, (entry) => entry.state !== 'Accepted');
  if (lost === undefined) return undefined;
  const reading = snapshot.evidence.get(lost.id);
  const wait = { do: 'Wait', for: 'OutcomeUnknown', stalled: false } as const;
  if (reading?.kind !== 'Read') {
    return { ...wait, message: `The outcome of call ${lost.id} is not known. ${unread(reading)}` };
  }
  const settlement = settle(lost, reading.value, {
    request: snapshot.request.metadata,
    window: terms.settleWindow,
    orderVisibleWithin: terms.orderVisibleWithin,
    givesBack: givesServersBack(snapshot),
    statement: statementOn(snapshot.request, lost),
  });
  switch (settlement.kind) {
    case 'Settled':
      return { do: 'RecordPlacement', placement: settlement.placement };
    case 'Waiting':
      return { ...wait, message: settlement.detail };
    case 'Stuck': {
      const { detail, asked, refused } = settlement;
      return { ...wait, stalled: true, message: detail, about: { call: lost, asked, refused } };
    }
  }
}

/** An accepted order is followed until it is completed and the server is gone. */
export function followAcceptedOrder({ snapshot, terms }: Looked): Decision | undefined {
  const accepted = openCall(snapshot, ({ state }) => state === 'Accepted');
  if (accepted === undefined) return undefined;
  const reading = snapshot.evidence.get(accepted.id);
  const wait = { do: 'Wait', for: 'OrderInProgress', stalled: false } as const;
  if (reading?.kind !== 'Read') return { ...wait, message: `${inProgress(accepted)} ${unread(reading)}` };
  const placement = follow(accepted, reading.value, {
    givesBack: givesServersBack(snapshot),
    window: terms.endWindow,
  });
  if (!isSameJson(placement, accepted)) return { do: 'RecordPlacement', placement };
  return haveEnded(accepted)
    ? waitForRows(accepted, reading.value, snapshot, terms)
    : { ...wait, message: inProgress(accepted) };
}

/** Rows may lag behind the end of their order, those of refunds too; after long a person says whether a part was refused. */
function waitForRows(accepted: Placement, evidence: PlacementEvidence, snapshot: Snapshot, terms: Terms): Decision {
  const { request } = snapshot;
  const wait = { do: 'Wait', for: 'OrderInProgress' } as const;
  const found = stillInUse(accepted, evidence, {
    request: request.metadata,
    window: terms.endWindow,
    statement: statementOn(request, accepted),
  });
  switch (found?.kind) {
    case undefined: {
      const isTaken = !givesServersBack(snapshot) || areGone(takenBy(accepted), evidence.rows);
      const lagging = isTaken ? 'does not show yet what comes back' : 'still shows what it takes away';
      const message = `${inProgress(accepted)} The billing centre ${lagging}.`;
      return { ...wait, stalled: false, message };
    }
    case 'RefusedInPart': {
      const following = { givesBack: true, window: terms.endWindow };
      return { do: 'RecordPlacement', placement: follow(found.placement, evidence, following) };
    }
    case 'Stuck':
      return { ...wait, stalled: true, message: found.detail, about: { call: accepted, refused: found.refused } };
  }
}

function inProgress({ id, orders = [] }: Placement): string {
  if (orders.length === 0)
    return `Call ${id} was accepted, but no order was named: look in Billing Center > My Orders.`;
  const standing = `Order ${orders.map(({ orderId, state }) => `${orderId} is ${state}`).join(', ')}.`;
  return orders.some(({ state }) => state === 'PendingApproval') ? `${standing} ${approvedByHand}` : standing;
}

const approvedByHand =
  'The cloud approves large refunds by hand, which may take more than a day: Billing Center > My Orders.';

function unread(reading: Reading<PlacementEvidence> | undefined): string {
  if (reading?.kind !== 'Unreadable') return 'The cloud was not read yet.';
  const { source, message, remedy } = reading.failure;
  return `${source} cannot be read: ${sentence(message)} ${remedy}`;
}

/** The first call under way of which this is true. */
export const openCall = (snapshot: Snapshot, matches: (entry: Placement) => boolean): Placement | undefined =>
  snapshot.request.status.placements?.find((entry) => isOpen(entry) && matches(entry));
