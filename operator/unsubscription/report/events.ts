import type { Condition } from '../../api/conditions.ts';
import { type Happening, standingState, stateHappening } from '../../api/happenings.ts';
import { isConditionTrue } from '../../api/objects.ts';
import type { Placement, UnsubscriptionRequestStatus } from '../../api/unsubscriptionrequest.ts';

/** States that people should look at. */
const badStates = ['Failed', 'Blocked', 'DeadlinePassed', 'OutcomeUnknown', 'Unreadable'];

/** What happened between two statuses of one request. Pure. */
export function happenings(before: UnsubscriptionRequestStatus, after: UnsubscriptionRequestStatus): Happening[] {
  const calls = (after.placements ?? []).flatMap((entry) => callHappening(before.placements ?? [], entry));
  const state = stateHappening(before.conditions, after.conditions, badStates);
  return [
    ...planHappening(before, after),
    ...calls,
    ...state,
    ...overdueHappening(before.conditions, after.conditions),
  ];
}

/** The states of a request that people should not forget while they stand. What has ended needs nobody. Pure. */
export function standing({ conditions = [] }: UnsubscriptionRequestStatus): Happening[] {
  if (isConditionTrue(conditions, 'Failed')) return [];
  return [...standingState(conditions, badStates), ...overdueHappening([], conditions)];
}

function overdueHappening(before: readonly Condition[] = [], after: readonly Condition[] = []): Happening[] {
  const overdue = after.find(({ type }) => type === 'DrainOverdue');
  if (overdue === undefined || before.some(({ type }) => type === 'DrainOverdue')) return [];
  return [{ type: 'Warning', reason: overdue.type, action: 'Drain', note: overdue.message }];
}

function planHappening(before: UnsubscriptionRequestStatus, after: UnsubscriptionRequestStatus): Happening[] {
  if (after.plan === undefined || after.plan.id === before.plan?.id) return [];
  const calls = after.plan.orders.length;
  const note = `Plan ${after.plan.id} has ${calls} ${calls === 1 ? 'order' : 'orders'}. Approve it with spec.approvedPlan.`;
  return [{ type: 'Normal', reason: 'Planned', action: 'Plan', note }];
}

function callHappening(before: readonly Placement[], entry: Placement): Happening[] {
  const old = before.find(({ id }) => id === entry.id);
  if (old?.state === entry.state && old.result === entry.result) return [];
  const orders = entry.orders?.map(({ orderId }) => orderId).join(', ') ?? '';
  const subject = `Call ${entry.id} for ${entry.servers.join(', ')}`;
  const bad = entry.state === 'Rejected' || entry.state === 'Unknown' || entry.result === 'Cancelled';
  const words = [orders === '' ? '' : `order ${orders}`, entry.code ?? '', entry.detail ?? ''].filter(
    (word) => word !== '',
  );
  const note = [`${subject}: ${entry.result ?? entry.state}`, ...words].join('; ');
  return [
    { type: bad ? 'Warning' : 'Normal', reason: `Order${entry.result ?? entry.state}`, action: 'Unsubscribe', note },
  ];
}
