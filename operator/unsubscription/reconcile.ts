import { fitUnsubscriptionRequestStatus, isFinished, type UnsubscriptionRequest } from '../api/objects.ts';
import { unreadableStatus } from '../api/unreadable.ts';
import { isOpen } from '../api/unsubscriptionrequest.ts';
import { type Milliseconds, milliseconds, minutes, seconds } from '../clock.ts';
import type { ReconcileResult } from '../kubernetes/controller.ts';
import { objectKey } from '../kubernetes/objects.ts';
import type { Polls } from '../polls.ts';
import { audit } from './audit.ts';
import { blockersOf } from './blockers/rules.ts';
import type { RequestContext } from './context.ts';
import { releaseByForce } from './forced-release.ts';
import { observe } from './observe.ts';
import { assertKept, withEntry } from './placement/journal.ts';
import type { PlaceDecision } from './placement/last-look.ts';
import { type PlaceResult, place } from './placement/place.ts';
import { happenings, standing } from './report/events.ts';
import { belowGuard } from './report/refund-comparison.ts';
import { type Pass, report } from './report.ts';
import { givesServersBack, type Snapshot } from './snapshot.ts';
import { type Decision, decide } from './steps.ts';

/** One pass over one request: observe, decide (`steps.ts`), act, report. */
export async function reconcileRequest(
  context: RequestContext,
  namespace: string,
  name: string,
  signal: AbortSignal,
): Promise<ReconcileResult> {
  const parsed = context.requests.cached(namespace, name);
  if (parsed === undefined) {
    context.forcedReleases.delete(objectKey(namespace, name));
    await context.tellIfLeft(namespace, name, signal);
    return { kind: 'Done' };
  }
  // Before anything is looked at: what cannot be read may be why the glass was broken.
  const forced = await releaseByForce(context, parsed);
  if (forced !== undefined) return forced;
  if (parsed.kind === 'Unreadable') {
    const { problem } = parsed;
    await context.requests.writeRawStatus(namespace, name, (raw) =>
      unreadableStatus(raw, problem, context.clock.now()),
    );
    return { kind: 'Done' };
  }
  const since = milliseconds(context.clock.elapsed() - context.polls.interval / 2);
  const snapshot = await observe(context, parsed.object, { since, servers: 'Cached' }, signal);
  return act(context, snapshot, decide(snapshot, context.terms), signal);
}

const again: ReconcileResult = { kind: 'RequeueAfter', after: milliseconds(0) };

async function act(
  context: RequestContext,
  snapshot: Snapshot,
  decision: Decision,
  signal: AbortSignal,
): Promise<ReconcileResult> {
  const { request } = snapshot;
  switch (decision.do) {
    case 'Rest':
      // Its end stands; what is told of it may be of an older generation, or of a time when it could not be understood.
      if (isFinished(request)) await write(context, { snapshot, decision, request });
      return { kind: 'Done' };
    case 'ReleaseFinalizer':
      await context.requests.releaseFinalizer(request);
      audit.finalizerReleased(context, request);
      return { kind: 'Done' };
    case 'HoldFinalizer':
      await context.requests.holdFinalizer(request);
      audit.finalizerHeld(context, request);
      return again;
    case 'RecordPlacement': {
      const broughtUp = withPlacement(request, decision.placement);
      const changed = await write(context, { snapshot, decision, request: broughtUp }, request);
      if (changed) audit.broughtUp(context, snapshot, decision.placement);
      return followUp(context, changed);
    }
    case 'Place':
      return placeAndReport(context, snapshot, decision, signal);
    case 'Finish': {
      const changed = await write(context, { snapshot, decision, request });
      if (changed) audit.ended(context, request, decision.outcome);
      return followUp(context, changed);
    }
    case 'Wait': {
      const { about, message } = decision;
      const asked = about?.asked === undefined ? request : withPlacement(request, about.asked);
      const changed = await write(context, { snapshot, decision, request: asked }, request);
      if (changed && about !== undefined) audit.question(context, request, about, message);
      return waitFor(context, snapshot, decision);
    }
  }
}

