import {
  type Clock,
  deadline,
  hours,
  type Milliseconds,
  milliseconds,
  minutes,
  seconds,
  untilAborted,
} from '../clock.ts';
import type { HuaweiAccount } from '../huaweicloud/account.ts';
import type { FeeRecord } from '../huaweicloud/billing-account.ts';
import type { Reading, Subscription } from './observation.ts';
import { reading } from './reading.ts';

/** A period of a subscription that was paid for: that of its purchase, or of a renewal. */
export interface PaidPeriod {
  begin: Date;
  end: Date;
  /** What can be paid back of it at most: without coupons. An exact decimal text. */
  paid: string;
  currency: string;
}

/** Finds out what was paid for subscriptions. What was paid does not change, so it is asked for once. */
export interface Payments {
  /** The periods of a subscription, without a gap, or why they are not known. Rejects with the signal only. */
  of(
    account: HuaweiAccount,
    resourceId: string,
    subscription: Subscription,
    signal: AbortSignal,
  ): Promise<Reading<readonly PaidPeriod[]>>;
}

interface Known {
  periods: Promise<Reading<readonly PaidPeriod[]>>;
  askedAt: Milliseconds;
  goodUntil: Milliseconds;
}

const forever = milliseconds(Number.POSITIVE_INFINITY);
/** How long what nobody asks for is remembered. */
const keptFor = hours(1);
/** A bill is up to a day late: one that does not tell all is asked for again after this. */
const incompleteFor = hours(1);
/** For the bills of five years, at ten calls a second and with some patience. */
const readingLimit = seconds(30);

export function createPayments(clock: Clock): Payments {
  const byAccount = new WeakMap<HuaweiAccount, Map<string, Known>>();

  function start(account: HuaweiAccount, resourceId: string, span: Span): Known {
    const limit = deadline(readingLimit);
    const bill = reading('The bill', () => periodsOf(account, resourceId, span, limit), limit);
    const known: Known = {
      askedAt: clock.elapsed(),
      goodUntil: forever,
      periods: bill.then((found) => {
        if (found.kind === 'Read' && found.value !== undefined) return { ...found, value: found.value };
        const isLate = found.kind === 'Read';
        known.goodUntil = milliseconds(isLate ? clock.elapsed() + incompleteFor : 0);
        return isLate ? incomplete(resourceId) : found;
      }),
    };
    return known;
  }

  return {
    of: (account, resourceId, { effectiveTime, expireTime }, signal) => {
      if (effectiveTime === undefined || expireTime === undefined) return Promise.resolve(incomplete(resourceId));
      const remembered = byAccount.get(account) ?? new Map<string, Known>();
      byAccount.set(account, remembered);
      const now = clock.elapsed();
      for (const [key, { askedAt }] of remembered) if (now - askedAt > keptFor) remembered.delete(key);
      const key = `${resourceId} ${effectiveTime} ${expireTime}`;
      const before = remembered.get(key);
      const known =
        before !== undefined && now < before.goodUntil
          ? before
          : start(account, resourceId, { begin: new Date(effectiveTime), end: new Date(expireTime) });
      known.askedAt = now;
      remembered.set(key, known);
      return untilAborted(known.periods, signal);
    },
  };
}

const incomplete = (resourceId: string): Reading<never> => ({
  kind: 'Unreadable',
  failure: {
    source: 'The bill',
    cause: 'Unavailable',
    message: `it does not show all that was paid for ${resourceId}.`,
    remedy: 'It is up to a day late: wait, or look the refund up in the Billing Center.',
  },
});

interface Span {
  readonly begin: Date;
  readonly end: Date;
}

/**
 * The periods that together are the subscription; undefined when the bill does not show them all. The purchase is on the
 * bill of the month in which the subscription began, or of the one before; a renewal on that of any month since.
 */
async function periodsOf(
  { billing, billingTime }: HuaweiAccount,
  resourceId: string,
  span: Span,
  signal: AbortSignal,
): Promise<PaidPeriod[] | undefined> {
  const first = cycleOf(span.begin);
  const last = cycleOf(billingTime().at);
  let paid: PaidPeriod[] = [];
  for (const cycle of [first, before(first), ...cyclesBetween(first, last)]) {
    const records = await billing.feeRecords({ cycle, resourceId }, signal);
    paid = [...paid, ...records.flatMap((record) => periodOf(record) ?? [])];
    // What was changed since, such as its size, was paid for in a way that no formula tells.
    if (records.some(({ billType }) => billType === change)) return undefined;
    const chain = chainOf(paid, span);
    if (chain !== undefined) return chain;
  }
  return undefined;
}

const purchase = 1;
const renewal = 2;
const change = 3;

/** Without coupons and bonuses: those are not paid back (user guide of the Billing Center, "Unsubscription rules"). */
function periodOf({ billType, paid, currency, effectiveTime, expireTime }: FeeRecord): PaidPeriod | undefined {
  if (billType !== purchase && billType !== renewal) return undefined;
  if (effectiveTime === undefined || expireTime === undefined || paid === undefined) return undefined;
  return { begin: effectiveTime, end: expireTime, paid: paid.toFixed(), currency };
}

/** How much two times that mean the same moment may differ: bills end a period a second earlier than rows do. */
const slack = minutes(1);

/** The periods in their order, if each begins where the one before it ends, from the beginning of the span to its end. */
function chainOf(periods: readonly PaidPeriod[], { begin, end }: Span): PaidPeriod[] | undefined {
  const sorted = [...periods].sort((a, b) => a.begin.getTime() - b.begin.getTime());
  let at = begin;
  for (const period of sorted) {
    if (Math.abs(period.begin.getTime() - at.getTime()) > slack) return undefined;
    at = period.end;
  }
  return sorted.length > 0 && Math.abs(at.getTime() - end.getTime()) <= slack ? sorted : undefined;
}

/** The month of a bill, `YYYY-MM`: bills go by the time of Beijing (API notes 1.9). */
const cycleOf = (at: Date): string => new Date(at.getTime() + hours(8)).toISOString().slice(0, 7);

const shifted = (cycle: string, by: number): string => {
  const [year = 0, month = 1] = cycle.split('-').map(Number);
  return new Date(Date.UTC(year, month - 1 + by, 1)).toISOString().slice(0, 7);
};
const before = (cycle: string): string => shifted(cycle, -1);

/** The months after `first`, up to `last`; at most those of ten years. */
function cyclesBetween(first: string, last: string): string[] {
  const cycles: string[] = [];
  for (let cycle = shifted(first, 1); cycle <= last && cycles.length < 120; cycle = shifted(cycle, 1)) {
    cycles.push(cycle);
  }
  return cycles;
}
