import { isDeepStrictEqual } from 'node:util';
import type { Metadata, UnsubscriptionRequest } from '../api/objects.ts';
import { sentence } from '../api/sentence.ts';
import { isOpen, type Placement } from '../api/unsubscriptionrequest.ts';
import { isSameJson } from '../kubernetes/same-json.ts';
import type { Logger } from '../telemetry/log.ts';
import { type Audited, type AuditFields, auditLines } from './audit-lines.ts';
import type { Blocker } from './blockers/rule.ts';
import type { Written } from './placement/intent.ts';
import { placementId } from './placement/journal.ts';
import type { PlaceDecision, Seen } from './placement/last-look.ts';
import { statementOn } from './settling/statement.ts';
import type { PlacementEvidence, Reading, Snapshot } from './snapshot.ts';
import type { Decision, Question } from './steps.ts';

/** Where it is told. */
interface Told {
  log: Logger;
}

/** What a line is about. */
interface Request {
  metadata: Pick<Metadata, 'namespace' | 'name' | 'uid' | 'annotations'>;
}

function write<Kind extends Audited>({ log }: Told, audit: Kind, fields: AuditFields<Kind>): void {
  const { level, words } = auditLines[audit];
  const line: object = { audit, ...fields };
  kept(log)[level](line, words);
}

/** Whoever wants less of the log with `--log-level` still has what was ordered. */
const kept = (log: Logger): Logger => (log.isLevelEnabled('fatal') ? log.child({}, { level: 'info' }) : log);

const about = ({ metadata: { namespace, name, uid } }: Request) => ({ request: `${namespace}/${name}`, uid });

const aboutCall = (request: Request, { id }: Placement) => ({ ...about(request), call: id });

const aboutOrder = (request: Request, placement: Placement) => {
  const { plan, servers, resourceIds } = placement;
  return { ...aboutCall(request, placement), plan, servers, resourceIds };
};

const aboutDecision = (request: Request, { order, plan, number, attempt }: PlaceDecision) => ({
  ...about(request),
  call: placementId(number, attempt),
  plan: plan.id,
  servers: order.servers,
  resourceIds: order.resourceIds,
});

function cleared(told: Told, first: Seen, second: Seen): void {
  write(told, 'Cleared', {
    ...aboutDecision(second.request, second.decision),
    firstLook: first.began.now.toISOString(),
    secondLook: second.began.now.toISOString(),
    cloudTime: second.cloudTime.toISOString(),
  });
}

/** Of a decision to place that is not acted upon: what is done instead, and what blocks by now. */
function refused(
  told: Told,
  request: Request,
  decided: PlaceDecision,
  instead: Decision | 'Gone',
  blockers: readonly Blocker[] = [],
): void {
  write(told, 'Refused', {
    ...aboutDecision(request, decided),
    ...whyRefused(instead),
    blockers: blockers.map(({ condition, reason, server }) => `${condition}/${reason} ${server}`.trim()),
  });
}

function whyRefused(instead: Decision | 'Gone'): Pick<AuditFields<'Refused'>, 'reason' | 'detail'> {
  if (instead === 'Gone') return { reason: 'Gone', detail: 'There is nobody left to order for.' };
  if (instead.do === 'Wait') return { reason: instead.for, detail: instead.message };
  return { reason: 'DecidedOtherwise', detail: `The last look decided ${instead.do}.` };
}

/** Of a conflict: somebody knows more. Or of an answer that was lost: then what the journal says is read back. */
function intentNotRecorded(
  told: Told,
  { request, decision }: Pick<Seen, 'request' | 'decision'>,
  error: unknown,
): void {
  const detail = sentence(error instanceof Error ? error.message : String(error));
  write(told, 'IntentNotRecorded', { ...aboutDecision(request, decision), detail });
}

function intentRecorded(told: Told, { request, placement }: Written): void {
  const { signedAt, holder, account, estimate } = placement;
  const { scope } = request.spec;
  write(told, 'IntentRecorded', { ...aboutOrder(request, placement), scope, signedAt, holder, account, estimate });
}

/** Before the connection is made: a log that holds the process up is noticed by what is asked when it stands. */
function sending(told: Told, { request, placement }: Written): void {
  write(told, 'Sending', { ...aboutOrder(request, placement), signedAt: placement.signedAt });
}

function outcome(told: Told, request: Request, placement: Placement): void {
  const { signedAt, state, detail, code, mayRetry, orders = [] } = placement;
  write(told, 'Outcome', { ...aboutOrder(request, placement), signedAt, state, detail, code, mayRetry, orders });
}

function outcomeWritten(told: Told, request: Request, placement: Placement): void {
  write(told, 'OutcomeWritten', { ...aboutCall(request, placement), state: placement.state });
}

