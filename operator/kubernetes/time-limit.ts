import type { Clock, Milliseconds } from '../clock.ts';

/** A deadline that can be lifted, so that no timer outlives what it guards. */
export interface TimeLimit extends Disposable {
  /** Aborts when the time is over, or when the parent does, also after the limit was lifted. */
  readonly signal: AbortSignal;
  readonly expired: boolean;
  lift(): void;
}

/** Starts a limit of `duration` from now, and the same as a `using` resource that lifts it at the end of its block. */
export function startTimeLimit(clock: Clock, duration: Milliseconds, parent?: AbortSignal): TimeLimit {
  const expiry = new AbortController();
  const lifted = new AbortController();
  const lift = () => lifted.abort();
  clock.sleep(duration, lifted.signal).then(
    () => expiry.abort(new DOMException(`${duration / 1_000} s are over`, 'TimeoutError')),
    () => undefined,
  );
  return {
    signal: parent === undefined ? expiry.signal : AbortSignal.any([expiry.signal, parent]),
    get expired() {
      return expiry.signal.aborted;
    },
    lift,
    [Symbol.dispose]: lift,
  };
}
