import { expect, test } from 'vitest';
import { milliseconds, seconds } from '../../../operator/clock.ts';
import { equalJitter, exponential, fullJitter } from '../../../operator/kubernetes/back-off.ts';

const backOff = { base: milliseconds(100), ceiling: seconds(1) };

test('the delay doubles with each failure up to the ceiling, however many there are', () => {
  expect([1, 2, 3, 4, 5, 2_000].map((failures) => exponential(backOff, failures))).toEqual([
    100, 200, 400, 800, 1_000, 1_000,
  ]);
});

test('full jitter uses any part of it, equal jitter the upper half', () => {
  expect([0, 0.5].map((random) => fullJitter(backOff, 3, () => random))).toEqual([0, 200]);
  expect([0, 0.5].map((random) => equalJitter(backOff, 3, () => random))).toEqual([200, 300]);
});
