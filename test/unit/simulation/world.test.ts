import { expect, test } from 'vitest';
import { simulate } from '../../simulation/world.ts';

// Whoever looks into a world that failed tells it again by its seed.
test.each([1, 17])('the world of seed %i has the same story when it is told again', async (seed) => {
  const first = await simulate(seed, true);
  const again = await simulate(seed, true);
  expect(first.story.length).toBeGreaterThan(0);
  expect(again).toEqual(first);
});
