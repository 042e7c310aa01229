import { untilAborted } from '../clock.ts';
import { failureOf } from './failure.ts';
import { type Outcome, skippedAfter } from './outcome.ts';

/** Where in the cloud a check looks; without it at no place in particular. */
export interface Place {
  readonly region: string;
  readonly projectId?: string | undefined;
  /** The Secret whose credentials it uses, as `namespace/name`; the operator's own without it. */
  readonly secret?: string | undefined;
}

/** Names a check: `area/what`. */
export interface Name {
  readonly check: string;
  readonly place?: Place | undefined;
}

/** A check under way. */
export interface Started<Value> extends Name {
  /** Never rejects. */
  readonly outcome: Promise<Outcome<Value>>;
}

/** Does the work of a check. What it throws is its failure. */
export type Work<Value> = () => Promise<Outcome<Value>> | Outcome<Value>;

/** Starts a check. It has an outcome at the latest when the signal aborts. */
export function start<Value>(name: Name, signal: AbortSignal, work: Work<Value>): Started<Value> {
  return { ...name, outcome: settle(signal, work) };
}

async function settle<Value>(signal: AbortSignal, work: Work<Value>): Promise<Outcome<Value>> {
  try {
    return await untilAborted((async () => await work())(), signal);
  } catch (error) {
    return failureOf(signal.aborted ? signal.reason : error);
  }
}

/** Starts a check once another has ended well, with what that one found; skips it otherwise. */
export const startAfter = <Before, Value>(
  before: Started<Before>,
  name: Name,
  signal: AbortSignal,
  work: (value: Before) => Promise<Outcome<Value>> | Outcome<Value>,
): Started<Value> =>
  start(name, signal, async () => {
    const known = await before.outcome;
    if (known.result === 'OK' || known.result === 'WARNING') return await work(known.value);
    return skippedAfter(before.check, known.result === 'FAILED' ? 'failed' : 'was skipped');
  });
