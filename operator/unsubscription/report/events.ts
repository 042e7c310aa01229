import type { Condition } from '../../api/conditions.ts';
import { type Happening, standingState, stateHappening } from '../../api/happenings.ts';
import { isConditionTrue, isFinished } from '../../api/objects.ts';
import { sentence } from '../../api/sentence.ts';
import {
  isOpen,
  type Placement,
  type UnsubscriptionRequestStatus,
  type WarningStatus,
} from '../../api/unsubscriptionrequest.ts';
import { comparedInWords, compareRefund } from './refund-comparison.ts';

/** States that people should look at. */
const badStates = ['Failed', 'Blocked', 'DeadlinePassed', 'OutcomeUnknown', 'StillInUse', 'Unreadable'];

interface Told {
  /** Whether the orders give servers back, or only cancel renewals. */
  givesBack: boolean;
  /** That what came back is less than `spec.refund` demands, in words. */
  belowGuard?: string | undefined;
}

/** What happened between two statuses of one request. Pure. */
export function happenings(
  before: UnsubscriptionRequestStatus,
  after: UnsubscriptionRequestStatus,
  { givesBack, belowGuard }: Told = { givesBack: true },
): Happening[] {
  const calls = (after.placements ?? []).flatMap((entry) => callHappening(before.placements ?? [], entry));
  const refunds = (after.placements ?? []).flatMap((entry) =>
    hasJustCompleted(before.placements ?? [], entry) ? refundHappening(entry, givesBack) : [],
  );
  const state = stateHappening(before.conditions, after.conditions, badStates);
  return [
    ...planHappening(before, after),
    ...calls,
    ...refunds,
    ...guardHappening(before, after, belowGuard),
    ...warned(before, after),
    ...(state.length > 0 ? state : askedHappening(before, after)),
    ...overdueHappening(before.conditions, after.conditions),
  ];
}

/** The states of a request that people should not forget while they stand. What has ended needs nobody. Pure. */
export function standing({ conditions = [] }: UnsubscriptionRequestStatus): Happening[] {
  if (isConditionTrue(conditions, 'Failed')) return [];
  return [...standingState(conditions, badStates), ...overdueHappening([], conditions)];
}

/** Said before the request is gone: its open calls are nobody's from then on. The journal is undefined when it could not be read. */
export function forcedHappening(journal: readonly Placement[] | undefined, reason: string): Happening {
  const calls = (journal ?? [])
    .filter(isOpen)
    .map(({ id, resourceIds, state }) => `call ${id} for ${resourceIds.join(', ')} (${state})`);
  const known = calls.length === 0 ? 'No call was open.' : `Nobody follows any more: ${calls.join('; ')}.`;
  const left = journal === undefined ? 'It could not be understood, so whether a call was open is not known.' : known;
  return {
    type: 'Warning',
    reason: 'ForceReleased',
    action: 'Release',
    note: `Let go by force: ${sentence(reason)} ${left}`,
  };
}

/** Said once, when a release by force begins to wait for the servers of these calls. */
export function forceWaitsHappening(unseen: readonly Placement[]): Happening {
  const calls = unseen.map(({ id, servers }) => `call ${id} on ${servers.join(', ')}`);
  return {
    type: 'Normal',
    reason: 'ForceReleaseWaits',
    action: 'Release',
    note: `Not to be seen yet: ${calls.join('; ')}. The request is let go as soon as its servers show its open calls, in two minutes at the latest.`,
  };
}

/** A state may stand for long before a person is asked; once they were, a reading that fails in between asks nobody anew. */
function askedHappening(before: UnsubscriptionRequestStatus, after: UnsubscriptionRequestStatus): Happening[] {
  const isNew = isConditionTrue(after.conditions, 'Stalled') && !isConditionTrue(before.conditions, 'Stalled');
  const wereAsked = (before.placements ?? []).some((entry) => isOpen(entry) && entry.askedAt !== undefined);
  return isNew && !wereAsked ? standingState(after.conditions, badStates) : [];
}

/** Said at the end, which is told once. */
function guardHappening(
  before: UnsubscriptionRequestStatus,
  after: UnsubscriptionRequestStatus,
  belowGuard: string | undefined,
): Happening[] {
  if (belowGuard === undefined || isFinished({ status: before }) || !isFinished({ status: after })) return [];
  return [{ type: 'Warning', reason: 'RefundBelowGuard', action: 'Unsubscribe', note: belowGuard }];
}

function overdueHappening(before: readonly Condition[] = [], after: readonly Condition[] = []): Happening[] {
  const overdue = after.find(({ type }) => type === 'DrainOverdue');
  if (overdue === undefined || before.some(({ type }) => type === 'DrainOverdue')) return [];
  return [{ type: 'Warning', reason: overdue.type, action: 'Drain', note: overdue.message }];
}