async function placeAndReport(
  context: RequestContext,
  snapshot: Snapshot,
  decision: PlaceDecision,
  signal: AbortSignal,
): Promise<ReconcileResult> {
  const result = await place(context, snapshot, decision, signal);
  switch (result.kind) {
    case 'Gone':
      audit.refused(context, snapshot.request, decision, 'Gone');
      return { kind: 'Done' };
    case 'Changed':
      return refuse(context, decision, result);
    case 'Attempted':
      await write(context, { snapshot, decision, request: result.request });
      return again;
  }
}

/** Not acted upon from here: a later pass observes and decides anew, unless it is only to be waited for. */
async function refuse(
  context: RequestContext,
  refused: PlaceDecision,
  { snapshot, decision }: Extract<PlaceResult, { kind: 'Changed' }>,
): Promise<ReconcileResult> {
  const { request } = snapshot;
  if (decision.do !== 'Wait') {
    audit.refused(context, request, refused, decision);
    return { kind: 'RequeueAfter', after: seconds(1) };
  }
  const changed = await write(context, { snapshot, decision, request });
  // What is refused again and again for the same reason is told once.
  if (changed) audit.refused(context, request, refused, decision, blockersOf(snapshot));
  return waitFor(context, snapshot, decision);
}

const withPlacement = (request: UnsubscriptionRequest, placement: Parameters<typeof withEntry>[1]) => ({
  ...request,
  status: { ...request.status, placements: withEntry(request.status.placements ?? [], placement) },
});

/**
 * Writes the report of a pass over what is `stored`, and tells people what it changed and what still stands. Gives whether anything did: the
 * status may have no room for what the pass would record.
 */
async function write(
  context: RequestContext,
  pass: Omit<Pass, 'blockers'>,
  stored: UnsubscriptionRequest = pass.request,
): Promise<boolean> {
  const blockers = isFinished(pass.request) ? [] : blockersOf(pass.snapshot);
  const before = pass.snapshot.request.status;
  const status = report({ ...pass, blockers });
  const written = await context.requests.writeStatus(stored, status);
  const changed = written !== stored;
  // Without it, what a pass records would be recorded again for ever, and a person asked what nobody hears.
  if (changed) assertKept(written.status.placements ?? [], fitUnsubscriptionRequestStatus(status).placements ?? []);
  const told = { givesBack: givesServersBack(pass.snapshot), belowGuard: belowGuard(written) };
  const happened = changed ? happenings(before, written.status, told) : [];
  for (const happening of happened) context.announce(written.metadata, happening);
  for (const state of standing(written.status)) context.remind(written.metadata, state);
  return changed;
}

/** What was recorded is gone on from at once; without a change the next pass would come to the same. */
const followUp = ({ polls }: RequestContext, changed: boolean): ReconcileResult =>
  changed ? again : { kind: 'RequeueAfter', after: soon(polls) };

type Wait = Extract<Decision, { do: 'Wait' }>;

const waitFor = ({ polls }: RequestContext, snapshot: Snapshot, wait: Wait): ReconcileResult => ({
  kind: 'RequeueAfter',
  after: pauseFor(wait, snapshot, polls),
});

/**
 * Calls that are under way are looked at more often than blockers, as long as the cloud usually needs: what goes on for longer
 * waits for people, of the cloud for a large refund or here for a statement, and that takes days.
 */
function pauseFor(wait: Wait, snapshot: Snapshot, polls: Polls): Milliseconds {
  const { request, cloudTime } = snapshot;
  if (wait.for === 'Blocked') return untilPoll(snapshot, polls);
  if (wait.for === 'RetryLater') return soon(polls);
  const signed = (request.status.placements ?? []).filter(isOpen).map(({ signedAt }) => new Date(signedAt).getTime());
  return cloudTime.latest.getTime() - Math.max(...signed) > usualProcessing ? untilPoll(snapshot, polls) : soon(polls);
}

/** With the servers that were looked at: they and the request share their readings. */
function untilPoll({ servers }: Snapshot, polls: Polls): Milliseconds {
  const found = servers.flatMap((entry) => (entry.kind === 'Found' ? [entry.observation.nextPollAt] : []));
  return polls.until(found.length === 0 ? polls.next() : milliseconds(Math.min(...found)));
}

/** Orders end within ten minutes as a rule, and a lost call is settled within twenty, or four more by a process that began meanwhile. */
const usualProcessing = minutes(25);

const soon = ({ interval }: Polls): Milliseconds => milliseconds(Math.min(interval, seconds(10)));
