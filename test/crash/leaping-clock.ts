import { type Clock, type Milliseconds, milliseconds, systemClock } from '../../operator/clock.ts';

/** The clock of a simulated cloud, which can be set forward: nobody waits for a quarter of an hour. */
export interface LeapingClock extends Clock {
  leap(duration: Milliseconds): void;
}

export function leapingClock(): LeapingClock {
  let ahead = 0;
  return {
    ...systemClock,
    now: () => new Date(systemClock.now().getTime() + ahead),
    elapsed: () => milliseconds(systemClock.elapsed() + ahead),
    leap: (duration) => {
      ahead += duration;
    },
  };
}
