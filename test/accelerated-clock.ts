import { type Clock, milliseconds, systemClock } from '../operator/clock.ts';

/**
 * A clock on which time passes `factor` times as fast as it does: for tests in which real servers answer in real time and a
 * deadline of minutes has to be met all the same.
 */
export function createAcceleratedClock(factor: number): Clock {
  const started = { at: systemClock.now().getTime(), elapsed: systemClock.elapsed() };
  const elapsed = () => milliseconds((systemClock.elapsed() - started.elapsed) * factor);
  return {
    now: () => new Date(started.at + elapsed()),
    elapsed,
    sleep: (duration, signal) => systemClock.sleep(milliseconds(duration / factor), signal),
    after: (duration, action) => systemClock.after(milliseconds(duration / factor), action),
    timeout: (duration) => systemClock.timeout(milliseconds(duration / factor)),
  };
}
