import { setTimeout as delay } from 'node:timers/promises';

/** A length of time. Made only by the functions below, so a bare number never passes for a duration. */
export type Milliseconds = number & { readonly unit: 'ms' };

export const milliseconds = (count: number): Milliseconds => count as Milliseconds;
export const seconds = (count: number): Milliseconds => milliseconds(count * 1_000);
export const minutes = (count: number): Milliseconds => seconds(count * 60);
export const hours = (count: number): Milliseconds => minutes(count * 60);

/** Reads a duration as Kubernetes writes it: `24h`, `1h30m`, `90s`. Undefined for anything else. */
export function parseDuration(text: string): Milliseconds | undefined {
  const [, hoursPart, minutesPart, secondsPart] = /^(?=.)(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?$/.exec(text) ?? [undefined];
  if (hoursPart === undefined && minutesPart === undefined && secondsPart === undefined) return undefined;
  return milliseconds(
    hours(Number(hoursPart ?? 0)) + minutes(Number(minutesPart ?? 0)) + seconds(Number(secondsPart ?? 0)),
  );
}

/** Time as everything in the operator sees it. Tests pass a virtual one; nothing else reads the global clock. */
export interface Clock {
  /** Wall-clock time: for what people and the cloud read, never to measure a length of time (it can jump). */
  now(): Date;
  /** Time since an arbitrary start that never jumps: for deadlines and ages within this process. */
  elapsed(): Milliseconds;
  /** Resolves after `duration`; rejects with the signal's reason when it is aborted first. */
  sleep(duration: Milliseconds, signal?: AbortSignal): Promise<void>;
  /**
   * Calls `action` after `duration`, unless the function that this gives is called first. Much cheaper than a sleep that is
   * aborted (an error with its stack each time): for deadlines that are hardly ever met.
   */
  after(duration: Milliseconds, action: () => void): () => void;
  /** A signal that aborts after `duration`; its reason is a `TimeoutError`. It keeps no process alive. */
  timeout(duration: Milliseconds): AbortSignal;
}

/** A moment by both clocks: the one that measures stands still on some systems while the machine sleeps, the other can be set. */
export interface Moment {
  readonly elapsed: Milliseconds;
  readonly now: Date;
}

export const momentOf = (clock: Pick<Clock, 'elapsed' | 'now'>): Moment => ({
  elapsed: clock.elapsed(),
  now: clock.now(),
});

export const systemClock: Clock = {
  now: () => new Date(),
  elapsed: () => milliseconds(performance.now()),
  sleep: async (duration, signal) => {
    try {
      await delay(duration, undefined, signal === undefined ? {} : { signal });
    } catch (error) {
      throw signal?.reason ?? error;
    }
  },
  after: (duration, action) => {
    const timer = setTimeout(action, duration);
    return () => clearTimeout(timer);
  },
  // It takes whole milliseconds only, and no negative ones.
  timeout: (duration) => AbortSignal.timeout(Math.max(0, Math.ceil(duration))),
};

/** A number in [0, 1), injected so that jitter can be tested. */
export type Random = () => number;

/** A signal that aborts after `duration` (its reason is a `TimeoutError`), or when `parent` does. */
export function deadline(clock: Pick<Clock, 'timeout'>, duration: Milliseconds, parent?: AbortSignal): AbortSignal {
  const timeout = clock.timeout(duration);
  return parent === undefined ? timeout : AbortSignal.any([timeout, parent]);
}

/** What the work comes to, or the signal's reason when it aborts first; the work goes on for others who wait for it. */
export async function untilAborted<Result>(work: Promise<Result>, signal: AbortSignal | undefined): Promise<Result> {
  if (signal === undefined) return await work;
  signal.throwIfAborted();
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = () => reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
