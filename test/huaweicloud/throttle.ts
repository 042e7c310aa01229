import type { Clock } from '../../operator/clock.ts';

/** Says whether one more call under this key is allowed, at `rate` calls a second. */
export type Throttle = (key: string, rate: number) => boolean;

/** One token bucket per key: it holds what a second allows and fills up steadily. */
export function tokenBuckets(clock: Clock): Throttle {
  const buckets = new Map<string, { tokens: number; filledAt: number }>();
  return (key, rate) => {
    const now = clock.elapsed();
    const bucket = buckets.get(key) ?? { tokens: rate, filledAt: now };
    bucket.tokens = Math.min(rate, bucket.tokens + ((now - bucket.filledAt) / 1_000) * rate);
    bucket.filledAt = now;
    buckets.set(key, bucket);
    if (bucket.tokens < 1) return false;
    bucket.tokens -= 1;
    return true;
  };
}
