import type { OutgoingHttpHeaders } from 'node:http';
import { type Clock, type Milliseconds, milliseconds, seconds } from '../clock.ts';
import type { Logger } from '../telemetry/log.ts';
import { createConnectionPool, type ExchangeKind } from './connection-pool.ts';
import { type Credentials, createCredentialSource } from './credentials.ts';
import { errorFromAnswer, KubernetesError } from './errors.ts';
import { type Answer, brokenOff, type Message, NotAdmittedError, type Progress, readText } from './exchange.ts';
import { type KubeConfig, serverOf } from './kubeconfig.ts';
import { splitLines } from './lines.ts';
import type { RestClientMetrics } from './metrics/rest-client.ts';
import { startTimeLimit, type TimeLimit } from './time-limit.ts';

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
export type Query = Readonly<Record<string, string | number | boolean | undefined>>;

export interface RequestOptions {
  query?: Query | undefined;
  /** Sent as JSON. */
  body?: unknown;
  /** `application/json` unless said otherwise. */
  contentType?: string | undefined;
  /** The caller's own wish to stop: the call then rejects with this signal's reason. */
  signal?: AbortSignal | undefined;
  /** For the whole exchange, 15 s unless said otherwise. */
  timeout?: Milliseconds | undefined;
  /**
   * Asked again in the moment in which the request leaves, after it waited for a connection: throws when it must not, and the
   * call rejects with what it throws.
   */
  admit?: (() => void) | undefined;
}

/** The way to one API server. Every call has a deadline and rejects with a KubernetesError. */
export interface Connection {
  /** `host:port`, as metrics name it. */
  readonly host: string;
  /** Gives the JSON of the answer. */
  request(method: Method, path: string, options?: RequestOptions): Promise<unknown>;
  /**
   * Gives the lines of an answer as they come, and before them an empty one as soon as the answer begins. Only its
   * beginning has a deadline: the caller ends it by `signal`.
   */
  stream(path: string, query: Query, signal: AbortSignal): AsyncIterable<string>;
  /** Cuts everything that is under way, and refuses what comes later. */
  close(): void;
}

export interface ConnectOptions {
  kubeConfig: KubeConfig;
  userAgent: string;
  log: Logger;
  metrics: RestClientMetrics;
  clock: Clock;
}

const defaultTimeout = seconds(15);
export const streamOpensWithin = seconds(30);

/** One request on its way: what is asked, what ends it, and how far it came. */
interface Call {
  readonly method: Method;
  readonly target: string;
  readonly options: RequestOptions;
  readonly kind: ExchangeKind;
  readonly limit: TimeLimit;
  readonly progress: Progress;
}

/** A connection with one pool of kept-alive TLS connections. Connects when first used. */
export function connect({ kubeConfig, userAgent, log, metrics, clock }: ConnectOptions): Connection {
  const server = serverOf(kubeConfig);
  const onConnection = () => metrics.connectionOpened(server.host);
  const pool = createConnectionPool({ server, clock, onConnection });
  const credentials = createCredentialSource(kubeConfig, clock, log);
  let closed = false;

  const send = async ({ method, target, options, kind, limit, progress }: Call): Promise<Answer> => {
    const granted = await credentials.current();
    // Asked after the wait: nothing may be opened that nobody closes any more.
    if (closed) throw new Error('the connection was closed by its owner');
    const body = options.body === undefined ? undefined : JSON.stringify(options.body);
    const headers = { ...authHeaders(granted), ...contentHeaders(body, options.contentType), 'user-agent': userAgent };
    const message: Message = { method, path: target, headers, body, signal: limit.signal, admit: options.admit };
    return await pool.exchange(message, granted, kind, progress);
  };

  const measured = async (call: Call): Promise<Answer> => {
    const started = clock.elapsed();
    let code: number | undefined;
    try {
      const answer = await send(call);
      code = answer.status;
      return answer;
    } finally {
      const took = milliseconds(clock.elapsed() - started);
      metrics.requested({ method: call.method, host: server.host, code, took });
    }
  };

  /** Sends a request and gives its answer when that is a success. */
  const open = async (call: Call): Promise<Answer> => {
    const answer = await measured(call);
    if (isSuccess(answer)) return answer;
    if (answer.status === 401) credentials.invalidate();
    throw await refusal(answer, clock.now());
  };

  const start = (kind: Call['kind'], method: Method, path: string, options: RequestOptions): Call => ({
    method,
    target: targetOf(server, path, options.query),
    options,
    kind,
    limit: startTimeLimit(clock, options.timeout ?? defaultTimeout, options.signal),
    progress: { sent: false },
  });

  return {
    host: server.host,
    request: async (method, path, options = {}) => {
      const call = start('Request', method, path, options);
      using _ = call.limit;
      try {
        return parseJson(await readText(await open(call)));
      } catch (error) {
        throw explain(error, call);
      }
    },
    stream: async function* (path, query, signal) {
      const call = start('Stream', 'GET', path, { query, signal, timeout: streamOpensWithin });
      using limit = call.limit;
      try {
        const answer = await open(call);
        limit.lift();
        yield '';
        yield* splitLines(answer.body);
        if (!answer.isWhole()) throw brokenOff();
      } catch (error) {
        throw explain(error, call);
      }
    },
    close: () => {
      closed = true;
      pool.close();
    },
  };
}

/** What to throw for an error: the caller's own reason, the deadline, or what the error says about the request's fate. */
function explain(error: unknown, { method, target, options, limit, progress }: Call): unknown {
  if (options.signal?.aborted) return options.signal.reason;
  if (error instanceof KubernetesError) return error;
  if (error instanceof NotAdmittedError) return error.cause;
  const path = target.split('?', 1)[0];
  const said = error instanceof Error ? error.message : String(error);
  const message = `${method} ${path}: ${limit.expired ? 'no complete answer in time' : said}`;
  const lost = limit.expired ? 'Timeout' : 'ConnectionLost';
  return new KubernetesError(progress.sent ? lost : 'Unreachable', message, { cause: error });
}

const isSuccess = ({ status }: Answer): boolean => status >= 200 && status < 300;

async function refusal(answer: Answer, now: Date): Promise<KubernetesError> {
  const body = jsonOrText(await readText(answer));
  return errorFromAnswer({ status: answer.status, body, retryAfterHeader: answer.retryAfter }, now);
}

/** HTTP/2 knows no other form of a name and password than the header. */
function authHeaders({ headers, auth }: Credentials): OutgoingHttpHeaders {
  return { ...headers, ...(auth ? { authorization: `Basic ${Buffer.from(auth).toString('base64')}` } : {}) };
}

function contentHeaders(body: string | undefined, contentType = 'application/json'): OutgoingHttpHeaders {
  const accept = 'application/json';
  if (body === undefined) return { accept };
  return { accept, 'content-type': contentType, 'content-length': Buffer.byteLength(body) };
}

/** The path and query below the server's own path, which a proxy in front of many clusters needs. */
function targetOf(server: URL, path: string, query: Query = {}): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined) parameters.set(name, String(value));
  const prefix = server.pathname.replace(/\/$/, '');
  return parameters.size === 0 ? `${prefix}${path}` : `${prefix}${path}?${parameters}`;
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch (error) {
    throw new KubernetesError('Malformed', 'the answer is not JSON', { cause: error });
  }
}

function jsonOrText(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return body;
  }
}
