import { randomUUID } from 'node:crypto';
import { type Clock, milliseconds } from '../../operator/clock.ts';
import { type Answer, flatError, gatewayError, Refusal } from './answers.ts';
import type { Caller } from './authentication.ts';
import type { FaultEffect, Faults } from './faults.ts';
import { type Gateway, throttled } from './gateway.ts';
import type { Call, Match, Operation, router } from './operations.ts';
import type { Settings } from './settings.ts';
import type { ReceivedRequest } from './signature.ts';
import { settle } from './world/settle.ts';
import type { World } from './world/world.ts';

/** What goes back on the connection: an answer (also a damaged one), a reset, or nothing ever. */
export type Outcome =
  | { readonly kind: 'answer' | 'malformed' | 'truncated'; readonly answer: Answer; readonly requestId: string }
  | { readonly kind: 'reset' | 'silence' };

/** Calls by operation and by how they ended: a status, "reset" or "silence". */
export type CallCounts = Record<string, Record<string, number>>;

export interface Parts {
  readonly world: World;
  readonly settings: Settings;
  readonly clock: Clock;
  readonly route: ReturnType<typeof router>;
  readonly gateway: Gateway;
  readonly faults: Faults;
  readonly counts: CallCounts;
  /** Aborted when the cloud stops, which ends the delays. */
  readonly stopping: AbortSignal;
}

/** Takes one request through gateway, faults and service. */
export async function dispatch(parts: Parts, request: ReceivedRequest): Promise<Outcome> {
  const requestId = randomUUID().replaceAll('-', '');
  const match = parts.route(request.method, request.path);
  if (match === undefined) {
    const message = 'The API does not exist or has not been published in the environment';
    return count(parts, 'unknown', answered(gatewayError(404, 'APIGW.0101', message, requestId), requestId));
  }
  const admission = parts.gateway(request, match, requestId);
  const outcome =
    'refused' in admission
      ? answered(admission.refused, requestId)
      : await serve(parts, request, match, admission.caller, requestId);
  return count(parts, match.operation.name, outcome);
}

const answered = (answer: Answer, requestId: string): Outcome => ({ kind: 'answer', answer, requestId });

function count(parts: Parts, operation: string, outcome: Outcome): Outcome {
  const ending = 'answer' in outcome ? String(outcome.answer.status) : outcome.kind;
  parts.counts[operation] ??= {};
  const endings = parts.counts[operation];
  endings[ending] = (endings[ending] ?? 0) + 1;
  return outcome;
}

async function serve(
  parts: Parts,
  request: ReceivedRequest,
  match: Match,
  caller: Caller | undefined,
  requestId: string,
): Promise<Outcome> {
  const { operation } = match;
  const { delay, effect, staleView } = parts.faults.take(operation.name);
  if (delay > 0) await parts.clock.sleep(milliseconds(delay), parts.stopping);
  const instead = effect === undefined ? undefined : insteadOfEffect(effect, requestId);
  if (instead !== undefined) return instead;
  settle(parts.world, parts.clock.now(), parts.settings);
  const live = { world: parts.world, now: parts.clock.now() };
  const view = operation.writes === true ? live : (staleView?.() ?? live);
  const call: Call = {
    ...view,
    settings: parts.settings,
    path: match.path,
    query: new URLSearchParams(request.query),
    headers: request.headers,
    body: json(request.body),
    requestId,
  };
  const first = perform(operation, call, caller);
  const answer = effect?.kind === 'handedOverTwice' ? perform(operation, call, caller) : first;
  if (operation.writes === true) parts.faults.worldChanged();
  return effect === undefined ? answered(answer, requestId) : afterEffect(effect, answer, requestId);
}

function json(body: Buffer): unknown {
  try {
    return body.length === 0 ? undefined : JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}

function perform(operation: Operation, call: Call, caller: Caller | undefined): Answer {
  try {
    if (operation.access === 'public') return operation.answer({ ...call, ...caller });
    if (caller === undefined) throw new Error(`${operation.name} was let through without a caller`);
    return operation.answer({ ...call, ...caller });
  } catch (error) {
    if (error instanceof Refusal) return error.answer;
    throw error;
  }
}

/** What a fault does in place of the effect, or undefined when the effect takes place. */
function insteadOfEffect(effect: FaultEffect, requestId: string): Outcome | undefined {
  switch (effect.kind) {
    case 'throttled':
      return answered(throttled(10, requestId), requestId);
    case 'answer':
      return answered({ status: effect.status, body: effect.body }, requestId);
    case 'errorInsideSuccess':
      return answered(flatError(200, effect.code, effect.message), requestId);
    case 'serverError':
      return effect.when === 'before' ? answered(serverError(effect), requestId) : undefined;
    case 'reset':
      return effect.when === 'before' ? { kind: 'reset' } : undefined;
    default:
      return undefined;
  }
}

const serverError = ({ status, code }: { status: number; code: string }): Answer =>
  flatError(status, code, 'Other error.');

/** What a fault makes of the answer when the effect has taken place. */
function afterEffect(effect: FaultEffect, answer: Answer, requestId: string): Outcome {
  switch (effect.kind) {
    case 'reset':
      return { kind: 'reset' };
    case 'lostAnswer':
      return { kind: 'silence' };
    case 'serverError':
      return answered(serverError(effect), requestId);
    case 'malformed':
    case 'truncated':
      return { kind: effect.kind, answer, requestId };
    case 'missingPage':
      return answered(withoutEntries(answer), requestId);
    default:
      return answered(answer, requestId);
  }
}

/** The same list answer with its entries and its pointer to the next page gone. */
function withoutEntries(answer: Answer): Answer {
  if (typeof answer.body !== 'object' || answer.body === null) return answer;
  const entries = Object.entries(answer.body).map(([name, value]) => {
    if (Array.isArray(value)) return [name, []];
    return name === 'pageInfo' ? [name, { currentCount: 0 }] : [name, value];
  });
  return { ...answer, body: Object.fromEntries(entries) };
}
