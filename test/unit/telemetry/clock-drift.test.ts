import { Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { hours, minutes, seconds } from '../../../operator/clock.ts';
import { registerClockDrift, watchClockDrift } from '../../../operator/telemetry/clock-drift.ts';
import { createVirtualClock } from '../../virtual-clock.ts';

function start() {
  const clock = createVirtualClock();
  const drift = watchClockDrift(clock, minutes(1));
  return { clock, drift, problems: () => drift.check.problems() };
}

test('clocks that agree are well, for however long', async () => {
  const { clock, drift, problems } = start();
  await clock.advance(hours(1_000));
  expect(problems()).toEqual([]);
  expect(drift.current()).toBe(0);
});

test.each([
  ['set forward, or the machine was suspended', 61],
  ['set back', -61],
])('a clock that was %s by more than the bound wants a restart', (how, jump) => {
  const { clock, problems } = start();
  clock.jump(seconds(jump));
  expect(problems()).toEqual([`the clock was ${how}, by 61 s: a restart takes all times anew`]);
});

test('a jump within the bound does not', () => {
  const { clock, problems } = start();
  clock.jump(seconds(-59));
  expect(problems()).toEqual([]);
});

test('a jump is not forgotten before a probe can fail three times, nor are many small ones', async () => {
  const { clock, problems } = start();
  for (let count = 0; count < 7; count += 1) {
    await clock.advance(minutes(1));
    clock.jump(seconds(10));
    problems();
  }
  for (let count = 0; count < 6; count += 1) {
    await clock.advance(seconds(10));
    expect(problems()).toHaveLength(1);
  }
});

test.each([60, 3_600])('slewing by 500 ppm never adds up to a drift, looked at every %d s', async (every) => {
  const { clock, problems } = start();
  for (let passed = 0; passed < hours(24 * 7); passed += seconds(every)) {
    await clock.advance(seconds(every));
    clock.jump(every * 0.5);
    expect(problems()).toEqual([]);
  }
});

test('a jump shows after months as it does at once', async () => {
  const { clock, problems } = start();
  await clock.advance(hours(24 * 100));
  expect(problems()).toEqual([]);
  clock.jump(seconds(90));
  expect(problems()).toHaveLength(1);
});

test('the drift is a metric', async () => {
  const { clock, drift } = start();
  const registry = new Registry();
  registerClockDrift(registry, drift);
  clock.jump(seconds(5));
  expect(await registry.metrics()).toContain('process_clock_drift_seconds 5\n');
});