/** Of an outcome that is not written, because of what stands there: the same, whose answer was lost, or what another process read back. */
function outcomeStood(told: Told, request: Request, placement: Placement, known: Placement): void {
  if (isDeepStrictEqual(known, placement)) {
    outcomeWritten(told, request, placement);
    return;
  }
  const { state } = placement;
  write(told, 'OutcomeLate', { ...aboutCall(request, placement), state, journal: known.state });
}

function requestGone(told: Told, request: Request, placement: Placement): void {
  write(told, 'RequestGone', { ...aboutCall(request, placement), placement });
}

function machinesAppeared(
  told: Told,
  request: Request,
  { number, attempt }: PlaceDecision,
  found: { server: string; machines: string[] },
): void {
  write(told, 'MachinesAppeared', { ...about(request), call: placementId(number, attempt), ...found });
}

function cannotLookAgain(
  told: Told,
  request: Request,
  { number, attempt }: PlaceDecision,
  found: { server: string; detail: string },
): void {
  write(told, 'CannotLookAgain', { ...about(request), call: placementId(number, attempt), ...found });
}

function ended(
  told: Told,
  request: Request & Pick<UnsubscriptionRequest, 'status'>,
  outcome: 'Complete' | 'Failed',
): void {
  const journal = request.status.placements ?? [];
  const calls = journal.map(({ id, result, state }) => `${id} ${result ?? state}`);
  write(told, 'Ended', { ...about(request), outcome, calls });
}

/** Of an entry that was brought up to what the cloud shows: it was settled, its orders went on, or it has come to its end. */
function broughtUp(told: Told, { request, evidence }: Snapshot, now: Placement): void {
  const before = request.status.placements?.find(({ id }) => id === now.id);
  const { signedAt, state, detail, resourceIds, failed, orders = [], result, estimate } = now;
  const statement = statementOn(request, now);
  const call = aboutCall(request, now);
  if (before?.state !== state) {
    const seen = inShort(evidence.get(now.id));
    if (seen !== undefined)
      write(told, 'Settled', { ...call, signedAt, state, detail, orders, evidence: seen, statement });
  } else if (!isSameJson(before.orders ?? [], orders)) {
    write(told, 'Followed', { ...call, orders });
  }
  if (result !== undefined && before?.result !== result)
    write(told, 'Confirmed', { ...call, result, resourceIds, failed, orders, estimate, statement });
}

/**
 * Of a call that reading cannot settle: that a person is asked from now on, or that what they state is not believed. Once, not with
 * every other change of the status, of which `request` has the one before.
 */
function question(
  told: Told,
  request: Pick<UnsubscriptionRequest, 'metadata' | 'status'>,
  { call, asked, refused }: Question,
  detail: string,
): void {
  const { conditions = [] } = request.status;
  if (conditions.some(({ type, message }) => type === 'Ready' && message === sentence(detail))) return;
  if (asked !== undefined) write(told, 'Asked', { ...aboutCall(request, call), detail });
  if (refused !== undefined)
    write(told, 'StatementRefused', { ...aboutCall(request, call), statement: refused, detail });
}

function inShort(reading: Reading<PlacementEvidence> | undefined) {
  if (reading?.kind !== 'Read') return undefined;
  const { cloudTime, rows, unclaimedOrders, billedOrders, billedElsewhere } = reading.value;
  return {
    cloudTime: cloudTime.toISOString(),
    rows: Object.fromEntries(rows),
    unclaimedOrders: unclaimedOrders.map(({ orderId, state }) => ({ orderId, state })),
    billedOrders: [...billedOrders],
    billedElsewhere: [...billedElsewhere],
  };
}

const finalizerHeld = (told: Told, request: Request): void => write(told, 'FinalizerHeld', about(request));

const finalizerReleased = (told: Told, request: Request): void => write(told, 'FinalizerReleased', about(request));

/** The journal is undefined when the request could not be understood. */
function releasedByForce(
  told: Told,
  request: Request,
  reason: string,
  journal: readonly Placement[] | undefined,
): void {
  const openCalls = journal?.filter(isOpen).map(({ id, state }) => `${id} ${state}`);
  write(told, 'ReleasedByForce', { ...about(request), reason, openCalls });
}

/**
 * The trail of each placement in the log, a line for each thing that happened: who asks months later what was ordered, when and
 * by which evidence, finds it there without the objects. Called once the thing is certain; what changes nothing writes nothing.
 */
export const audit = {
  cleared,
  refused,
  intentNotRecorded,
  intentRecorded,
  sending,
  outcome,
  outcomeWritten,
  outcomeStood,
  requestGone,
  machinesAppeared,
  cannotLookAgain,
  question,
  broughtUp,
  ended,
  finalizerHeld,
  finalizerReleased,
  releasedByForce,
} as const;
