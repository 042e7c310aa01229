import type { Milliseconds } from '../../clock.ts';
import type { CloudTime } from '../../huaweicloud/cloud-clock.ts';
import { failed, type Nothing, type Outcome, ok, skipped } from '../outcome.ts';

/**
 * How far this machine's clock is from the billing centre's, which is known to within about a second. Orders are signed by the
 * billing centre's time, but how long a lost call is waited for, and what people read, goes by this one. Pure.
 */
export function checkClockOffset(time: CloudTime, now: Date, bound: Milliseconds): Outcome<Nothing> {
  if (time.bound === undefined) return skipped('the billing centre told no time');
  const offset = now.getTime() - time.at.getTime();
  const certain = Math.abs(offset) - time.bound;
  const within = `±${inSeconds(time.bound)}`;
  if (certain <= bound) {
    return ok(
      `${inSeconds(Math.abs(offset))} (${within}) from the billing centre's, within --clock-bound ${inSeconds(bound)}`,
      undefined,
    );
  }
  const direction = offset > 0 ? 'ahead of' : 'behind';
  return failed(
    `this machine's clock is ${inSeconds(Math.abs(offset))} (${within}) ${direction} the billing centre's, beyond --clock-bound ${inSeconds(bound)}`,
    'Synchronise the clock of this machine (in a Pod: of its node), such as by NTP; or raise --clock-bound if it cannot be.',
  );
}

const inSeconds = (duration: number): string => `${(duration / 1_000).toFixed(1)}s`;
