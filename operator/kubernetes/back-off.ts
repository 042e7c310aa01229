import { type Milliseconds, milliseconds, type Random } from '../clock.ts';

export interface BackOff {
  base: Milliseconds;
  ceiling: Milliseconds;
}

/** `base` doubled with every further failure, up to the ceiling. The first failure is number 1. */
export function exponential({ base, ceiling }: BackOff, failures: number): Milliseconds {
  // 2 ** 1024 is Infinity, which the ceiling takes care of.
  return milliseconds(Math.min(ceiling, base * 2 ** Math.max(0, failures - 1)));
}

/**
 * Anything between nothing and the exponential delay: spreads clients that failed together, as after a restart of the
 * API server, best. https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 */
export const fullJitter = (backOff: BackOff, failures: number, random: Random): Milliseconds =>
  milliseconds(random() * exponential(backOff, failures));

/** Between half of the exponential delay and all of it: spreads, and still never comes back at once. */
export const equalJitter = (backOff: BackOff, failures: number, random: Random): Milliseconds =>
  milliseconds(((1 + random()) / 2) * exponential(backOff, failures));
