import { expect, test } from 'vitest';
import { minutes, seconds } from '../../operator/clock.ts';
import { createPolls } from '../../operator/polls.ts';
import { createVirtualClock } from '../virtual-clock.ts';

const interval = minutes(1);

test.each([
  [0, 54],
  [0.5, 60],
  [1, 66],
])('by chance (%d) the next poll comes a tenth sooner or later', async (chance, after) => {
  const clock = createVirtualClock();
  const polls = createPolls({ clock, random: () => chance, interval });
  expect(polls.next()).toBe(seconds(after));
  await clock.advance(minutes(10));
  expect(polls.next()).toBe(minutes(10) + seconds(after));
});

test.each([
  [70, 60],
  [41, 31],
  [39, 30],
  [5, 30],
])('who is to look again at second %i waits from the tenth on for %i seconds', async (at, wait) => {
  const clock = createVirtualClock();
  await clock.advance(seconds(10));
  expect(createPolls({ clock, random: Math.random, interval }).until(seconds(at))).toBe(seconds(wait));
});
