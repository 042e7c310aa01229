import { type Clock, type Milliseconds, milliseconds, type Random } from './clock.ts';

/** When things are looked at again though nothing is heard of them. */
export interface Polls {
  /** The mean time between two polls. */
  readonly interval: Milliseconds;
  /** When, by `clock.elapsed`, to look again at what is looked at now: an interval from now, a tenth more or less by chance. */
  next(): Milliseconds;
  /** How long a pass that ends now waits for the poll at that time; at least half an interval, however long it took. */
  until(at: Milliseconds): Milliseconds;
}

/**
 * What began together, as all accounts do when the operator starts, drifts apart by the chance in it: the cloud does not hear from
 * all of them at the same moment for ever.
 */
export function createPolls({ clock, random, interval }: PollOptions): Polls {
  return {
    interval,
    next: () => milliseconds(clock.elapsed() + interval * (0.9 + 0.2 * random())),
    until: (at) => milliseconds(Math.max(interval / 2, at - clock.elapsed())),
  };
}

export interface PollOptions {
  readonly clock: Pick<Clock, 'elapsed'>;
  readonly random: Random;
  readonly interval: Milliseconds;
}
