import { type Milliseconds, milliseconds, seconds } from '../clock.ts';

/** What is known of a limit before anything was refused, in calls a second. */
export interface RateBounds {
  readonly first: number;
  readonly least: number;
  readonly most: number;
}

/**
 * What may be sent to something that counts calls by the second, and has not said how many it takes. It learns as TCP does:
 * quickly up while nothing was ever refused, half at a refusal, slowly up after it.
 */
export interface TokenBucket {
  /** Calls that are sent within any one second, at most. */
  readonly limit: number;
  /** Whether a refusal has shown where the limit is, about. */
  readonly isLearned: boolean;
  /** Calls that may leave at once; below zero when some left that could not wait. */
  readonly tokens: number;
  readonly filledAt: Milliseconds;
  /** Nothing leaves before: what is refused until then was sent before the refusal that is known already. */
  readonly pausedUntil: Milliseconds;
}

/** The cloud counts by the second ("limit:10,time:1 second"), so after one it has forgotten what it refused. */
const shortestPause = seconds(1);
/** A part of a second's calls may leave at once; with what the rest of the second adds, the limit is never exceeded. */
const burstShare = 0.2;
const mostAtOnce = 10;
/** By how much the limit grows for each call that passes: doubling in some seconds of full use, or a tenth of a call a second. */
const quickGrowth = 0.2;
const slowGrowth = 0.1;

/** A bucket that knows nothing yet. */
export function newBucket({ first }: RateBounds, now: Milliseconds): TokenBucket {
  const bucket = { limit: first, isLearned: false, tokens: 0, filledAt: now, pausedUntil: now };
  return { ...bucket, tokens: burstOf(bucket) };
}

/** How long the next call has to wait: nothing when it may leave now. */
export function waitFor(bucket: TokenBucket, now: Milliseconds): Milliseconds {
  const pause = Math.max(0, bucket.pausedUntil - now);
  const { tokens } = filled(bucket, milliseconds(now + pause));
  return milliseconds(Math.ceil(pause + (Math.max(0, 1 - tokens) * 1_000) / rateOf(bucket)));
}

/** After a call has left, whether it waited for that or not. */
export function spend(bucket: TokenBucket, now: Milliseconds): TokenBucket {
  const { tokens, ...rest } = filled(bucket, now);
  return { ...rest, tokens: tokens - 1 };
}

/** After a call was let through. */
export function widen(bucket: TokenBucket, { most }: RateBounds): TokenBucket {
  const growth = bucket.isLearned ? slowGrowth / bucket.limit : quickGrowth;
  return { ...bucket, limit: Math.min(most, bucket.limit + growth) };
}

/** After a call was refused for the rate: half of it, once for all calls that were under way together, and not at once. */
export function narrow(
  bucket: TokenBucket,
  { least }: RateBounds,
  now: Milliseconds,
  retryAfter: Milliseconds | undefined,
): TokenBucket {
  const isKnown = now < bucket.pausedUntil;
  const limit = isKnown ? bucket.limit : Math.max(least, bucket.limit / 2);
  const pausedUntil = milliseconds(Math.max(bucket.pausedUntil, now + Math.max(shortestPause, retryAfter ?? 0)));
  return { limit, isLearned: true, tokens: Math.min(bucket.tokens, 0), filledAt: pausedUntil, pausedUntil };
}

/** Calls that may leave at once. */
const burstOf = ({ limit }: Pick<TokenBucket, 'limit'>): number =>
  Math.min(mostAtOnce, Math.max(1, limit * burstShare));

const rateOf = ({ limit }: Pick<TokenBucket, 'limit'>): number => limit * (1 - burstShare);

function filled(bucket: TokenBucket, now: Milliseconds): TokenBucket {
  if (now <= bucket.filledAt) return bucket;
  const added = ((now - bucket.filledAt) / 1_000) * rateOf(bucket);
  return { ...bucket, tokens: Math.min(burstOf(bucket), bucket.tokens + added), filledAt: now };
}
