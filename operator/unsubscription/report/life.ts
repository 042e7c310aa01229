import { type ConditionNow, capped } from '../../api/condition-list.ts';
import type { ReadyReason } from '../../api/conditions.ts';
import { isConditionTrue } from '../../api/objects.ts';
import { sentence } from '../../api/sentence.ts';
import type { Placement } from '../../api/unsubscriptionrequest.ts';
import type { Blocker } from '../blockers/rule.ts';
import { orderNumber, progressOf } from '../placement/journal.ts';
import type { Pass } from '../report.ts';
import { belowEstimate, belowGuard } from './refund-comparison.ts';

/** Where the request stands, as kstatus wants it: what stands here becomes Ready, Reconciling, Stalled, Complete, Failed. */
interface Life {
  state: 'Working' | 'Stalled' | 'Complete' | 'Failed';
  reason: ReadyReason;
  message: string;
}

/** The types of the conditions below. */
export const lifeTypes: readonly string[] = ['Ready', 'Reconciling', 'Stalled', 'Complete', 'Failed'];

/**
 * Ready always; Reconciling and Stalled only while they are true; Complete and Failed for good once they are.
 * https://github.com/kubernetes-sigs/cli-utils/blob/master/pkg/kstatus/README.md
 */
export function lifeConditions(pass: Pass): ConditionNow[] {
  const { state, reason, message } = lifeOf(pass);
  const condition = (type: string, status: 'True' | 'False') => ({ type, status, reason, message });
  switch (state) {
    case 'Working':
      return [condition('Ready', 'False'), condition('Reconciling', 'True')];
    case 'Stalled':
      return [condition('Ready', 'False'), condition('Stalled', 'True')];
    case 'Complete':
      return [condition('Ready', 'True'), condition('Complete', 'True')];
    case 'Failed':
      return [condition('Ready', 'False'), condition('Stalled', 'True'), condition('Failed', 'True')];
  }
}

function lifeOf(pass: Pass): Life {
  const { decision, request } = pass;
  const conditions = request.status.conditions;
  if (isConditionTrue(conditions, 'Complete')) return ended('Complete', pass);
  if (isConditionTrue(conditions, 'Failed')) return ended('Failed', pass);
  switch (decision.do) {
    case 'Finish':
      return ended(decision.outcome, pass);
    case 'Wait':
      return waiting(decision, pass.blockers);
    case 'RecordPlacement': {
      const reason = decision.placement.state === 'Accepted' ? 'OrderInProgress' : 'RetryLater';
      return { state: 'Working', reason, message: describe(decision.placement) };
    }
    default:
      return { state: 'Working', reason: 'Ordering', message: 'Every condition holds: the order is being placed.' };
  }
}

type Wait = Extract<Pass['decision'], { do: 'Wait' }>;

function waiting(wait: Wait, blockers: readonly Blocker[]): Life {
  const state = wait.stalled ? 'Stalled' : 'Working';
  return { state, reason: waitingReason(wait, blockers), message: sentence(wait.message) };
}

function waitingReason(wait: Wait, blockers: readonly Blocker[]): ReadyReason {
  if (wait.for === 'Blocked') return blockedReason(blockers);
  // Of an order nothing is asked but why it has taken nothing away.
  return wait.for === 'OrderInProgress' && wait.stalled ? 'StillInUse' : wait.for;
}

/** Before the first look at its servers nothing is known of a request. While facts stand in the way the request is Blocked; when only people do, the word says what they are to do. */
function blockedReason(blockers: readonly Blocker[]): ReadyReason {
  const byPeople: Partial<Record<Blocker['reason'], ReadyReason>> = {
    AwaitingApproval: 'AwaitingApproval',
    Held: 'Held',
    Halted: 'Halted',
    Suspended: 'Suspended',
    ObserveOnly: 'ObserveOnly',
    NotBefore: 'NotBefore',
    DeadlinePassed: 'DeadlinePassed',
    BudgetExceeded: 'BudgetExceeded',
  };
  if (blockers.some(({ reason }) => reason === 'NotClaimed')) return 'Observing';
  const words = blockers.map(({ reason }) => byPeople[reason]);
  return words.includes(undefined) ? 'Blocked' : (words[0] ?? 'Blocked');
}

function ended(outcome: 'Complete' | 'Failed', { request }: Pass): Life {
  const journal = request.status.placements ?? [];
  const last = request.status.conditions?.find(({ type }) => type === outcome);
  if (last !== undefined) return { state: outcome, reason: outcome, message: last.message };
  const told = outcome === 'Complete' ? journal.filter(({ result }) => result !== undefined) : failedCalls(journal);
  // There may have been calls without effect.
  const nothing = 'Nothing was ordered: every server had been unsubscribed already.';
  const guard = belowGuard(request);
  const sentences = [...(guard === undefined ? [] : [guard]), ...belowEstimate(journal), ...told.map(describe)];
  return { state: outcome, reason: outcome, message: told.length === 0 ? nothing : capped(sentences) };
}

/** The last attempt of each order that failed for good. */
function failedCalls(journal: readonly Placement[]): Placement[] {
  return [...new Set(journal.map(orderNumber))].flatMap((number) => {
    const progress = progressOf(journal, number);
    return progress.kind === 'Failed' ? [progress.placement] : [];
  });
}

/** One journal entry in a sentence or two. */
function describe({ id, servers, state, result, detail, orders, failed }: Placement): string {
  const names = orders?.map(({ orderId, state: orderState }) => `order ${orderId} is ${orderState}`).join(', ');
  const refused = failed?.map(({ resourceId, code }) => `${resourceId} was refused (${code})`).join(', ');
  const facts = [names, refused].filter((fact) => fact !== undefined && fact !== '').join('; ');
  const outcome = `${result ?? state}${facts === '' ? '' : ` (${facts})`}`;
  return `Call ${id} for ${servers.join(', ')}: ${outcome}.${detail === undefined ? '' : ` ${sentence(detail)}`}`;
}
