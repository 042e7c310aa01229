import { type Milliseconds, milliseconds, type Random, seconds } from '../clock.ts';
import { type BackOff, fullJitter } from './back-off.ts';
import type { KubernetesError, KubernetesErrorReason } from './errors.ts';

/** Where a reflector stands. `failures` counts what went wrong in a row since things last went well. */
export type ReflectorState =
  | { phase: 'Listing'; failures: number }
  | { phase: 'Watching'; resourceVersion: string; failures: number }
  | { phase: 'BackingOff'; delay: Milliseconds; next: ListingOrWatching };

type ListingOrWatching = Exclude<ReflectorState, { phase: 'BackingOff' }>;

/** What came of doing what a state asks for. */
export type ReflectorOutcome =
  /** A complete list is in the store. */
  | { type: 'Listed'; resourceVersion: string }
  | { type: 'ListFailed'; error: KubernetesError }
  /** A watch ended as watches do. The version it got to, whether it told anything, and how long it lived. */
  | { type: 'WatchEnded'; resourceVersion: string; progressed: boolean; lived: Milliseconds }
  | { type: 'WatchFailed'; resourceVersion: string; lived: Milliseconds; error: KubernetesError }
  | { type: 'Rested' };

export const initialState: ReflectorState = { phase: 'Listing', failures: 0 };

/** client-go's figures, `tools/cache/reflector.go`: 800 ms doubled up to 30 s. */
const backOff: BackOff = { base: milliseconds(800), ceiling: seconds(30) };
/** A server that ends watches sooner than this, with nothing said, would otherwise be asked in a tight loop. */
const veryShortWatch = seconds(1);
/** A watch that outlived the longest back-off was sound: its end is a first failure again. */
const soundWatch = backOff.ceiling;

/** The whole life of a reflector: what to do next, by what came of the last step. Pure but for `random`. */
export function transition(state: ReflectorState, outcome: ReflectorOutcome, random: Random): ReflectorState {
  switch (outcome.type) {
    case 'Listed':
      // Not yet a success: lists may work while every watch is refused.
      return { phase: 'Watching', resourceVersion: outcome.resourceVersion, failures: failuresOf(state) };
    case 'ListFailed': {
      const failures = failuresOf(state) + 1;
      return rest({ phase: 'Listing', failures }, random, outcome.error.retryAfter);
    }
    case 'WatchEnded': {
      const { resourceVersion, progressed, lived } = outcome;
      if (progressed || lived >= veryShortWatch) return { phase: 'Watching', resourceVersion, failures: 0 };
      return rest({ phase: 'Watching', resourceVersion, failures: failuresOf(state) + 1 }, random);
    }
    case 'WatchFailed': {
      const failures = (outcome.lived >= soundWatch ? 0 : failuresOf(state)) + 1;
      const next: ListingOrWatching = canResume(outcome.error.reason)
        ? { phase: 'Watching', resourceVersion: outcome.resourceVersion, failures }
        : { phase: 'Listing', failures };
      return rest(next, random, outcome.error.retryAfter);
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
    case 'Forbidden':
    case 'TooManyRequests':
    case 'ServerError':
    case 'Timeout':
    case 'ConnectionLost':
    case 'Unreachable':
      return true;
    case 'Gone':
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
