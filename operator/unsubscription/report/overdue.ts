import type { ConditionNow } from '../../api/condition-list.ts';
import { parseDuration } from '../../clock.ts';
import type { Pass } from '../report.ts';

/**
 * Says when virtual machines remain for longer than `spec.drainTimeout`; stands only while it is so. It changes nothing
 * else: a time-out is for people, it never makes the operator proceed.
 */
export function overdueCondition({ request, snapshot }: Pass, facts: readonly ConditionNow[]): ConditionNow[] {
  const { drainTimeout = '' } = request.spec;
  const timeout = parseDuration(drainTimeout);
  const before = request.status.conditions?.find(({ type }) => type === 'DependentsDrained');
  const now = facts.find(({ type }) => type === 'DependentsDrained');
  if (timeout === undefined || now?.status === 'True' || before === undefined || before.status === 'True') return [];
  const waited = snapshot.takenAt.getTime() - new Date(before.lastTransitionTime).getTime();
  if (waited <= timeout) return [];
  const message = `Virtual machines remain for longer than ${drainTimeout}. Nothing is ordered before they are gone.`;
  return [{ type: 'DrainOverdue', status: 'True', reason: 'DrainTimeout', message }];
}
