import { type Clock, type Milliseconds, milliseconds } from '../../clock.ts';

/** A moment by both clocks: the one that measures stands still on some systems while the machine sleeps, the other can be set. */
export interface Moment {
  readonly elapsed: Milliseconds;
  readonly now: Date;
}

export const momentOf = (clock: Clock): Moment => ({ elapsed: clock.elapsed(), now: clock.now() });

/**
 * The most that can have passed since: for who must not be late. A wall clock that is set forward looks like a machine that
 * slept, and nobody can tell them apart.
 */
export const passedSince = ({ elapsed, now }: Moment, clock: Clock): Milliseconds =>
  milliseconds(Math.max(clock.elapsed() - elapsed, clock.now().getTime() - now.getTime()));
