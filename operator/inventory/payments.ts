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
  /** The bills that are complete, by month: what was read before a failure is not read again. */
  months: Map<string, FeeRecord[]>;
  askedAt: Milliseconds;
  goodUntil: Milliseconds;
}

const forever = milliseconds(Number.POSITIVE_INFINITY);
/** How long what nobody asks for is remembered. */
const keptFor = hours(1);
/** A bill is up to a day late: one that does not tell all is asked for again after this. */
const incompleteFor = hours(1);
/** Something may be changed later, which the bill of a later month tells. */
const completeFor = hours(24);
/** The rest is read the next time. */
const usualLimit = seconds(30);

/** @param readingLimit how long reading the bills of one subscription may take at a time. */
export function createPayments(clock: Clock, readingLimit = usualLimit): Payments {
  const byAccount = new WeakMap<HuaweiAccount, Map<string, Known>>();

  function start(account: HuaweiAccount, resourceId: string, span: Span, months: Known['months']): Known {
    const limit = deadline(clock, readingLimit);
    const known: Known = { months, askedAt: clock.elapsed(), goodUntil: forever, periods: readAll() };
    return known;

    // Without its own limit as the signal: that it is over is a failure to tell, not the end of who waits.
    async function readAll(): Promise<Reading<readonly PaidPeriod[]>> {
      const found = await reading('The bill', () => periodsOf(account, resourceId, span, { months, signal: limit }));
      const isComplete = found.kind === 'Read' && found.value !== undefined;
      const lasts = found.kind === 'Unreadable' ? milliseconds(0) : isComplete ? completeFor : incompleteFor;
      known.goodUntil = milliseconds(clock.elapsed() + lasts);
      if (found.kind === 'Unreadable') return found;
      return found.value === undefined ? incomplete(resourceId) : { kind: 'Read', value: found.value };
    }
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
          : start(
              account,
              resourceId,
              { begin: new Date(effectiveTime), end: new Date(expireTime) },
              before?.months ?? new Map(),
            );
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
    message: `it does not show that ${resourceId} was paid for without a gap and never changed or refunded since.`,
    remedy:
      'A bill is up to a day late: wait if it was bought just now, else look the refund up in the Billing Center.',
  },
});

interface Span {
  readonly begin: Date;
  readonly end: Date;
}

/**
 * The periods that together are the subscription; undefined when the bill does not show them all, or something that no formula
 * tells the refund of. The purchase is on the bill of the month in which the subscription began, or of the one before; a renewal,
 * a change or a refund on that of any month since, so all of them are read.
 */
async function periodsOf(
  { billing, billingTime }: HuaweiAccount,
  resourceId: string,
  span: Span,
  { months, signal }: { months: Known['months']; signal: AbortSignal },
): Promise<PaidPeriod[] | undefined> {
  const first = cycleOf(span.begin);
  const now = billingTime().at;
  const complete = cycleOf(new Date(now.getTime() - latest));
  const paid: PaidPeriod[] = [];
  for (const cycle of [before(first), first, ...cyclesBetween(first, cycleOf(now))]) {
    const records = months.get(cycle) ?? (await billing.feeRecords({ cycle, resourceId }, signal));
    if (cycle < complete) months.set(cycle, records);
    const periods = records.map(periodOf);
    if (periods.includes(undefined)) return undefined;
    paid.push(...periods.flatMap((period) => period ?? []));
  }
  return chainOf(paid, span);
}

/** How late the last line of a month may be, with some patience. */
const latest = hours(48);

const purchase = 1;
const renewal = 2;

/**
 * Without coupons and bonuses: those are not paid back (user guide of the Billing Center, "Unsubscription rules"). Undefined for
 * anything but a purchase or a renewal, and for a line that does not tell what it is about.
 */
function periodOf({ billType, paid, currency, effectiveTime, expireTime }: FeeRecord): PaidPeriod | undefined {
  if (billType !== purchase && billType !== renewal) return undefined;
  if (effectiveTime === undefined || expireTime === undefined || paid === undefined) return undefined;
  if (paid.lt(0) || !/^[A-Z]{3}$/.test(currency)) return undefined;
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

/** The month of a bill, `YYYY-MM`: bills go by the time of Beijing. */
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
