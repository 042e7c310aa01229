import { Big } from 'big.js';
import type { EstimateStatus } from '../api/unsubscriptionrequest.ts';
import { hours } from '../clock.ts';
import type { PaidPeriod } from '../inventory/payments.ts';
import type { RefundRates } from '../refund-rates.ts';
import { type FoundServer, foundServers, type Snapshot } from './snapshot.ts';

/** What an unsubscription would give back, by the published formula: for orientation, the bill decides. */
export interface Estimate {
  /** Exact decimal texts with two places. */
  refund: string;
  /** The refund if nothing is paid back unconditionally: whether the account has any of that left is not known. */
  atLeast: string;
  fee: string;
  currency: string;
  /** The full hour that it holds for. */
  asOf: Date;
}

/** An estimate, or why there is none: the fact and what to do. */
export type Estimated =
  | { kind: 'Estimated'; estimate: Estimate }
  | { kind: 'Unavailable'; message: string; remedy: string };

/**
 * Of all servers of a snapshot that are still to be ordered, or of some of them. Secondary resources are not counted: they come
 * on top. Pure.
 */
export function estimateOf(snapshot: Snapshot, isMeant: (server: FoundServer) => boolean = () => true): Estimated {
  const { refundRates } = snapshot;
  if (refundRates === undefined) return unavailable('No table of handling fees is configured.', withoutRates);
  const parts = foundServers(snapshot)
    .filter(isMeant)
    .map((found) => partOf(found, snapshot, refundRates));
  const missing = parts.find((part) => 'message' in part);
  if (missing !== undefined && 'message' in missing) return { kind: 'Unavailable', ...missing };
  const amounts = parts.flatMap((part) => ('message' in part ? [] : part));
  const currencies = new Set(amounts.map(({ currency }) => currency));
  const [currency, ...others] = currencies;
  if (currency === undefined) return unavailable('Nothing was paid that could come back.', lookItUp);
  if (others.length > 0) return unavailable('It was paid for in several currencies.', lookItUp);
  const total = (of: (part: Amounts) => Big) =>
    amounts.reduce((sum, part) => sum.plus(of(part)), new Big(0)).toFixed(2);
  return {
    kind: 'Estimated',
    estimate: {
      refund: total(({ refund }) => refund),
      atLeast: total(({ atLeast }) => atLeast),
      fee: total(({ fee }) => fee),
      currency,
      asOf: new Date(fullHour(snapshot.cloudTime.latest)),
    },
  };
}

const lookItUp = 'Look the refund up in the Billing Center.';
const withoutRates = `Give the operator the table of the account's site or contract (--refund-rates). ${lookItUp}`;
const unavailable = (message: string, remedy: string): Estimated => ({ kind: 'Unavailable', message, remedy });

interface Amounts {
  refund: Big;
  atLeast: Big;
  fee: Big;
  currency: string;
}

type Part = Amounts[] | { message: string; remedy: string };

function partOf({ name, paid }: FoundServer, { request, cloudTime }: Snapshot, rates: RefundRates): Part {
  if (paid.kind === 'Unreadable') {
    const { source, message, remedy } = paid.failure;
    return { message: `${name}: ${source} cannot be read: ${message}`, remedy };
  }
  // The later the order, the less comes back.
  const at = cloudTime.latest;
  const concerned = request.spec.scope === 'RenewalsOnly' ? paid.value.filter(({ begin }) => begin > at) : paid.value;
  const parts = concerned.map((period) => amountsOf(period, rates, at));
  const term = parts.find((part) => typeof part === 'number');
  if (typeof term === 'number') {
    const message = `${name}: no handling fee is configured for ${term === 0 ? 'a term of less than a year' : `a term of ${term} years`}.`;
    return { message, remedy: withoutRates };
  }
  return parts.filter((part) => typeof part !== 'number');
}

/**
 * What comes back of one period, or its term in years when no fee is known for it. Refund = paid - consumed - fee, never below
 * zero; used are the full hours since the full hour of the beginning, of the hours that were bought; a period that has not
 * begun comes back whole. User guide of the Billing Center, "Unsubscription rules":
 * https://support.huaweicloud.com/usermanual-billing/zh-cn_topic_0083138805.html
 */
export function amountsOf(period: PaidPeriod, rates: RefundRates, at: Date): Amounts | number {
  const paid = new Big(period.paid);
  const whole = { refund: paid, atLeast: paid, fee: new Big(0), currency: period.currency };
  if (period.begin > at) return whole;
  const begin = fullHour(period.begin);
  const bought = Math.ceil((period.end.getTime() - begin) / hours(1));
  const used = Math.min(Math.max((fullHour(at) - begin) / hours(1), 0), bought);
  const unused = paid.minus(inCents(paid.times(used).div(bought)));
  const left = unused.lt(0) ? new Big(0) : unused;
  const term = yearsBetween(period.begin, period.end);
  const percentages = rates.feePercent[term === 0 ? 'monthly' : String(term)];
  const percent = percentages?.[yearOfUse(period.begin, at) - 1] ?? percentages?.at(-1);
  if (percent === undefined) return term;
  const fullFee = inCents(paid.times(percent).div(100));
  const fee = fullFee.gt(left) ? left : fullFee;
  const atLeast = left.minus(fee);
  const unconditional = at.getTime() < period.begin.getTime() + rates.unconditionalDays * hours(24);
  return unconditional ? { ...whole, atLeast } : { refund: atLeast, atLeast, fee, currency: period.currency };
}

const fullHour = (at: Date): number => Math.floor(at.getTime() / hours(1)) * hours(1);
const inCents = (amount: Big): Big => amount.round(2, Big.roundHalfUp);

function anniversary(of: Date, years: number): Date {
  const day = new Date(of);
  day.setUTCFullYear(day.getUTCFullYear() + years);
  return day;
}

/** Full years that were bought. A term ends at the end of a day: a day less is meant as the full term all the same. */
function yearsBetween(begin: Date, end: Date): number {
  let years = 0;
  while (anniversary(begin, years + 1).getTime() <= end.getTime() + hours(24)) years += 1;
  return years;
}

/** 1 within the first year, 2 within the second; a whole year still belongs to the one that it ends. */
function yearOfUse(begin: Date, at: Date): number {
  let year = 1;
  while (anniversary(begin, year) < at) year += 1;
  return year;
}

const formula = 'Estimated by the published formula, without secondary resources; the bill decides.';

/** For the status: the amounts, or why there are none. */
export function estimateStatus(estimated: Estimated): EstimateStatus {
  if (estimated.kind === 'Unavailable') return { note: cut(`No estimate. ${estimated.message} ${estimated.remedy}`) };
  const { asOf, ...amounts } = estimated.estimate;
  const unconditional = amounts.refund !== amounts.atLeast;
  const quota = ' All of it comes back only while the account has unconditional unsubscriptions left.';
  return { ...amounts, asOf: asOf.toISOString(), note: `${formula}${unconditional ? quota : ''}` };
}

const cut = (note: string): string => Array.from(note).slice(0, 512).join('');
