import http from 'node:http';
import https from 'node:https';
import tls from 'node:tls';
import { seconds } from '../clock.ts';
import { describeFailure } from './connection-errors.ts';

/** What goes on the wire, byte for byte. */
export interface WireRequest {
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly origin: string;
  /** Path and query, encoded. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** An answer as it came; `body` is complete. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<http.IncomingHttpHeaders>;
  readonly body: string;
}

/** How one request ended. `NotSent` is a certainty: not one byte of it left. `Unknown` says nothing about its effect. */
export type Exchange =
  | { readonly kind: 'Answered'; readonly answer: Answer }
  | { readonly kind: 'NotSent'; readonly message: string }
  | { readonly kind: 'Unknown'; readonly message: string };

/** How one request is sent. */
export interface ExchangeOptions {
  /** Ends the exchange; every exchange has a deadline. */
  readonly signal: AbortSignal;
  /**
   * `Pooled` reuses connections, for reads. `Fresh` makes its own and creates the request only after the connection
   * stands and its certificate is verified: whatever fails before that is `NotSent`, and no stale connection of the
   * pool can lose the request half-way.
   */
  readonly connection: 'Pooled' | 'Fresh';
  /**
   * Asked when the connection of a `Fresh` exchange stands, right before the request leaves: a reason why it must not, which
   * becomes the message of `NotSent`.
   */
  readonly holdBack?: (() => string | undefined) | undefined;
}

/** Sends requests, each exactly once: there is no retry in here. */
export interface Transport {
  /** Never rejects. */
  exchange(request: WireRequest, options: ExchangeOptions): Promise<Exchange>;
  /** Ends the idle connections; exchanges under way are ended by their own signals. */
  close(): void;
}

/** Limits of a transport. */
export interface TransportOptions {
  /** Connections to one host. */
  readonly connectionsPerHost?: number;
  /** Longest body that is read, in bytes. */
  readonly bodyLimit?: number;
  /** Certificates (PEM) to trust instead of the usual ones, which are Node's and those of NODE_EXTRA_CA_CERTS. */
  readonly certificateAuthorities?: string;
  /** The proxy that https goes through, by the variables that name it. Plain http never does. */
  readonly proxy?: http.ProxyEnv | undefined;
}

const idleLimit = seconds(60);

/** Opens the pool that all accounts share. */
export function openTransport(options: TransportOptions = {}): Transport {
  const bodyLimit = options.bodyLimit ?? 32 * 1024 * 1024;
  const pool = { keepAlive: true, maxSockets: options.connectionsPerHost ?? 8, maxFreeSockets: 2, timeout: idleLimit };
  const secure: https.AgentOptions = {
    ...(options.certificateAuthorities === undefined ? {} : { ca: options.certificateAuthorities }),
    ...(options.proxy === undefined ? {} : { proxyEnv: options.proxy }),
  };
  const agents = { 'http:': new http.Agent(pool), 'https:': new https.Agent({ ...pool, ...secure }) };

  async function overPool(request: WireRequest, signal: AbortSignal): Promise<Exchange> {
    const agent = isPlain(request) ? agents['http:'] : agents['https:'];
    return await roundTrip(openRequest(request, agent, signal), request.body, signal, bodyLimit);
  }

  async function overOwnConnection(request: WireRequest, options: ExchangeOptions): Promise<Exchange> {
    // The time-out ends a connection that was given up while its proxy is silent.
    const single = { keepAlive: false, timeout: idleLimit };
    const agent = isPlain(request) ? new http.Agent(single) : new https.Agent({ ...single, ...secure });
    const opened = openRequest(request, agent, options.signal);
    try {
      const obstacle = await obstacleTo(opened, options);
      if (obstacle !== undefined) return { kind: 'NotSent', message: obstacle };
      return await roundTrip(opened, request.body, options.signal, bodyLimit);
    } finally {
      opened.outgoing.destroy();
      agent.destroy();
    }
  }

  return {
    exchange: async (request, options) => {
      const { signal, connection } = options;
      if (signal.aborted) return { kind: 'NotSent', message: describeFailure(signal.reason) };
      return await (connection === 'Pooled' ? overPool(request, signal) : overOwnConnection(request, options));
    },
    close: () => {
      agents['http:'].destroy();
      agents['https:'].destroy();
    },
  };
}

/** A request of which not one byte leaves before `outgoing.end`, whatever becomes of its connection. */
interface OpenedRequest {
  readonly outgoing: http.ClientRequest;
  /** Resolves when the answer's headers are here. */
  readonly response: Promise<http.IncomingMessage>;
}

function openRequest(request: WireRequest, agent: http.Agent, signal: AbortSignal): OpenedRequest {
  const url = new URL(request.origin);
  const { request: open } = isPlain(request) ? http : https;
  const { method, target: path, headers } = request;
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const outgoing = open({ agent, signal, host, port: url.port, method, path, headers });
  const response = new Promise<http.IncomingMessage>((resolve, reject) => {
    outgoing.once('response', resolve);
    // Stays: what is destroyed can still emit an error, and without a listener that would end the process.
    outgoing.on('error', reject);
    outgoing.once('close', () => reject(new Error('the connection was closed')));
    // A request that has no connection yet ends only when it has one, which a silent proxy never gives it.
    const abort = () => reject(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    outgoing.once('close', () => signal.removeEventListener('abort', abort));
  });
  response.catch(() => {});
  return { outgoing, response };
}

/** Waits for the connection of a request to stand, and tells what keeps the request from leaving then. */
async function obstacleTo(opened: OpenedRequest, { signal, holdBack }: ExchangeOptions): Promise<string | undefined> {
  try {
    await untilItStands(opened);
  } catch (error) {
    return describeFailure(signal.aborted ? signal.reason : error);
  }
  return holdBack?.();
}

/** Resolves when the connection stands, through the proxy if there is one, and its certificate is verified. */
function untilItStands({ outgoing, response }: OpenedRequest): Promise<void> {
  return new Promise((resolve, reject) => {
    response.catch(reject);
    outgoing.once('socket', (socket) => {
      if (socket instanceof tls.TLSSocket) {
        if (socket.authorized) resolve();
        else socket.once('secureConnect', resolve);
      } else if (socket.connecting) socket.once('connect', resolve);
      else resolve();
    });
  });
}

/** Sends the request. From here on a failure leaves the effect unknown. */
async function roundTrip(
  { outgoing, response }: OpenedRequest,
  requestBody: Buffer,
  signal: AbortSignal,
  bodyLimit: number,
): Promise<Exchange> {
  try {
    outgoing.end(requestBody);
    const incoming = await response;
    const body = await readBody(incoming, bodyLimit);
    return { kind: 'Answered', answer: { status: incoming.statusCode ?? 0, headers: incoming.headers, body } };
  } catch (error) {
    return { kind: 'Unknown', message: describeFailure(signal.aborted ? signal.reason : error) };
  }
}

const isPlain = ({ origin }: WireRequest): boolean => origin.startsWith('http:');

/** Reads a whole body; a body that ends early rejects, it is never taken for a shorter one. */
async function readBody(incoming: http.IncomingMessage, limit: number): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of incoming) {
    length += chunk.length;
    if (length > limit) throw new Error(`the answer is longer than ${limit} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
