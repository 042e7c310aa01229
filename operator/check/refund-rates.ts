import type { RefundRates } from '../refund-rates.ts';
import { type Nothing, type Outcome, ok, skipped } from './outcome.ts';

/** Whether refunds are estimated, and for which terms. The settings themselves were read before. Pure. */
export function checkRefundRates(rates: RefundRates | undefined): Outcome<Nothing> {
  if (rates === undefined) return skipped('--refund-rates is not given: no refund is estimated');
  const terms = Object.keys(rates.feePercent).map((term) => (term === 'monthly' ? term : `${term} year(s)`));
  return ok(`fees for ${terms.join(', ') || 'no term'}; ${rates.unconditionalDays} unconditional days`, undefined);
}
