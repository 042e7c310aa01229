import type { UnsubscriptionRequest } from '../../api/objects.ts';
import type { Placement } from '../../api/unsubscriptionrequest.ts';
import { rangeOf } from '../../huaweicloud/cloud-clock.ts';
import { audit } from '../audit.ts';
import type { RequestContext } from '../context.ts';
import { stateOfCall } from '../report/events.ts';
import { isHalted, type Snapshot } from '../snapshot.ts';
import type { Decision } from '../steps.ts';
import { type RecordedIntent, recordIntent } from './intent.ts';
import {
  type Cleared,
  type Doubt,
  doubtAbout,
  type LastLook,
  lastLook,
  type PlaceDecision,
  type Seen,
} from './last-look.ts';
import { lookForLateMachines } from './late-machines.ts';
import { recordOutcome } from './record-outcome.ts';
import { send } from './send.ts';
import { whyNoLongerCleared } from './still-cleared.ts';

/** An order was attempted, and the journal says how; or the last look showed that it must not be. */
export type PlaceResult =
  | { kind: 'Attempted'; request: UnsubscriptionRequest }
  | Exclude<LastLook, { kind: 'Cleared' }>;

/** Places one order: a last look at everything, the intent written, all that people change read once more, one call, its outcome written. */
export async function place(
  context: RequestContext,
  snapshot: Snapshot,
  decision: PlaceDecision,
  signal: AbortSignal,
): Promise<PlaceResult> {
  const look = await lastLook(context, snapshot, decision, signal);
  if (look.kind !== 'Cleared') return look;
  if (await isHaltedByNow(context, signal)) return { kind: 'Changed', snapshot, decision: halted };
  const intent = await recordWithinBudget(context, look.cleared, signal);
  if (intent === undefined) return { kind: 'Changed', snapshot, decision: overBudget };
  audit.intentRecorded(context, intent.written);
  context.announce(intent.written.request.metadata, stateOfCall(intent.written.placement));
  const placement = await sendIfStillCleared(context, intent, look.cleared.seen, signal);
  audit.outcome(context, intent.written.request, placement);
  const mayStand = placement.state === 'Accepted' || placement.state === 'Unknown';
  // Beside the write: the API server may be away for a minute in which support could still save the machines.
  const late = mayStand ? lookForLateMachines(context, snapshot, decision, signal) : undefined;
  try {
    const request = await recordOutcome({ ...context, requests: context.outcomes }, intent.written, placement);
    return { kind: 'Attempted', request };
  } finally {
    await late;
  }
}

/** The call of a recorded intent leaves only while nobody has changed or halted anything since, the last look is still good, and the deadline not there. */
async function sendIfStillCleared(
  context: RequestContext,
  intent: RecordedIntent,
  seen: Seen,
  signal: AbortSignal,
): Promise<Placement> {
  const change = await whyNoLongerCleared(context, intent.written, seen, signal);
  if (change !== undefined) return { ...intent.written.placement, state: 'NotSent', detail: change };
  const holdBack = () => {
    const doubt = doubtAbout(seen.began, context);
    if (doubt !== undefined) return details[doubt];
    return whyTooLate(seen);
  };
  audit.sending(context, intent.written);
  return send(intent, { deadline: context.callTimeout, holdBack });
}

/** By the billing centre's time. That was known when the call was signed, and an answer since may have made it a guess. */
function whyTooLate({ request: { spec }, account }: Seen): string | undefined {
  if (spec.deadline === undefined) return undefined;
  const time = account.billingTime();
  const range = rangeOf(time);
  if (range === undefined)
    return "The billing centre's time was not known any more when the call was about to be sent, and the request has a deadline.";
  const left = new Date(spec.deadline).getTime() - range.latest.getTime();
  if (left <= 0) return 'The deadline of the request had come when the call was about to be sent.';
  if (left > time.asleep) return undefined;
  return `The deadline of the request may have come when the call was about to be sent: this machine seems to have slept for ${Math.round(time.asleep / 1_000)} s, or its clock was set.`;
}

/** Somebody may have halted the operator while the last look went on. */
const isHaltedByNow = async ({ haltSwitch, clock }: RequestContext, signal: AbortSignal): Promise<boolean> =>
  isHalted(await haltSwitch.read(clock.elapsed(), signal));

/** Passes run side by side: what was room for one order a moment ago may be another's by now. */
async function recordWithinBudget(
  context: RequestContext,
  cleared: Cleared,
  signal: AbortSignal,
): Promise<RecordedIntent | undefined> {
  const giveBack = context.budget.take(cleared.seen.request, cleared.seen.cloudTime);
  if (giveBack === undefined) return undefined;
  try {
    return await recordIntent(context, cleared, signal);
  } catch (error) {
    audit.intentNotRecorded(context, cleared.seen, error);
    throw error;
  } finally {
    giveBack();
  }
}

const halted: Decision = {
  do: 'Wait',
  for: 'RetryLater',
  stalled: false,
  message: 'The operator was halted, or it cannot be read whether it is, when the order was about to leave.',
};

const overBudget: Decision = {
  do: 'Wait',
  for: 'RetryLater',
  stalled: false,
  message: 'Another order has just taken the last room in the budget. It is tried again.',
};

const details: Readonly<Record<Doubt, string>> = {
  LookTooOld: 'The last look was too old when the call was about to be sent: the process was held up.',
  LeaseTooShort: 'The lease was too close to its end when the call was about to be sent: another process could lead.',
};
