import { setImmediate } from 'node:timers/promises';
import { type Clock, type Milliseconds, milliseconds } from '../operator/clock.ts';

/** A clock that stands still until a test moves it. */
export interface VirtualClock extends Clock {
  /**
   * Moves time forward and wakes the sleepers on the way, in the order of their times. What a sleeper does when it wakes
   * (as far as it waits for promises only) is done before the next one wakes, and may sleep again within the same span.
   */
  advance(duration: number): Promise<void>;
  /** Lets everything run that needs no time to pass. */
  settle(): Promise<void>;
  /** Sets the wall clock `duration` forward (or back), as a time server does; `elapsed` and sleepers do not notice. */
  jump(duration: number): void;
  /** How many sleeps and timers are under way: 0 proves that nothing was left behind. Time-outs hold nothing and do not count. */
  readonly sleepers: number;
}

interface Sleeper {
  readonly wakesAt: number;
  readonly isTimeout?: boolean;
  readonly wake: () => void;
}

/** One for all: to make one takes longer than all the rest of a time-out, and most of them nobody waits for any more. */
const timeIsOver = new DOMException('the time is over', 'TimeoutError');

/** Time-outs by the timers of a clock that is not the system's. */
export const timeoutBy =
  (after: Clock['after']): Clock['timeout'] =>
  (duration) => {
    const controller = new AbortController();
    after(duration, () => controller.abort(timeIsOver));
    return controller.signal;
  };

/** A virtual clock whose wall clock begins at `start`. */
export function createVirtualClock(start: Date = new Date('2026-01-01T00:00:00Z')): VirtualClock {
  const sleepers = new Set<Sleeper>();
  let elapsed = 0;
  let wallClock = start.getTime();

  const passTo = (time: number) => {
    wallClock += time - elapsed;
    elapsed = time;
  };
  const firstDue = (until: number): Sleeper | undefined => {
    let first: Sleeper | undefined;
    for (const sleeper of sleepers) {
      if (sleeper.wakesAt <= until && (first === undefined || sleeper.wakesAt < first.wakesAt)) first = sleeper;
    }
    return first;
  };
  const sleep = (duration: Milliseconds, signal?: AbortSignal) => {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    if (signal?.aborted) return Promise.reject(signal.reason);
    const onAbort = () => {
      sleepers.delete(sleeper);
      reject(signal?.reason);
    };
    const wake = () => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    };
    const sleeper = { wakesAt: elapsed + Math.max(0, duration), wake };
    sleepers.add(sleeper);
    signal?.addEventListener('abort', onAbort, { once: true });
    return promise;
  };
  const after = (duration: Milliseconds, action: () => void) => {
    const sleeper = { wakesAt: elapsed + Math.max(0, duration), wake: action };
    sleepers.add(sleeper);
    return () => {
      sleepers.delete(sleeper);
    };
  };
  const settle = () => setImmediate();

  return {
    now: () => new Date(wallClock),
    elapsed: () => milliseconds(elapsed),
    sleep,
    after,
    timeout: timeoutBy((duration, action) => {
      const sleeper = { wakesAt: elapsed + Math.max(0, duration), isTimeout: true, wake: action };
      sleepers.add(sleeper);
      return () => sleepers.delete(sleeper);
    }),
    settle,
    jump: (duration) => {
      wallClock += duration;
    },
    advance: async (duration) => {
      const end = elapsed + duration;
      await settle();
      for (let due = firstDue(end); due !== undefined; due = firstDue(end)) {
        passTo(due.wakesAt);
        sleepers.delete(due);
        due.wake();
        await settle();
      }
      passTo(end);
    },
    get sleepers() {
      return [...sleepers].filter(({ isTimeout }) => isTimeout !== true).length;
    },
  };
}
