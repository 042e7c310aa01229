import { type Clock, type Milliseconds, type Moment, milliseconds } from '../../clock.ts';

/**
 * The most that can have passed since: for who must not be late. A wall clock that is set forward looks like a machine that
 * slept, and nobody can tell them apart.
 */
export const passedSince = ({ elapsed, now }: Moment, clock: Clock): Milliseconds =>
  milliseconds(Math.max(clock.elapsed() - elapsed, clock.now().getTime() - now.getTime()));
