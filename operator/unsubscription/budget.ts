import { rememberedCalls } from '../api/dccserver.ts';
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
  const seen = createSeenCalls();
  let taken = 0;
  const exceeded = (request: UnsubscriptionRequest, now: Date): ExceededLimit | undefined => {
    seen.note(sources.requests(), now);
    const { open, lastHour } = usageBesides(request, sources, seen, now);
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
        // Its request may be gone before the next pass looks.
        seen.note(sources.requests(), now);
      };
    },
  };
}

/**
 * The calls that this process saw in journals of late: they count also once their request is gone. Servers remember such
 * calls too, but only the last one that was to give them back and the last other one. So what a restart (or another leader)
 * forgets is this: of requests deleted within the last hour, all calls but the last for renewals or secondary resources of a
 * server. It bounds mistakes and nothing else relies on it, so it is not worth an object of its own in the cluster.
 */
interface SeenCalls {
  note(requests: readonly UnsubscriptionRequest[], now: Date): void;
  has(call: string): boolean;
  /** How many of them may have ordered, since a moment. */
  since(moment: number): number;
}

/** What is counted is an hour. What is kept is more: the clouds' clocks, by which all of this goes, need not agree. */
const countedFor = hours(1);
const keptFor = hours(2);

function createSeenCalls(): SeenCalls {
  const calls = new Map<string, { signedAt: number; counts: boolean }>();
  const noteOf = ({ metadata, status }: UnsubscriptionRequest, since: number) => {
    for (const call of status.placements ?? []) {
      const signedAt = new Date(call.signedAt).getTime();
      const name = nameOf(metadata.namespace, metadata.name, call.signedAt);
      if (signedAt > since) calls.set(name, { signedAt, counts: mayHaveOrdered(call) });
    }
  };
  return {
    note: (requests, now) => {
      const since = now.getTime() - keptFor;
      for (const [name, { signedAt }] of calls) if (signedAt <= since) calls.delete(name);
      for (const request of requests) noteOf(request, since);
    },
    has: (call) => calls.has(call),
    since: (moment) => [...calls.values()].filter(({ signedAt, counts }) => counts && signedAt > moment).length,
  };
}

/** A request makes one call at a time, so the second in which it was signed tells its calls apart. */
const nameOf = (namespace: string, request: string, signedAt: string): string => `${namespace}/${request} ${signedAt}`;

/**
 * What was ordered. Calls that certainly had no effect do not count; the open call of the request itself neither, because the
 * next one waits for it anyway.
 */
function usageBesides({ metadata }: UnsubscriptionRequest, sources: BudgetSources, seen: SeenCalls, now: Date) {
  const others = sources.requests().filter((other) => other.metadata.uid !== metadata.uid);
  const since = now.getTime() - countedFor;
  const unknown = sources.unreadableRequests();
  return {
    open: others.flatMap(({ status }) => (status.placements ?? []).filter(isOpen)).length + unknown,
    lastHour: seen.since(since) + remembered(sources, seen, since) + unknown,
  };
}

/** Calls that this process did not see in a journal, as the servers remember them. One call may be for several servers. */
function remembered(sources: BudgetSources, seen: SeenCalls, since: number): number {
  const calls = sources.servers().flatMap(({ metadata, status }) =>
    rememberedCalls(status).flatMap(({ request, state, signedAt }) => {
      if (signedAt === undefined || withoutEffect.includes(state)) return [];
      const name = nameOf(metadata.namespace, request, signedAt);
      return new Date(signedAt).getTime() > since && !seen.has(name) ? [name] : [];
    }),
  );
  return new Set(calls).size;
}

const withoutEffect: readonly string[] = ['Rejected', 'Refused', 'NotSent', 'NotPlaced'] satisfies (
  | Placement['state']
  | 'Refused'
)[];

const mayHaveOrdered = ({ state }: Placement): boolean => !withoutEffect.includes(state);
