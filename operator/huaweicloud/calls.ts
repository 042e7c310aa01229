import type { z } from 'zod';
import { type Clock, deadline, type Milliseconds, milliseconds, momentOf, type Random } from '../clock.ts';
import { errorOfExchange, isOfTheCloud, parseAnswer } from './answers.ts';
import type { CloudClock } from './cloud-clock.ts';
import type { Credentials, CredentialsProvider } from './credentials.ts';
import type { CredentialsGate } from './credentials-gate.ts';
import type { Endpoints, Service } from './endpoints.ts';
import { CloudError } from './errors.ts';
import type { ReadOf } from './permissions.ts';
import type { ObserveRequest } from './request-metrics.ts';
import { type Deadlines, withRetries } from './retries.ts';
import { type Query, type SignedRequest, signRequest } from './signing.ts';
import type { Road, Traffic } from './traffic.ts';
import type { Exchange, ExchangeOptions, Transport, WireRequest } from './transport.ts';

/** What every call of one account shares. */
export interface CallContext {
  readonly credentials: CredentialsProvider;
  readonly gate: CredentialsGate;
  readonly endpoints: Endpoints;
  readonly transport: Transport;
  readonly cloudClock: CloudClock;
  readonly clock: Clock;
  readonly random: Random;
  readonly observe: ObserveRequest;
  readonly deadlines: Deadlines;
  readonly traffic: Traffic;
}

/** What a service's calls are bound to: the header that says so, and its id. `undefined`: bound to nothing (IAM). */
export interface Scope {
  readonly header: 'x-project-id' | 'x-domain-id';
  readonly id: (signal?: AbortSignal) => Promise<string>;
}

/** One read of a service, as its file describes it. */
export interface Read<Of extends Service, Parsed> {
  /** The operation's name in the vendor's API reference. It is in the table of permissions. */
  readonly operation: ReadOf<Of>;
  /** Segments of the path, from the id of the scope. */
  readonly path: (scopeId: string) => readonly string[];
  readonly query?: Query;
  /** Sent as JSON by POST: some reads are. Without it the method is GET. */
  readonly body?: object;
  readonly headers?: Readonly<Record<string, string>>;
  /** What the answer must look like, and what becomes of it. */
  readonly schema: z.ZodType<Parsed>;
}

/** Reads from one service. */
export interface ServiceReader<Of extends Service> {
  /**
   * Signs, sends and parses one read, with retries. Throws a `CloudError`, or the signal's reason when it was aborted.
   * Only idempotent calls may come through here.
   */
  readonly read: <Parsed>(call: Read<Of, Parsed>, signal?: AbortSignal) => Promise<Parsed>;
}

/** Makes the reader of one service, its calls bound to `scope`. */
export function readerOf<Of extends Service>(
  context: CallContext,
  service: Of,
  scope: Scope | undefined,
): ServiceReader<Of> {
  function sign<Parsed>(call: Read<Of, Parsed>, scopeId: string | undefined, credentials: Credentials): SignedRequest {
    const origin = context.endpoints[service];
    return signRequest(
      {
        method: call.body === undefined ? 'GET' : 'POST',
        origin,
        path: call.path(scopeId ?? ''),
        headers: { ...call.headers, ...(scope && scopeId ? { [scope.header]: scopeId } : {}) },
        ...(call.query === undefined ? {} : { query: call.query }),
        ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
      },
      credentials,
      context.cloudClock.now(origin).at,
    );
  }

  async function attempt<Parsed>(
    call: Read<Of, Parsed>,
    scopeId: string | undefined,
    road: Road,
    limit: Milliseconds,
    signal?: AbortSignal,
  ): Promise<Parsed> {
    const credentials = await context.credentials(signal);
    const request = sign(call, scopeId, credentials);
    const operation = `${service}.${call.operation}`;
    const options: ExchangeOptions = { signal: deadline(context.clock, limit, signal), connection: 'Pooled' };
    road.enter();
    const exchange = await exchangeOnce(context, { service, operation: call.operation }, request, options);
    const error = errorOfExchange(exchange, operation, credentials);
    road.recordRead(exchange, error, signal?.aborted === true);
    if (exchange.kind !== 'Answered') {
      throw new CloudError({ class: 'Unreachable', code: 'Unreachable', operation, message: exchange.message });
    }
    if (error !== undefined) throw error;
    return parseAnswer(call.schema, exchange.answer, operation);
  }
  return {
    async read(call, signal) {
      // Outside of the gate: a look-up is a call of its own, and a gate that is being tried lets only one through.
      const scopeId = await scope?.id(signal);
      const road = context.traffic({ service, operation: call.operation, origin: context.endpoints[service] });
      const surroundings = { ...context, turn: road.turn, isStuck: road.isStuck };
      return await context.gate.pass(() =>
        withRetries((limit) => attempt(call, scopeId, road, limit, signal), surroundings, signal),
      );
    },
  };
}

/** Sends a request once, learns the cloud's time from the answer, and takes note of the outcome. Never rejects. */
export async function exchangeOnce(
  context: Pick<CallContext, 'transport' | 'cloudClock' | 'clock' | 'observe'>,
  name: { readonly service: string; readonly operation: string },
  request: WireRequest,
  options: ExchangeOptions,
): Promise<Exchange> {
  const sent = momentOf(context.clock);
  const exchange = await context.transport.exchange(request, options);
  const received = context.clock.elapsed();
  if (exchange.kind === 'Answered') {
    const { answer } = exchange;
    const told = { date: answer.headers.date, isOfTheCloud: isOfTheCloud(answer) };
    context.cloudClock.learn(request.origin, told, sent, received);
  }
  const code = exchange.kind === 'Answered' ? String(exchange.answer.status) : exchange.kind;
  context.observe({ ...name, code, duration: milliseconds(received - sent.elapsed) });
  return exchange;
}
