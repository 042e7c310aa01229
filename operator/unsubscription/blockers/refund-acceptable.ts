import { Big } from 'big.js';
import { sentence } from '../../api/sentence.ts';
import type { Placement } from '../../api/unsubscriptionrequest.ts';
import { estimateOf } from '../estimate.ts';
import { hasBegun } from '../plan.ts';
import { foundServers } from '../snapshot.ts';
import type { Blocker, Rule } from './rule.ts';

/**
 * The guard on the refund. There is no quote API: an estimate by the published formula must reach what is
 * demanded, also if nothing is paid back unconditionally. What was ordered before counts with what it gave, or promised to.
 */
export const refundAcceptable: Rule<'RefundAcceptable'> = (snapshot) => {
  const { spec, status } = snapshot.request;
  const guard = spec.refund;
  // What is ordered already asks for nothing more.
  if (guard === undefined || (hasBegun(snapshot.request) && foundServers(snapshot).length === 0)) return [];
  const demanded = `${guard.minimum} ${guard.currency}`;
  const blocker = (found: Pick<Blocker<'RefundAcceptable'>, 'reason' | 'status' | 'message' | 'remedy'>) => [
    { condition: 'RefundAcceptable' as const, server: '', ...found },
  ];
  const estimated = estimateOf(snapshot);
  if (estimated.kind === 'Unavailable') {
    return blocker({
      reason: 'EstimateUnavailable',
      status: 'Unknown',
      message: `A refund of at least ${demanded} is demanded, and it cannot be estimated: ${sentence(estimated.message)}`,
      remedy: `${estimated.remedy} Or create a request without spec.refund.`,
    });
  }
  const { atLeast, currency } = estimated.estimate;
  if (currency !== guard.currency) {
    return blocker({
      reason: 'CurrencyMismatch',
      status: 'False',
      message: `A refund in ${guard.currency} is demanded, and the servers were paid for in ${currency}.`,
      remedy: `Create a request whose spec.refund is in ${currency}.`,
    });
  }
  const total = refundsSoFar(status.placements ?? [], currency).plus(atLeast);
  if (total.gte(guard.minimum)) return [];
  return blocker({
    reason: 'BelowMinimum',
    status: 'False',
    message: `Less is estimated than the ${demanded} that are demanded (status.plan.estimate).`,
    remedy: 'It becomes less with every hour: create a request with a lower spec.refund.minimum, or keep the server.',
  });
};

function refundsSoFar(journal: readonly Placement[], currency: string): Big {
  const accepted = journal.filter(({ state }) => state === 'Accepted');
  return accepted.map((call) => refundOf(call, currency)).reduce((total, refund) => total.plus(refund), new Big(0));
}

/** The estimate stands for what is not known yet, unless the cloud took but a part of the call, or none of it. */
function refundOf({ orders = [], estimate, failed = [], result }: Placement, currency: string): Big {
  if (result === 'Cancelled') return new Big(0);
  const known = orders.filter((order) => order.refund !== undefined && order.currency === currency);
  if (failed.length > 0 || (orders.length > 0 && known.length === orders.length))
    return known.reduce((total, { refund }) => total.plus(refund ?? 0), new Big(0));
  return new Big(estimate?.currency === currency ? estimate.atLeast : 0);
}
