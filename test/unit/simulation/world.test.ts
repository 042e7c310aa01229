import { expect, test } from 'vitest';
import { simulate } from '../../simulation/world.ts';

// Whoever looks into a world that failed tells it again by its seed. In these a process dies, and several orders are made, one of which is read back.
test.each([28, 59])('the world of seed %i has the same story when it is told again', async (seed) => {
  const first = await simulate(seed, true);
  const again = await simulate(seed, true);
  expect(first.counts['orders']).toBeGreaterThan(1);
  expect(first.counts['processes killed']).toBeGreaterThan(0);
  expect(again).toEqual(first);
});
