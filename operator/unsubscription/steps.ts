import { placementFinalizer } from '../api/names.ts';
import { isFinished } from '../api/objects.ts';
import { sentence } from '../api/sentence.ts';
import type { Placement, Plan, PlannedOrder } from '../api/unsubscriptionrequest.ts';
import { type Milliseconds, minutes, seconds } from '../clock.ts';
import type { Blocker } from './blockers/rule.ts';
import { blockersOf } from './blockers/rules.ts';
import { type Progress, progressOf } from './placement/journal.ts';
import { countedPlan, plannedCalls, planOf } from './plan.ts';
import { followAcceptedOrder, openCall, settleLostAnswer } from './settling/open-calls.ts';
import type { Snapshot } from './snapshot.ts';

/** What one pass does, at most one thing: the next pass looks at the world again. */
export type Decision =
  | { do: 'Rest' }
  | { do: 'ReleaseFinalizer' }
  | { do: 'HoldFinalizer' }
  | { do: 'RecordPlacement'; placement: Placement }
  | { do: 'Place'; order: PlannedOrder; plan: Plan; number: number; attempt: number }
  | { do: 'Finish'; outcome: 'Complete' | 'Failed' }
  | { do: 'Wait'; for: WaitReason; stalled: boolean; message: string; about?: Question };

/** What is asked of a person about a call. */
export interface Question {
  /** The call. */
  call: Placement;
  /** The entry that says from when on they are asked, when that is new. */
  asked?: Placement | undefined;
  /** What they state, when it is not believed. */
  refused?: string | undefined;
}

type WaitReason = 'Blocked' | 'OutcomeUnknown' | 'OrderInProgress' | 'RetryLater';

/** What the decision depends on besides the snapshot. */
export interface Terms {
  /** How long a lost call is watched before it counts as never placed; see `settling/settle.ts`. */
  settleWindow: Milliseconds;
  /** How long an order takes at most to show in the list of orders. */
  orderVisibleWithin: Milliseconds;
  /** For how long after the end of a call's orders what follows it is waited for before a person is asked. */
  endWindow: Milliseconds;
}

type Step = (situation: Situation) => Decision | undefined;

interface Situation {
  snapshot: Snapshot;
  terms: Terms;
  blockers: readonly Blocker[];
  plan: Plan | undefined;
  /** Where each order of the plan stands, by its place in the plan. */
  progress: readonly Progress[];
}

/**
 * The life of a request, in this order: the first step that has something to do decides the pass. Calls that are under
 * way come before everything else, deletion included: from the intent on a call is followed to its end. (A request
 * that a person lets go by force does not come here: `reconcile.ts`.)
 */
export const steps: readonly Step[] = [
  restWhenFinished,
  holdOpenCall,
  settleLostAnswer,
  followAcceptedOrder,
  releaseWhenDeleted,
  finishWhenAllOrdersEnded,
  finishWhenNothingIsLeft,
  waitForBlockers,
  waitBeforeNextAttempt,
  holdFinalizer,
  placeNextOrder,
];

/** Decides, from one look at the world, what this pass does. Pure. */
export function decide(snapshot: Snapshot, terms: Terms): Decision {
  const progress = progressBy(countedPlan(snapshot), snapshot);
  const situation = { snapshot, terms, plan: planOf(snapshot), progress, blockers: blockersOf(snapshot) };
  for (const step of steps) {
    const decision = step(situation);
    if (decision !== undefined) return decision;
  }
  return { do: 'Rest' };
}

/** A request is one-shot. Its finalizer has done its work, so deleting it later needs no operator. */
function restWhenFinished({ snapshot }: Situation): Decision | undefined {
  return isFinished(snapshot.request) ? release(snapshot) : undefined;
}

/** A deleted request is gone the moment it is released: first its servers show what became of them. */
function release({ request, unrecorded }: Snapshot): Decision {
  return holdsFinalizer(request.metadata) && unrecorded.length === 0 ? { do: 'ReleaseFinalizer' } : { do: 'Rest' };
}

