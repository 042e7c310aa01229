import { Gauge, type Registry } from 'prom-client';
import { type Clock, type Milliseconds, milliseconds, seconds } from '../clock.ts';
import type { HealthCheck } from './health.ts';

/** How far the clock on the wall has moved away from the one that measures. */
export interface ClockDrift {
  /** Positive when the clock on the wall is ahead. What slewing explains is taken off. */
  current(): Milliseconds;
  readonly check: HealthCheck;
}

/** Time servers slew a clock by 500 ppm at most (ntpd, `adjtime`); twice that is forgiven, which is 86 s a day. */
const slewing = 1 / 1_000;

/**
 * Starts from the clocks as they are now. Its check, for /livez, fails when they have moved apart by more than `bound`, at
 * once or bit by bit: the machine was suspended, which stops the clock that measures, or its clock was set. Ages of what was
 * read, expiry of credentials and times to look again are then wrong by as much, and a restart takes all of them anew. It is no
 * loop: a new process starts with clocks that agree. cert-manager does the same (`internal/.../healthz`), but counts slewing.
 */
export function watchClockDrift(clock: Clock, bound: Milliseconds): ClockDrift {
  const apart = () => clock.now().getTime() - clock.elapsed();
  /** What counts as agreement; it follows slowly, so that slewing never adds up to a drift. */
  let agreed = apart();
  let lookedAt = clock.elapsed();

  const current = () => {
    const allowance = (clock.elapsed() - lookedAt) * slewing;
    lookedAt = clock.elapsed();
    agreed += Math.max(-allowance, Math.min(allowance, apart() - agreed));
    return milliseconds(apart() - agreed);
  };
  return {
    current,
    check: {
      name: 'clock',
      problems: () => {
        const drift = current();
        if (Math.abs(drift) <= bound) return [];
        const how = drift > 0 ? 'set forward, or the machine was suspended' : 'set back';
        return [
          `the clock was ${how}, by ${Math.round(Math.abs(drift) / seconds(1))} s: a restart takes all times anew`,
        ];
      },
    },
  };
}

/** Registers the drift as a metric; nothing standard shows it. */
export function registerClockDrift(registry: Registry, { current }: Pick<ClockDrift, 'current'>): void {
  new Gauge({
    name: 'process_clock_drift_seconds',
    help: 'How far the wall clock has moved ahead of the monotonic clock, apart from slewing.',
    registers: [registry],
    collect() {
      this.set(current() / 1_000);
    },
  });
}
