import { type Clock, type Milliseconds, milliseconds } from '../../operator/clock.ts';
import { timeoutBy } from '../virtual-clock.ts';

/** A clock that moves only when a test moves it; sleepers wake when their time has come. */
export interface AdjustableClock extends Clock {
  advance(duration: Milliseconds): void;
}

export function adjustableClock(start: string): AdjustableClock {
  const origin = Date.parse(start);
  let elapsed = 0;
  let sleepers: { until: number; wake: () => void }[] = [];
  const after: Clock['after'] = (duration, action) => {
    const sleeper = { until: elapsed + duration, wake: action };
    sleepers.push(sleeper);
    return () => {
      sleepers = sleepers.filter((other) => other !== sleeper);
    };
  };
  return {
    now: () => new Date(origin + elapsed),
    elapsed: () => milliseconds(elapsed),
    sleep: (duration, signal) =>
      new Promise((resolve, reject) => {
        sleepers.push({ until: elapsed + duration, wake: resolve });
        signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
      }),
    after,
    timeout: timeoutBy(after),
    advance: (duration) => {
      elapsed += duration;
      const due = sleepers.filter((sleeper) => sleeper.until <= elapsed);
      sleepers = sleepers.filter((sleeper) => sleeper.until > elapsed);
      for (const sleeper of due) sleeper.wake();
    },
  };
}
