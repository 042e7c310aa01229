import { Big } from 'big.js';
import { sum } from '../../api/money.ts';
import type { UnsubscriptionRequest } from '../../api/objects.ts';
import type { Placement } from '../../api/unsubscriptionrequest.ts';

/** What a completed call gave back, beside what was estimated when it was made. Amounts are decimal texts of one currency. */
interface RefundComparison {
  /** Undefined while not every order of the call tells its refund in that currency. */
  refund: string | undefined;
  estimated: string;
  currency: string;
  /** How much less came back than the estimate has at least; undefined when it is met. What is not told has not come back. */
  missing: string | undefined;
}

/** An estimate is of a full hour, and rounded: one that is so close is met. */
const tolerated = '0.99';

/** Undefined while the call goes on, and of one that gave back only a part of what it named. */
export function compareRefund({ result, orders = [], estimate, failed = [] }: Placement): RefundComparison | undefined {
  if (estimate === undefined || result !== 'Completed' || failed.length > 0) return undefined;
  const refunds = orders.flatMap(({ refund, currency }) => (currency === estimate.currency ? (refund ?? []) : []));
  const asEstimated = { estimated: estimate.refund, currency: estimate.currency };
  if (refunds.length < orders.length) return { ...asEstimated, refund: undefined, missing: estimate.atLeast };
  const refund = sum(refunds);
  const isLess = new Big(refund).lt(new Big(estimate.atLeast).times(tolerated));
  const missing = isLess ? new Big(estimate.atLeast).minus(refund).toFixed(2) : undefined;
  return { ...asEstimated, refund, missing };
}

/** For each completed call of a request of which less came back than was estimated, or of which nobody can tell, a sentence. */
export function belowEstimate(journal: readonly Placement[]): string[] {
  return journal.flatMap((call) => {
    const comparison = compareRefund(call);
    return comparison?.missing === undefined ? [] : [comparedInWords(call, comparison)];
  });
}

/** What came back of a call beside its estimate. */
export function comparedInWords({ id }: Placement, { refund, estimated, currency }: RefundComparison): string {
  return refund === undefined
    ? `Call ${id} has ended, and the cloud does not tell what came back in ${currency}; ${estimated} were estimated.`
    : `Call ${id} gave back ${refund} ${currency}; ${estimated} were estimated.`;
}

/** That less came back of a request than its guard demanded, or that nobody can tell, in a sentence; undefined when the guard is met. */
export function belowGuard({
  spec: { refund: guard },
  status: { placements = [] },
}: Pick<UnsubscriptionRequest, 'spec' | 'status'>): string | undefined {
  const completed = placements.filter(({ result }) => result === 'Completed').flatMap(({ orders = [] }) => orders);
  const refunds = completed.flatMap(({ refund, currency }) => (currency === guard?.currency ? (refund ?? []) : []));
  if (guard === undefined || completed.length === 0) return undefined;
  if (refunds.length < completed.length)
    return `The cloud does not tell what came back in ${guard.currency}: spec.refund demands ${guard.minimum}.`;
  const total = sum(refunds);
  if (new Big(total).gte(guard.minimum)) return undefined;
  return `${total} ${guard.currency} came back, less than the ${guard.minimum} ${guard.currency} that spec.refund demands.`;
}
