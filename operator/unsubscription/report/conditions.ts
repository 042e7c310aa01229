import { type ConditionNow, capped, conditionList } from '../../api/condition-list.ts';
import { blockingConditions, type Condition, type PlacedReason } from '../../api/conditions.ts';
import { isFinished } from '../../api/objects.ts';
import { sentence } from '../../api/sentence.ts';
import { isOpen, type Placement } from '../../api/unsubscriptionrequest.ts';
import type { Blocker } from '../blockers/rule.ts';
import type { Pass } from '../report.ts';
import { lifeConditions, lifeTypes } from './life.ts';
import { overdueCondition } from './overdue.ts';

/** All conditions of a request: its life first, then what was placed, then the rules. */
export function conditionsFor(pass: Pass): Condition[] {
  const { request, snapshot } = pass;
  const { placements = [], conditions = [] } = request.status;
  const facts = isFinished(request) ? asTheyStood(conditions) : [placedCondition(placements), ...ruleConditions(pass)];
  const now = [...lifeConditions(pass), ...overdueCondition(pass), ...facts];
  return conditionList(now, conditions, snapshot.takenAt, request.metadata.generation);
}

/** Of what has ended nothing is looked at any more: the rules keep the last word that they had. */
const asTheyStood = (conditions: readonly Condition[]): ConditionNow[] =>
  conditions
    .filter(({ type }) => !lifeTypes.includes(type) && type !== 'DrainOverdue')
    .map(({ type, status, reason, message }) => ({ type, status, reason, message }));

/**
 * One condition a rule. When every server was ordered the rules look at nothing any more, and all of them held: without
 * that no intent is written. What stood there before may be older than the intent, when a process died right after it.
 */
function ruleConditions({ snapshot, request, blockers }: Pass): ConditionNow[] {
  const begun = (request.status.placements ?? []).length > 0;
  const ordered = begun && snapshot.servers.every(({ kind }) => kind === 'Ordered');
  return Object.entries(blockingConditions).map(([type, { met }]) => {
    const blocking = ordered ? [] : blockers.filter(({ condition }) => condition === type);
    return ruleCondition(type, met, blocking);
  });
}

function ruleCondition(type: string, met: string, blockers: readonly Blocker[]): ConditionNow {
  const known = blockers.filter(({ status }) => status === 'False');
  const [first] = known.length > 0 ? known : blockers;
  if (first === undefined) return { type, status: 'True', reason: met, message: '' };
  const sameReason = blockers.filter(({ reason }) => reason === first.reason);
  const rest = blockers.length - sameReason.length;
  const others = rest === 0 ? '' : ` Blockers of other reasons: ${rest}.`;
  // What concerns the whole account is found at each of its servers, in the same words.
  const messages = [...new Set(sameReason.map((blocker) => blocker.message))];
  const message = `${capped(messages)}${others} ${first.remedy}`;
  return { type, status: first.status, reason: first.reason, message };
}

const placed = (status: Condition['status'], reason: PlacedReason, message: string): ConditionNow => ({
  type: 'Placed',
  status,
  reason,
  message,
});

/** Whether anything was ordered, read from the journal alone. */
export function placedCondition(journal: readonly Placement[]): ConditionNow {
  const call = journal.find(isOpen) ?? journal.findLast(({ state }) => state === 'Accepted') ?? journal.at(-1);
  if (call === undefined) return placed('False', 'NothingPlaced', 'Nothing was ordered.');
  const subject = `Call ${call.id} for ${call.resourceIds.join(', ')}`;
  switch (call.state) {
    case 'Intended':
      return placed('Unknown', 'IntentRecorded', `${subject} is about to be sent, or was.`);
    case 'Unknown':
      return placed('Unknown', 'OutcomeUnknown', `${subject}: ${sentence(call.detail ?? 'the answer was lost')}`);
    case 'Accepted':
      return acceptedCondition(journal, call);
    case 'Rejected':
    case 'NotSent':
    case 'NotPlaced':
      return placed('False', 'Rejected', `${subject} had no effect: ${sentence(call.detail ?? call.state)}`);
  }
}

function acceptedCondition(journal: readonly Placement[], call: Placement): ConditionNow {
  const orders = journal.flatMap((entry) => entry.orders?.map(({ orderId }) => orderId) ?? []);
  const cancelled = journal.some(({ result }) => result === 'Cancelled');
  const ended = cancelled ? 'OrderCancelled' : 'OrdersCompleted';
  const reason = call.result === undefined ? 'OrderInProgress' : ended;
  return placed('True', reason, `Orders placed: ${orders.join(', ')}.`);
}
