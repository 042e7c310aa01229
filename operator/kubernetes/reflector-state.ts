import { type Milliseconds, milliseconds, type Random, seconds } from '../clock.ts';
import { type BackOff, fullJitter } from './back-off.ts';
import type { KubernetesError, KubernetesErrorReason } from './errors.ts';

/**
 * How everything is listed: `Stream`, a watch that begins with all that there is and goes on as a watch (KEP-3157), which
 * spares both sides the pages; or `Pages`, for a server that does not know streams.
 */
export type ListMethod = 'Stream' | 'Pages';

/** Where a reflector stands. `failures` counts what went wrong in a row since things last went well. */
export type ReflectorState =
  | { phase: 'Listing'; method: ListMethod; failures: number }
  | { phase: 'Watching'; resourceVersion: string; method: ListMethod; failures: number }
  | { phase: 'BackingOff'; delay: Milliseconds; next: ListingOrWatching };

type ListingOrWatching = Exclude<ReflectorState, { phase: 'BackingOff' }>;

/** What came of doing what a state asks for. */
export type ReflectorOutcome =
  /** A complete list is in the store. When it came as a stream, how its watch went is still to follow. */
  | { type: 'Listed'; resourceVersion: string }
  | { type: 'ListFailed'; error: KubernetesError }
  /** The server does not know how to stream a list. */
  | { type: 'StreamRefused'; error: KubernetesError }
  /** A watch ended as watches do. The version it got to, whether it told anything, and how long it lived. */
  | { type: 'WatchEnded'; resourceVersion: string; progressed: boolean; lived: Milliseconds }
  | { type: 'WatchFailed'; resourceVersion: string; lived: Milliseconds; error: KubernetesError }
  | { type: 'Rested' };

export const initialState: ReflectorState = { phase: 'Listing', method: 'Stream', failures: 0 };

/** client-go's figures, `tools/cache/reflector.go`: 800 ms doubled up to 30 s. */
export const backOff: BackOff = { base: milliseconds(800), ceiling: seconds(30) };
/** A server that ends watches sooner than this, with nothing said, would otherwise be asked in a tight loop. */
const veryShortWatch = seconds(1);
/** A watch that outlived the longest back-off was sound: its end is a first failure again. */
const soundWatch = backOff.ceiling;
/** Something between us and the server may let pages through and no streams: from so many failures in a row on it is pages. */
const streamFailures = 2;
const mayBeTheStream: readonly KubernetesErrorReason[] = ['Timeout', 'ConnectionLost', 'Malformed', 'ServerError'];

/** The whole life of a reflector: what to do next, by what came of the last step. Pure but for `random`. */
export function transition(state: ReflectorState, outcome: ReflectorOutcome, random: Random): ReflectorState {
  const { method, failures } = state.phase === 'BackingOff' ? state.next : state;
  switch (outcome.type) {
    case 'Listed':
      // Not yet a success: lists may work while every watch is refused.
      return { phase: 'Watching', resourceVersion: outcome.resourceVersion, method, failures };
    case 'StreamRefused':
      return { phase: 'Listing', method: 'Pages', failures };
    case 'ListFailed': {
      const { reason, retryAfter } = outcome.error;
      const again = failures + 1;
      const doubted = again >= streamFailures && mayBeTheStream.includes(reason);
      return rest({ phase: 'Listing', method: doubted ? 'Pages' : method, failures: again }, random, retryAfter);
    }
    case 'WatchEnded': {
      const { resourceVersion, progressed, lived } = outcome;
      if (progressed || lived >= veryShortWatch) return { phase: 'Watching', resourceVersion, method, failures: 0 };
      return rest({ phase: 'Watching', resourceVersion, method, failures: failures + 1 }, random);
    }
    case 'WatchFailed': {
      const { resourceVersion, lived, error } = outcome;
      const again = (lived >= soundWatch ? 0 : failures) + 1;
      const next: ListingOrWatching = canResume(error.reason)
        ? { phase: 'Watching', resourceVersion, method, failures: again }
        : { phase: 'Listing', method, failures: again };
      return rest(next, random, error.retryAfter);
    }
    case 'Rested':
      return state.phase === 'BackingOff' ? state.next : state;
  }
}

/** How many failures in a row led to this state. */
export const failuresOf = (state: ReflectorState): number =>
  state.phase === 'BackingOff' ? state.next.failures : state.failures;

function rest(next: ListingOrWatching, random: Random, atLeast: Milliseconds = milliseconds(0)): ReflectorState {
  const delay = milliseconds(Math.max(atLeast, fullJitter(backOff, next.failures, random)));
  return { phase: 'BackingOff', delay, next };
}

/** Whether the version that a watch had reached is still good after this failure; if not, only a new list helps. */
function canResume(reason: KubernetesErrorReason): boolean {
  switch (reason) {
    case 'Unauthorized':
    case 'TooManyRequests':
    case 'ServerError':
    case 'Timeout':
    case 'ConnectionLost':
    case 'Unreachable':
      return true;
    case 'Gone':
    // What was refused is not known to be complete until it is listed: when the right comes back, a watch may open and end at once.
    case 'Forbidden':
    // An event was lost with the line that could not be read: what it said is found by a list only.
    case 'Malformed':
    case 'BadRequest':
    case 'NotFound':
    case 'Conflict':
    case 'AlreadyExists':
    case 'Invalid':
      return false;
  }
}
