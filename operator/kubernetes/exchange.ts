import type { IncomingMessage } from 'node:http';
import { type RequestOptions, request as startRequest } from 'node:https';
import type { Socket } from 'node:net';

export interface Message {
  options: RequestOptions;
  body: string | undefined;
  /** Destroys the exchange, also while its answer is being read. One for each message. */
  signal: AbortSignal;
  /** Asked in the moment in which the request leaves; what it throws ends the request, of which nothing was sent. */
  admit?: (() => void) | undefined;
}

/** A request was held back by its own `admit`, whose error is the cause. */
export class NotAdmittedError extends Error {
  override readonly name = 'NotAdmittedError';
}

/** How far a request came. */
export interface Progress {
  /** False only as long as it is certain that no byte of the request left this process. */
  sent: boolean;
  /** How many connections were made for it. */
  connections: number;
}

/**
 * The whole body of an answer as text; rejects when it breaks off. `node:stream/consumers` does the same by an iterator, at
 * twice the cost of all the rest of a small answer.
 */
export function readText(answer: IncomingMessage): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const chunks: Buffer[] = [];
  answer.on('data', (chunk: Buffer) => chunks.push(chunk));
  // Most answers are one chunk.
  answer.once('end', () => resolve((chunks[1] ? Buffer.concat(chunks) : chunks[0])?.toString('utf8') ?? ''));
  answer.once('error', reject);
  answer.once('close', () => reject(new Error('the answer broke off')));
  return promise;
}

/** Sends one request and gives the head of its answer; rejects with the socket's error. */
export async function exchange(message: Message, progress: Progress): Promise<IncomingMessage> {
  const outcome = await send(message, progress);
  if (outcome !== 'Stale') return outcome;
  // Once more: the next connection is a new or a fresher one.
  const second = await send(message, progress);
  if (second === 'Stale') throw new Error('two kept-alive connections in a row had just been closed');
  return second;
}

/**
 * 'Stale': the server had closed the kept-alive connection in the moment in which it was used again. A read may then simply be
 * sent again; for anything else nobody knows whether the server saw it.
 */
function send({ options, body, signal, admit }: Message, progress: Progress): Promise<IncomingMessage | 'Stale'> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage | 'Stale'>();
  const request = startRequest(options);
  // Instead of the option `signal`, which does the same with a dozen more listeners. Nobody else listens to this signal, so
  // that it takes the listener with it.
  const abort = () => request.destroy(signal.reason);
  if (signal.aborted) abort();
  else signal.addEventListener('abort', abort, { once: true });
  let reused = false;
  // Nothing is handed to a connection before it stands: what waits for one, or for its handshake, can still be held back.
  const leave = () => {
    try {
      admit?.();
    } catch (cause) {
      request.destroy(new NotAdmittedError('held back', { cause }));
      return;
    }
    progress.sent = true;
    request.end(body);
  };
  request.once('socket', (socket) => {
    reused = secured.has(socket);
    if (reused) leave();
    else socket.once('secureConnect', () => noteSecured(socket, progress, leave));
  });
  request.once('response', resolve);
  request.on('error', (error) => {
    if (options.method === 'GET' && reused && !signal.aborted && isReset(error)) resolve('Stale');
    else reject(error);
  });
  return promise;
}

/**
 * Connections over which requests can go. `request.reusedSocket` does not tell: a request that waited in line for a connection
 * gets one that was used before, and it is still false.
 */
const secured = new WeakSet<Socket>();

function noteSecured(socket: Socket, progress: Progress, then: () => void): void {
  secured.add(socket);
  progress.connections += 1;
  then();
}

const isReset = (error: Error): boolean => 'code' in error && (error.code === 'ECONNRESET' || error.code === 'EPIPE');
