import type { ConditionNow } from '../../api/condition-list.ts';
import { isFinished } from '../../api/objects.ts';
import { parseDuration } from '../../clock.ts';
import type { Pass } from '../report.ts';

/**
 * Since when it is not known that no machine is left. A source that could not be read for a while does not start it anew, as the
 * time of the condition's last transition would. Pure.
 */
export function drainingSince(pass: Pass): string | undefined {
  const { request, snapshot, blockers } = pass;
  const isDrained = !blockers.some(({ condition }) => condition === 'DependentsDrained');
  if (isDrained || request.spec.drainTimeout === undefined) return undefined;
  return request.status.drainingSince ?? sinceByCondition(pass) ?? snapshot.takenAt.toISOString();
}

/** As the version before this one measured it. */
const sinceByCondition = ({ request }: Pass): string | undefined =>
  request.status.conditions?.find(({ type, status }) => type === 'DependentsDrained' && status !== 'True')
    ?.lastTransitionTime;

/**
 * Says when virtual machines remain for longer than `spec.drainTimeout`; stands only while it is so. It changes nothing
 * else: a time-out is for people, it never makes the operator proceed.
 */
export function overdueCondition(pass: Pass): ConditionNow[] {
  const { request, snapshot } = pass;
  const { drainTimeout = '' } = request.spec;
  const timeout = parseDuration(drainTimeout);
  const since = drainingSince(pass);
  if (timeout === undefined || since === undefined || isFinished(request)) return [];
  if (snapshot.takenAt.getTime() - new Date(since).getTime() <= timeout) return [];
  const message = `Virtual machines remain for longer than ${drainTimeout}. Nothing is ordered before they are gone.`;
  return [{ type: 'DrainOverdue', status: 'True', reason: 'DrainTimeout', message }];
}
