import http from 'node:http';
import https from 'node:https';
import net from 'node:net';
import tls from 'node:tls';
import { seconds } from '../clock.ts';

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
  /** Certificates (PEM) to trust instead of the usual ones. */
  readonly certificateAuthorities?: string;
}

/** Opens the pool that all accounts share. */
export function openTransport(options: TransportOptions = {}): Transport {
  const bodyLimit = options.bodyLimit ?? 32 * 1024 * 1024;
  const pool = {
    keepAlive: true,
    maxSockets: options.connectionsPerHost ?? 8,
    maxFreeSockets: 2,
    timeout: seconds(60),
  };
  const trust = options.certificateAuthorities === undefined ? {} : { ca: options.certificateAuthorities };
  const agents = { 'http:': new http.Agent(pool), 'https:': new https.Agent({ ...pool, ...trust }) };

  async function overPool(request: WireRequest, signal: AbortSignal): Promise<Exchange> {
    const agent = request.origin.startsWith('http:') ? agents['http:'] : agents['https:'];
    return await roundTrip(request, { agent, signal }, bodyLimit);
  }

  async function overOwnConnection(request: WireRequest, options: ExchangeOptions): Promise<Exchange> {
    const { signal, holdBack } = options;
    let socket: net.Socket;
    try {
      socket = await connect(new URL(request.origin), trust, signal);
    } catch (error) {
      return { kind: 'NotSent', message: describe(error) };
    }
    try {
      const reason = holdBack?.();
      if (reason !== undefined) return { kind: 'NotSent', message: reason };
      return await roundTrip(request, { createConnection: () => socket, signal }, bodyLimit);
    } finally {
      socket.destroy();
    }
  }

  return {
    exchange: async (request, options) => {
      const { signal, connection } = options;
      if (signal.aborted) return { kind: 'NotSent', message: describe(signal.reason) };
      return await (connection === 'Pooled' ? overPool(request, signal) : overOwnConnection(request, options));
    },
    close: () => {
      agents['http:'].destroy();
      agents['https:'].destroy();
    },
  };
}

/** Resolves with a connection that stands, its certificate verified; rejects and leaves nothing behind otherwise. */
function connect(url: URL, trust: tls.ConnectionOptions, signal: AbortSignal): Promise<net.Socket> {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const port = Number(url.port || (url.protocol === 'http:' ? 80 : 443));
  const secure = url.protocol === 'https:';
  return new Promise((resolve, reject) => {
    const socket = secure
      ? tls.connect({ ...trust, host, port, ...(net.isIP(host) === 0 ? { servername: host } : {}) })
      : net.connect({ host, port });
    const abort = () => socket.destroy(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    const settle = () => {
      signal.removeEventListener('abort', abort);
      socket.removeListener('error', fail);
      socket.removeListener('close', fail);
    };
    const fail = (error?: unknown) => {
      settle();
      // A socket that was destroyed can still emit an error; without a listener that would end the process.
      socket.on('error', () => {}).destroy();
      reject(error instanceof Error ? error : new Error('the connection was closed before it stood'));
    };
    socket.once('error', fail);
    socket.once('close', fail);
    socket.once(secure ? 'secureConnect' : 'connect', () => {
      settle();
      resolve(socket);
    });
  });
}

interface Source extends http.RequestOptions {
  readonly signal: AbortSignal;
}

/** Sends the request over the given source of connections. From here on a failure leaves the effect unknown. */
async function roundTrip(request: WireRequest, source: Source, bodyLimit: number): Promise<Exchange> {
  try {
    const incoming = await respond(request, source);
    const body = await readBody(incoming, bodyLimit);
    return { kind: 'Answered', answer: { status: incoming.statusCode ?? 0, headers: incoming.headers, body } };
  } catch (error) {
    return { kind: 'Unknown', message: describe(source.signal.aborted ? source.signal.reason : error) };
  }
}

/** Resolves when the answer's headers are here. */
function respond(request: WireRequest, source: Source): Promise<http.IncomingMessage> {
  const url = new URL(request.origin);
  const { request: open } = url.protocol === 'http:' ? http : https;
  return new Promise((resolve, reject) => {
    open({
      ...source,
      host: url.hostname.replace(/^\[|\]$/g, ''),
      port: url.port,
      method: request.method,
      path: request.target,
      headers: request.headers,
    })
      .on('error', reject)
      .once('response', resolve)
      .end(request.body);
  });
}

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

/** The reason in words that stay the same for the same fault: no addresses, no ports, no times. */
function describe(reason: unknown): string {
  if (!(reason instanceof Error)) return 'the call was ended';
  if (reason.name === 'TimeoutError') return 'no answer before the deadline';
  if (reason.name === 'AbortError') return 'the call was ended';
  const code = 'code' in reason && typeof reason.code === 'string' ? reason.code : undefined;
  return code === undefined ? reason.message : (explanations[code] ?? code);
}

const explanations: Readonly<Record<string, string>> = {
  ENOTFOUND: 'the host name is not known (ENOTFOUND)',
  EAI_AGAIN: 'the name server did not answer (EAI_AGAIN)',
  ECONNREFUSED: 'the connection was refused (ECONNREFUSED)',
  ECONNRESET: 'the connection was reset (ECONNRESET)',
  EHOSTUNREACH: 'the host cannot be reached (EHOSTUNREACH)',
  ENETUNREACH: 'the network cannot be reached (ENETUNREACH)',
  ETIMEDOUT: 'the connection timed out (ETIMEDOUT)',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'the certificate is self-signed (DEPTH_ZERO_SELF_SIGNED_CERT)',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'the certificate cannot be verified (UNABLE_TO_VERIFY_LEAF_SIGNATURE)',
  CERT_HAS_EXPIRED: 'the certificate has expired (CERT_HAS_EXPIRED)',
};
