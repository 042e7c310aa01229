import type { Metadata, UnsubscriptionRequest } from '../../api/objects.ts';
import { type Clock, type Moment, momentOf, seconds } from '../../clock.ts';
import { leaseMargin } from '../../config.ts';
import type { HuaweiAccount } from '../../huaweicloud/account.ts';
import { assertSameAccount } from '../../inventory/same-account.ts';
import { isSelected } from '../../kubernetes/scope.ts';
import { audit } from '../audit.ts';
import type { RequestContext } from '../context.ts';
import { type Estimate, estimateOf } from '../estimate.ts';
import { observe } from '../observe.ts';
import { foundServers, type Snapshot } from '../snapshot.ts';
import { type Decision, decide } from '../steps.ts';

export type PlaceDecision = Extract<Decision, { do: 'Place' }>;

export type SeenServer = Pick<Metadata, 'uid' | 'generation'>;

/** What a look that clears an order has seen. */
export interface Seen {
  readonly request: UnsubscriptionRequest;
  readonly decision: PlaceDecision;
  readonly account: HuaweiAccount;
  /** Which objects the servers of the request were, and of which spec, by name. */
  readonly servers: ReadonlyMap<string, SeenServer>;
  /** Type of service of what is ordered, by which its order is told from others. */
  readonly serviceType: string | undefined;
  /** What the order would give back, if that can be estimated. */
  readonly estimate: Estimate | undefined;
  /** The cloud's own time at the look, at the earliest. */
  readonly cloudTime: Date;
  /** When the look began, by both clocks: one stands still while the machine sleeps, the other can be set. */
  readonly began: Moment;
}

/**
 * Proof that everything was read live just now and that the order may be placed. Only its type leaves this file, so only
 * `lastLook` makes one; and what is private is not copied, so `{ ...cleared }` is none, whatever else is put in.
 */
class Cleared {
  readonly #seen: Seen;

  constructor(seen: Seen) {
    this.#seen = seen;
  }

  get seen(): Seen {
    return this.#seen;
  }
}

export type { Cleared };

/** The last look either clears the order, or shows what changed since the decision. */
export type LastLook =
  | { kind: 'Cleared'; cleared: Cleared }
  | { kind: 'Changed'; snapshot: Snapshot; decision: Decision }
  | { kind: 'Gone' };

/**
 * Looks at everything afresh, twice, some seconds apart: only when both looks come to the order that was decided is it
 * cleared. What a source left out of one answer, or a machine that is just being made, shows in the other.
 */
export async function lastLook(
  context: RequestContext,
  snapshot: Snapshot,
  decision: PlaceDecision,
  signal: AbortSignal,
): Promise<LastLook> {
  const first = await lookAfresh(context, snapshot, decision, signal);
  if (first.kind !== 'Cleared') return first;
  await context.clock.sleep(context.lookAgainAfter, signal);
  const second = await lookAfresh(context, snapshot, decision, signal);
  if (second.kind !== 'Cleared') return second;
  const [before, now] = [first.cleared.seen, second.cleared.seen];
  if (before.account !== now.account) return { kind: 'Changed', snapshot, decision: accountChanged };
  audit.cleared(context, before, now);
  return second;
}

/** Reads the request, its servers and every source of the cloud past all caches, and decides again. */
async function lookAfresh(
  context: RequestContext,
  decided: Snapshot,
  decision: PlaceDecision,
  signal: AbortSignal,
): Promise<LastLook> {
  const { metadata } = decided.request;
  const began = momentOf(context.clock);
  const live = await context.requests.live(metadata.namespace, metadata.name, signal);
  if (live?.kind !== 'Readable' || live.object.metadata.uid !== metadata.uid) return { kind: 'Gone' };
  // Another installation looks after it now; the cache hears of that, too.
  if (!isSelected(context.scope, live.object.metadata)) return { kind: 'Gone' };
  const options = { since: began.elapsed, servers: 'Live', twins: decision.order.servers } as const;
  const accountBefore = await accountFor(context, decided, decision, signal);
  const snapshot = await observe(context, live.object, options, signal);
  const again = decide(snapshot, context.terms);
  const account = await accountFor(context, snapshot, decision, signal);
  if (again.do !== 'Place' || !isSameOrder(again, decision)) return { kind: 'Changed', snapshot, decision: again };
  // The sources were read with whichever was the servers' meanwhile.
  if (account === undefined || account !== accountBefore)
    return { kind: 'Changed', snapshot, decision: accountChanged };
  await assertSameAccount(account, {}, signal);
  if (snapshot.cloudTime.isGuess) return { kind: 'Changed', snapshot, decision: timeUnknown };
  const doubt = doubtAbout(began, context);
  if (doubt !== undefined) return { kind: 'Changed', snapshot, decision: waitFor[doubt] };
  const serviceType = serviceTypeOf(snapshot, decision);
  const cleared = new Cleared({
    request: live.object,
    decision: again,
    account,
    servers: new Map(foundServers(snapshot).map(({ name, server }) => [name, server.metadata])),
    serviceType,
    estimate: estimateFor(snapshot, decision),
    cloudTime: snapshot.cloudTime.earliest,
    began,
  });
  return { kind: 'Cleared', cleared };
}

