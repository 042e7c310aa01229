import { type Clock, minutes } from '../../operator/clock.ts';
import { createPolls, type Polls } from '../../operator/polls.ts';

/** Polls exactly a minute apart. */
export const everyMinute = (clock: Pick<Clock, 'elapsed'>): Polls =>
  createPolls({ clock, random: () => 0.5, interval: minutes(1) });
