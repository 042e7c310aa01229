import { type Clock, deadline, type Milliseconds } from '../../clock.ts';
import { errorOf, errorOfExchange } from '../answers.ts';
import { exchangeOnce } from '../calls.ts';
import type { CloudClock } from '../cloud-clock.ts';
import { type Credentials, CredentialsError } from '../credentials.ts';
import { CloudError } from '../errors.ts';
import type { ObserveRequest } from '../request-metrics.ts';
import type { Traffic } from '../traffic.ts';
import type { Answer, Transport, WireRequest } from '../transport.ts';

/** What asking for credentials needs from outside. */
export interface Surroundings {
  /** To IAM and STS, over whatever proxy there is. */
  readonly transport: Transport;
  /** To what is on the node itself: never over a proxy, which would ask its own node. */
  readonly direct: Transport;
  /** Where IAM, STS and the metadata service of the node are. */
  readonly endpoints: { readonly iam: string; readonly sts: string; readonly metadata: string };
  readonly clock: Clock;
  readonly cloudClock: CloudClock;
  readonly observe: ObserveRequest;
  /** The rates and circuits that calls to IAM and STS go by, as all others do. */
  readonly traffic: Traffic;
}

/** One call that gets credentials or a step on the way to them. */
export interface Question {
  readonly service: 'iam' | 'sts' | 'metadata' | 'podIdentity';
  /** The operation's name in the vendor's API reference. */
  readonly operation: string;
  readonly request: WireRequest;
  /** What it carries that must not come back in an error. */
  readonly secret: Credentials;
  /** How long it may take. */
  readonly limit: Milliseconds;
  /** What a person can do when it is refused. */
  readonly remedy: string;
}

/**
 * Sends a question once and gives the answer, whatever its status. Throws a `CloudError` when none came, or when the endpoint is
 * left alone. What is on the node itself answers to nobody else, and is only asked ever more rarely.
 */
export async function ask(surroundings: Surroundings, question: Question, signal: AbortSignal): Promise<Answer> {
  const { service, operation, request, limit, secret } = question;
  const { transport, direct, clock, traffic } = surroundings;
  const isNear = service === 'metadata' || service === 'podIdentity';
  const road = isNear ? undefined : traffic({ service, operation, origin: request.origin });
  await road?.turn(signal);
  road?.enter();
  const exchange = await exchangeOnce(
    { ...surroundings, transport: isNear ? direct : transport },
    { service, operation },
    request,
    { signal: deadline(clock, limit, signal), connection: 'Pooled' },
  );
  road?.recordRead(exchange, errorOfExchange(exchange, `${service}.${operation}`, secret), false);
  if (exchange.kind === 'Answered') return exchange.answer;
  const facts = { class: 'Unreachable', code: 'Unreachable', operation: `${service}.${operation}` } as const;
  throw new CloudError({ ...facts, message: exchange.message });
}

/** Like `ask`, for a success. Throws a `CredentialsError` for a refusal, which only a person can change. */
export async function askForSuccess(
  surroundings: Surroundings,
  question: Question,
  signal: AbortSignal,
): Promise<Answer> {
  const answer = await ask(surroundings, question, signal);
  throwIfFailed(question, answer);
  return answer;
}

/** Throws for anything but a success. */
export function throwIfFailed({ service, operation, secret, remedy }: Question, answer: Answer): void {
  const error = errorOf(answer, `${service}.${operation}`, secret);
  if (error === undefined) return;
  throw isRefusal(error) ? new CredentialsError(`No credentials were given: ${error.message}.`, remedy) : error;
}

/** A signature that is too old is none: the answer told the right time. */
function isRefusal({ httpStatus = 0, code }: CloudError): boolean {
  return httpStatus >= 400 && httpStatus < 500 && httpStatus !== 408 && httpStatus !== 429 && code !== 'APIGW.0303';
}

/** A request that carries its secret, if it has one, in itself: nobody signs it. */
export function unsigned(
  method: WireRequest['method'],
  url: string,
  { headers = {}, body }: { headers?: Readonly<Record<string, string>>; body?: object } = {},
): WireRequest {
  const { origin, host, pathname, search } = new URL(url);
  const content: Record<string, string> =
    body === undefined ? {} : { 'content-type': 'application/json;charset=UTF-8' };
  return {
    method,
    origin,
    target: `${pathname}${search}`,
    headers: { ...content, ...headers, host },
    body: Buffer.from(body === undefined ? '' : JSON.stringify(body), 'utf8'),
  };
}

/** A secret in the form in which errors are kept free of it. */
export const hiding = (secret: string): Credentials => ({ accessKey: '', secretKey: () => secret });