/** A call that is under way keeps its request, also when somebody took the finalizer away. */
function holdOpenCall({ snapshot }: Situation): Decision | undefined {
  const { metadata } = snapshot.request;
  if (metadata.deletionTimestamp !== undefined || holdsFinalizer(metadata)) return undefined;
  return openCall(snapshot, () => true) === undefined ? undefined : { do: 'HoldFinalizer' };
}

/** Before the first intent deletion is a cancellation; afterwards it waits for the steps above. */
function releaseWhenDeleted({ snapshot }: Situation): Decision | undefined {
  return snapshot.request.metadata.deletionTimestamp === undefined ? undefined : release(snapshot);
}

function progressBy(plan: Plan | undefined, { request }: Snapshot): Progress[] {
  const journal = request.status.placements ?? [];
  return plan?.orders.map((_, index) => progressOf(journal, index + 1)) ?? [];
}

/**
 * Complete when every order is done; failed when one failed and no other may follow. That holds also when spec does not mean the plan any more, or
 * older definitions have cut it.
 */
function finishWhenAllOrdersEnded({ snapshot }: Situation): Decision | undefined {
  const { request } = snapshot;
  const progress = progressBy(plannedCalls(request), snapshot);
  const failed = progress.some(({ kind }) => kind === 'Failed');
  const remaining = progress.some(({ kind }) => kind !== 'Failed' && kind !== 'Done');
  const stop = failed && request.spec.onFailure !== 'Continue';
  if (progress.length === 0 || (remaining && !stop)) return undefined;
  return { do: 'Finish', outcome: failed ? 'Failed' : 'Complete' };
}

/** A request made again for servers that are gone already, as Git does it, has nothing to order. */
function finishWhenNothingIsLeft({ blockers, progress, snapshot: { servers } }: Situation): Decision | undefined {
  if (progress.some(({ kind }) => kind !== 'Next')) return undefined;
  const gone = new Set(blockers.filter(({ reason }) => reason === 'AlreadyUnsubscribed').map(({ server }) => server));
  return servers.every(({ name }) => gone.has(name)) ? { do: 'Finish', outcome: 'Complete' } : undefined;
}

function waitForBlockers({ blockers }: Situation): Decision | undefined {
  const [first, ...more] = blockers;
  if (first === undefined) return undefined;
  const others = more.length === 0 ? '' : ` And ${more.length} more in status.blockers.`;
  // A deadline does not come back: without a person nothing will ever happen.
  const stalled = blockers.some(({ reason }) => reason === 'DeadlinePassed');
  return { do: 'Wait', for: 'Blocked', stalled, message: `${first.message} ${first.remedy}${others}` };
}

/** An order that certainly had no effect is tried again, later each time. */
function waitBeforeNextAttempt(situation: Situation): Decision | undefined {
  const next = nextOrder(situation);
  if (next?.previous === undefined) return undefined;
  const pause = Math.min(seconds(5) * 2 ** next.previous.attempt, minutes(10));
  const due = new Date(next.previous.signedAt).getTime() + pause;
  if (situation.snapshot.cloudTime.earliest.getTime() >= due) return undefined;
  const why = next.previous.detail ?? next.previous.state;
  return { do: 'Wait', for: 'RetryLater', stalled: false, message: `The order is tried again: ${sentence(why)}` };
}

/** From here on deletion waits for the outcome. */
function holdFinalizer({ snapshot: { request } }: Situation): Decision | undefined {
  return holdsFinalizer(request.metadata) ? undefined : { do: 'HoldFinalizer' };
}

/** One order a pass: the next begins when the one before it has ended. The life goes on in `placement/place.ts`. */
function placeNextOrder(situation: Situation): Decision | undefined {
  const next = nextOrder(situation);
  if (next === undefined || situation.plan === undefined) return undefined;
  const { order, number, attempt } = next;
  return { do: 'Place', order, plan: situation.plan, number, attempt };
}

function nextOrder({ plan, progress }: Situation) {
  const index = progress.findIndex(({ kind }) => kind === 'Next');
  const order = plan?.orders[index];
  const next = progress[index];
  if (order === undefined || next?.kind !== 'Next') return undefined;
  return { order, number: index + 1, attempt: next.attempt, previous: next.previous };
}

const holdsFinalizer = ({ finalizers }: { finalizers?: string[] | undefined }): boolean =>
  finalizers?.includes(placementFinalizer) ?? false;
