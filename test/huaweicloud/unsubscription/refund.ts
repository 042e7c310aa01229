import Big from 'big.js';
import type { HandlingFees } from '../settings.ts';
import { money } from '../world/money.ts';
import type { LineItem } from '../world/orders.ts';

const HOUR = 3_600_000;

export interface Refund {
  readonly paid: string;
  readonly consumed: string;
  readonly fee: string;
  readonly refund: string;
}

/**
 * What an unsubscription now gives back for one paid period, by the published formula: refund = paid - consumed - fee,
 * never below zero; consumed counts full hours of use over the hours of the order. A period that has not begun is
 * refunded whole [inference]. Source: "Unsubscription rules" of the Billing Center user guide.
 */
export function refundOf(item: LineItem, fees: HandlingFees, now: Date): Refund {
  const paid = new Big(item.amountAfterDiscount).plus(item.flexipurchaseCouponAmount).plus(item.storedCardAmount);
  const start = Math.floor(Date.parse(item.effectiveTime) / HOUR);
  const end = Math.ceil(Date.parse(item.expireTime) / HOUR);
  const used = Math.min(Math.max(Math.floor(now.getTime() / HOUR) - start, 0), end - start);
  const consumed = new Big(money(paid.times(used).div(end - start)));
  const begun = now.getTime() >= Date.parse(item.effectiveTime);
  const fullFee = begun ? new Big(money(paid.times(feePercent(item, fees, now)).div(100))) : new Big(0);
  const left = paid.minus(consumed);
  const fee = fullFee.gt(left) ? left : fullFee;
  return { paid: money(paid), consumed: money(consumed), fee: money(fee), refund: money(left.minus(fee)) };
}

function feePercent(item: LineItem, fees: HandlingFees, now: Date): number {
  const periods = item.periodNum ?? 1;
  const years = item.periodType === 'year' ? periods : Math.floor(periods / 12);
  const rates = years === 0 ? fees.monthly : (fees.years[years] ?? []);
  const rate = rates[startedYears(item.effectiveTime, now) - 1] ?? rates.at(-1);
  if (rate === undefined) throw new Error(`the settings have no handling fee for a term of ${years} years`);
  return rate;
}

/** 1 within the first year of use, 2 within the second, and so on; a whole year still belongs to the year it ends. */
function startedYears(effectiveTime: string, now: Date): number {
  const anniversary = new Date(effectiveTime);
  let years = 1;
  anniversary.setUTCFullYear(anniversary.getUTCFullYear() + 1);
  while (anniversary < now) {
    years += 1;
    anniversary.setUTCFullYear(anniversary.getUTCFullYear() + 1);
  }
  return years;
}