function warned(
  { warnings: before = [] }: UnsubscriptionRequestStatus,
  { warnings = [] }: UnsubscriptionRequestStatus,
) {
  const isNew = ({ server, reason }: WarningStatus) =>
    !before.some((old) => old.server === server && old.reason === reason);
  return warnings.filter(isNew).map(
    ({ reason, message, remedy }): Happening => ({
      type: 'Warning',
      reason,
      action: 'Drain',
      note: `${message} ${remedy}`,
    }),
  );
}

function planHappening(before: UnsubscriptionRequestStatus, after: UnsubscriptionRequestStatus): Happening[] {
  if (after.plan === undefined || after.plan.id === before.plan?.id) return [];
  const calls = after.plan.orders.length;
  const { refund, currency } = after.plan.estimate ?? {};
  const estimate = refund === undefined ? '' : ` About ${refund} ${currency} would come back, as an estimate.`;
  const note = `Plan ${after.plan.id} has ${calls} ${calls === 1 ? 'order' : 'orders'}.${estimate} Approve it with spec.approvedPlan.`;
  return [{ type: 'Normal', reason: 'Planned', action: 'Plan', note }];
}

/** What came back, beside what was estimated: when it is less, somebody should ask the cloud why. */
function refundHappening(call: Placement, givesBack: boolean): Happening[] {
  const comparison = compareRefund(call);
  if (comparison === undefined) {
    // Renewals that had not begun may have no refund.
    const isTold = (call.orders ?? []).every(({ refund }) => refund !== undefined);
    const note = `Call ${call.id} has ended, and the cloud does not tell what came back.`;
    return isTold || !givesBack ? [] : [refundUnknown(call, note)];
  }
  const { refund, missing } = comparison;
  const note = comparedInWords(call, comparison);
  if (refund === undefined) return [refundUnknown(call, note)];
  return missing === undefined
    ? [{ type: 'Normal', reason: 'Refunded', action: 'Unsubscribe', note }]
    : [{ type: 'Warning', reason: 'RefundBelowEstimate', action: 'Unsubscribe', note }];
}

function hasJustCompleted(before: readonly Placement[], { id, result }: Placement): boolean {
  return result === 'Completed' && before.find((entry) => entry.id === id)?.result !== result;
}

function refundUnknown({ orders = [] }: Placement, what: string): Happening {
  const named = orders.map(({ orderId }) => orderId).join(', ');
  const note = `${what} Look at order ${named} in Billing Center > My Orders.`;
  return { type: 'Warning', reason: 'RefundUnknown', action: 'Unsubscribe', note };
}

function callHappening(before: readonly Placement[], entry: Placement): Happening[] {
  const old = before.find(({ id }) => id === entry.id);
  const changed = old?.state === entry.state && old.result === entry.result ? [] : [stateOfCall(entry)];
  return [...changed, ...approvalHappening(old, entry)];
}

const isPending = ({ state }: { state: string }): boolean => state === 'PendingApproval';

/** Nothing goes on for as long as that takes, and only the cloud can hurry it. */
function approvalHappening(old: Placement | undefined, { id, servers, orders = [] }: Placement): Happening[] {
  const known = new Set(old?.orders?.filter(isPending).map(({ orderId }) => orderId));
  return orders
    .filter((order) => isPending(order) && !known.has(order.orderId))
    .map(({ orderId }) => ({
      type: 'Normal',
      reason: 'OrderPendingApproval',
      action: 'Unsubscribe',
      note: `Call ${id} for ${servers.join(', ')}: order ${orderId} waits for the approval of the cloud, which may take more than a day: Billing Center > My Orders.`,
    }));
}

/** With what came back, once that is known. */
function inWords({ orderId, refund, fee, currency }: NonNullable<Placement['orders']>[number]): string {
  if (refund === undefined) return orderId;
  return `${orderId} (${refund} ${currency} came back${fee === undefined ? '' : `, after a fee of ${fee}`})`;
}

/** How a call stands. */
export function stateOfCall(entry: Placement): Happening {
  const orders = entry.orders?.map(inWords).join(', ') ?? '';
  const subject = `Call ${entry.id} for ${entry.servers.join(', ')}`;
  const bad = entry.state === 'Rejected' || entry.state === 'Unknown' || entry.result === 'Cancelled';
  const words = [orders === '' ? '' : `order ${orders}`, entry.code ?? '', entry.detail ?? ''].filter(
    (word) => word !== '',
  );
  const note = sentence([`${subject}: ${entry.result ?? entry.state}`, ...words].join('; '));
  return {
    type: bad ? 'Warning' : 'Normal',
    reason: `Order${entry.result ?? entry.state}`,
    action: 'Unsubscribe',
    note,
  };
}
