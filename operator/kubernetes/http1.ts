import { type Agent, type RequestOptions, request as startRequest } from 'node:https';
import type { Socket } from 'node:net';
import { type Attempt, checkAdmission, type Message, type Progress } from './exchange.ts';

/** The way of a request over HTTP/1.1. */
export interface Http1Route {
  readonly hostname: string;
  readonly port: number;
  readonly agent: Agent | Exclude<RequestOptions['agent'], boolean | undefined>;
  /** Told of each connection that is made. */
  readonly onConnection: () => void;
}

/** Sends one request over HTTP/1.1 and gives the head of its answer; rejects with the socket's error. */
export function sendOverHttp1(route: Http1Route, message: Message, progress: Progress): Promise<Attempt> {
  const { promise, resolve, reject } = Promise.withResolvers<Attempt>();
  const { hostname, port, agent, onConnection } = route;
  const { method, path, headers, body, signal } = message;
  const request = startRequest({ hostname, port, agent, method, path, headers });
  // Instead of the option `signal`, which does the same with a dozen more listeners. Nobody else listens to this signal, so
  // that it takes the listener with it.
  const abort = () => request.destroy(signal.reason);
  if (signal.aborted) abort();
  else signal.addEventListener('abort', abort, { once: true });
  let reused = false;
  // Nothing is handed to a connection before it stands: what waits for one, or for its handshake, can still be held back.
  const leave = () => {
    try {
      checkAdmission(message);
    } catch (error) {
      request.destroy(asError(error));
      return;
    }
    progress.sent = true;
    request.end(body);
  };
  request.once('socket', (socket) => {
    reused = secured.has(socket);
    if (reused) return leave();
    socket.once('secureConnect', () => {
      secured.add(socket);
      onConnection();
      leave();
    });
  });
  request.once('response', (incoming) =>
    resolve({
      status: incoming.statusCode ?? 0,
      retryAfter: incoming.headers['retry-after'],
      body: incoming,
      isWhole: () => incoming.complete,
    }),
  );
  request.on('error', (error) => {
    // The server had closed the kept-alive connection in the moment in which it was used again. What is no read, it may have seen.
    if (method === 'GET' && reused && !signal.aborted && isReset(error)) resolve('Stale');
    else reject(error);
  });
  return promise;
}

/**
 * Connections over which requests can go. `request.reusedSocket` does not tell: a request that waited in line for a connection
 * gets one that was used before, and it is still false.
 */
const secured = new WeakSet<Socket>();

const isReset = (error: Error): boolean => 'code' in error && (error.code === 'ECONNRESET' || error.code === 'EPIPE');

const asError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)));
