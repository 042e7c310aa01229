import type { Rule } from './rule.ts';

/** The guard on the refund. There is no quote API, and this version computes no estimate: a guard therefore blocks. */
export const refundAcceptable: Rule<'RefundAcceptable'> = ({ request }) => {
  const guard = request.spec.refund;
  if (guard === undefined) return [];
  return [
    {
      condition: 'RefundAcceptable',
      reason: 'EstimateUnavailable',
      status: 'Unknown',
      server: '',
      message: `A refund of at least ${guard.minimum} ${guard.currency} is demanded, but the refund cannot be estimated yet.`,
      remedy: 'Look the refund up in the Billing Center, and create a request without spec.refund if it is acceptable.',
    },
  ];
};
