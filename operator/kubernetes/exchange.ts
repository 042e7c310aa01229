import type { OutgoingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';

/** A request, as both versions of HTTP take it. */
export interface Message {
  readonly method: string;
  readonly path: string;
  readonly headers: OutgoingHttpHeaders;
  readonly body: string | undefined;
  /** Ends the exchange, also while its answer is being read. One for each message. */
  readonly signal: AbortSignal;
  /** Asked in the moment in which the request leaves; what it throws ends the request, of which nothing was sent. */
  readonly admit?: (() => void) | undefined;
}

/** A request was held back by its own `admit`, whose error is the cause. */
export class NotAdmittedError extends Error {
  override readonly name = 'NotAdmittedError';
}

/** How far a request came. */
export interface Progress {
  /** False only as long as it is certain that the server has not taken any of the request. */
  sent: boolean;
}

/** The head of an answer, and the body as it comes. */
export interface Answer {
  readonly status: number;
  /** The header `Retry-After`. */
  readonly retryAfter: string | undefined;
  readonly body: Readable;
  /**
   * Whether a body that has ended is whole. To be asked of each: that of a stream of HTTP/2 that was cut ends like any other.
   */
  isWhole(): boolean;
}

/**
 * What came of sending a request once. `Stale`: the connection was at its end, and to send the request again cannot do it
 * twice. That is so for a read, and for anything of which the server says that it did not look at it.
 */
export type Attempt = Answer | 'Stale';

/** Sends a request, and once more when the connection was stale: the next one is new, or fresher. */
export async function exchange(attempt: () => Promise<Attempt>): Promise<Answer> {
  const outcome = await attempt();
  if (outcome !== 'Stale') return outcome;
  const second = await attempt();
  if (second === 'Stale') throw new Error('two kept-alive connections in a row had just been closed');
  return second;
}

/**
 * The whole body of an answer as text; rejects when it breaks off. `node:stream/consumers` does the same by an iterator, at
 * twice the cost of all the rest of a small answer.
 */
export function readText({ body, isWhole }: Answer): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const chunks: Buffer[] = [];
  body.on('data', (chunk: Buffer) => chunks.push(chunk));
  body.once('end', () => {
    if (!isWhole()) return reject(brokenOff());
    // Most answers are one chunk.
    resolve((chunks[1] ? Buffer.concat(chunks) : chunks[0])?.toString('utf8') ?? '');
  });
  body.once('error', reject);
  body.once('close', () => reject(brokenOff()));
  return promise;
}

/** The error of an answer whose body is not whole. */
export const brokenOff = (): Error => new Error('the answer broke off');

/** Throws a NotAdmittedError when the request must not leave. */
export function checkAdmission({ admit }: Message): void {
  try {
    admit?.();
  } catch (cause) {
    throw new NotAdmittedError('the request was held back', { cause });
  }
}
