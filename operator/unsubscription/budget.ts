import type { DCCServer, UnsubscriptionRequest } from '../api/objects.ts';
import { isOpen, type Placement } from '../api/unsubscriptionrequest.ts';
import { hours } from '../clock.ts';

/** How much may be ordered at all, whoever approved it: a bound on what a mistake can cost before somebody sees it. */
export interface BudgetLimits {
  /** Most orders that may be open at a time. */
  readonly open: number;
  /** Most orders within an hour. */
  readonly perHour: number;
}

/** The limit that leaves no room for another order. */
export type ExceededLimit = keyof BudgetLimits;

/** What the budget is counted from, as last heard of. */
export interface BudgetSources {
  /** Every request that has a journal. */
  requests(): readonly UnsubscriptionRequest[];
  /** Requests that cannot be understood: each may have ordered just now. */
  unreadableRequests(): number;
  /** They remember calls whose request is gone. */
  servers(): readonly DCCServer[];
}

export interface OrderBudget {
  readonly limits: BudgetLimits;
  /** The limit that keeps a request from ordering, by the cloud's time; undefined when there is room. */
  exceeded(request: UnsubscriptionRequest, now: Date): ExceededLimit | undefined;
  /**
   * Takes room for an order whose intent is about to be written: passes run side by side. What it gives returns the room, to
   * be called once the intent stands in the journal, or does not. Undefined when no room is left.
   */
  take(request: UnsubscriptionRequest, now: Date): (() => void) | undefined;
}

export function createOrderBudget(limits: BudgetLimits, sources: BudgetSources): OrderBudget {
  let taken = 0;
  const exceeded = (request: UnsubscriptionRequest, now: Date): ExceededLimit | undefined => {
    const { open, lastHour } = usageBesides(request, sources, now);
    if (open + taken >= limits.open) return 'open';
    return lastHour + taken >= limits.perHour ? 'perHour' : undefined;
  };
  return {
    limits,
    exceeded,
    take: (request, now) => {
      if (exceeded(request, now) !== undefined) return undefined;
      taken += 1;
      let returned = false;
      return () => {
        if (!returned) taken -= 1;
        returned = true;
      };
    },
  };
}

/**
 * What was ordered. Calls that certainly had no effect do not count; the open call of the request itself neither, because the
 * next one waits for it anyway.
 */
function usageBesides({ metadata }: UnsubscriptionRequest, sources: BudgetSources, now: Date) {
  const requests = sources.requests();
  const calls = requests.flatMap(({ status }) => (status.placements ?? []).filter(mayHaveOrdered));
  const others = requests.filter((other) => other.metadata.uid !== metadata.uid);
  const since = now.getTime() - hours(1);
  const isRecent = (signedAt: string) => new Date(signedAt).getTime() > since;
  const unknown = sources.unreadableRequests();
  return {
    open: others.flatMap(({ status }) => (status.placements ?? []).filter(isOpen)).length + unknown,
    lastHour: calls.filter(({ signedAt }) => isRecent(signedAt)).length + forgotten(sources, calls, isRecent) + unknown,
  };
}

/** Calls of requests that are gone, as the servers remember them. One call may be for several servers. */
function forgotten(
  sources: BudgetSources,
  known: readonly Placement[],
  isRecent: (signedAt: string) => boolean,
): number {
  const inJournals = new Set(known.map(({ signedAt }) => signedAt));
  const remembered = sources.servers().flatMap(({ status: { unsubscription } }) => {
    const { signedAt, state } = unsubscription ?? {};
    const had = signedAt !== undefined && !withoutEffect.includes(state ?? '');
    return had && isRecent(signedAt) && !inJournals.has(signedAt) ? [signedAt] : [];
  });
  return new Set(remembered).size;
}

const withoutEffect: readonly string[] = ['Rejected', 'Refused', 'NotSent', 'NotPlaced'] satisfies (
  | Placement['state']
  | 'Refused'
)[];

const mayHaveOrdered = ({ state }: Placement): boolean => !withoutEffect.includes(state);