/** How old a look may be when the order leaves: what was read longer ago may no longer be so. */
const validFor = seconds(60);

/** Why an order must not leave though everything holds: what was seen is too old, or another process could lead before it ends. */
export type Doubt = 'LookTooOld' | 'LeaseTooShort';

/** Asked before the intent is written, and again when the call's connection stands. Undefined when the order may leave. */
export function doubtAbout(
  began: Moment,
  { clock, leaseLeft, callTimeout }: Pick<RequestContext, 'clock' | 'leaseLeft' | 'callTimeout'>,
): Doubt | undefined {
  if (!isFresh(began, clock)) return 'LookTooOld';
  return leaseLeft() > callTimeout + leaseMargin ? undefined : 'LeaseTooShort';
}

const retryLater = (message: string): Decision => ({ do: 'Wait', for: 'RetryLater', stalled: false, message });

const waitFor: Readonly<Record<Doubt, Decision>> = {
  LookTooOld: retryLater(
    'Looking at everything once more before the order took longer than a minute. It is tried again; if it stays so, the cloud or the network is too slow to order safely.',
  ),
  LeaseTooShort: retryLater(
    'The lease of this operator is too close to its end to order safely. It is tried again; if it stays so, the API server does not take the renewals of the lease in time.',
  ),
};

const accountChanged = retryLater(
  'The credentials of the servers changed at the look before the order, or are not of one account. It is tried again.',
);

const timeUnknown = retryLater(
  "The billing centre's time was not known at the look before the order: the rules that go by it could not be proven. It is tried again; if it stays so, something on the way answers in the cloud's place.",
);

/** Whether a look is still good. A process that was paused, or a source that was slow, makes it worthless. */
export function isFresh(began: Moment, clock: Clock): boolean {
  const elapsed = clock.elapsed() - began.elapsed;
  return elapsed <= validFor && Math.abs(clock.now().getTime() - began.now.getTime()) <= validFor;
}

/** None of an order for a secondary resource. */
function estimateFor(snapshot: Snapshot, { order }: PlaceDecision): Estimate | undefined {
  const estimated = estimateOf(snapshot, ({ server }) => order.resourceIds.includes(server.spec.resourceId));
  return estimated.kind === 'Estimated' ? estimated.estimate : undefined;
}

/**
 * Of what is ordered, by the billing rows. Undefined of a secondary resource, which has a type of its own, and of servers of different
 * types: then an order of any type may be the call's. Exported for its tests.
 */
export function serviceTypeOf(snapshot: Snapshot, { order }: Pick<PlaceDecision, 'order'>): string | undefined {
  const types = order.resourceIds.map((id) => {
    const found = foundServers(snapshot).find(({ server }) => server.spec.resourceId === id);
    const reading = found?.observation.subscription;
    return reading?.kind === 'Read' ? reading.value.serviceTypeCode : undefined;
  });
  const [type, ...others] = new Set(types);
  return others.length === 0 ? type : undefined;
}

const isSameOrder = (a: PlaceDecision, b: PlaceDecision): boolean =>
  a.plan.id === b.plan.id && a.number === b.number && a.attempt === b.attempt;

/** The one account that all servers of the order belong to; undefined when they do not share one. */
async function accountFor(
  { accounts }: RequestContext,
  snapshot: Snapshot,
  { order }: PlaceDecision,
  signal: AbortSignal,
): Promise<HuaweiAccount | undefined> {
  const concerned = foundServers(snapshot).filter(({ name }) => order.servers.includes(name));
  const readings = await Promise.all(concerned.map(({ server }) => accounts.accountOf(server, signal)));
  const opened = new Set(readings.map((reading) => (reading.kind === 'Read' ? reading.value : undefined)));
  const [account, ...others] = opened;
  return others.length === 0 ? account : undefined;
}
