import { afterEach, expect, test } from 'vitest';
import { type Milliseconds, milliseconds, minutes, seconds } from '../../../operator/clock.ts';
import { type EventLoopMonitor, watchEventLoop } from '../../../operator/telemetry/event-loop.ts';
import { createVirtualClock } from '../../virtual-clock.ts';

let monitor: EventLoopMonitor;
afterEach(() => monitor[Symbol.dispose]());

/** A process that can be held up: time passes, and no timer is heard meanwhile. */
function start() {
  const virtual = createVirtualClock();
  let heldUp = 0;
  let cpu = 0;
  const clock = { ...virtual, elapsed: () => milliseconds(virtual.elapsed() + heldUp) };
  monitor = watchEventLoop({ clock, cpuTime: () => milliseconds(cpu) });
  return {
    virtual,
    problems: () => monitor.check.problems(),
    /** Pauses for `pause`, of which it uses the processor for `busy`, then goes on for ten seconds. */
    holdUp: async (pause: Milliseconds, { busy }: { busy: Milliseconds }) => {
      await virtual.advance(500);
      heldUp += pause;
      cpu += busy;
      await virtual.advance(10_000);
    },
  };
}

test('a process whose timers are in time is well, and one is that is late by a little', async () => {
  const { virtual, problems, holdUp } = start();
  await virtual.advance(60_000);
  expect(problems()).toEqual([]);
  for (let count = 0; count < 10; count += 1) await holdUp(seconds(4), { busy: seconds(4) });
  expect(problems()).toEqual([]);
});

test('held up by its own work for long three times within minutes, it says that a restart helps', async () => {
  const { problems, holdUp } = start();
  await holdUp(seconds(6), { busy: seconds(5) });
  await holdUp(seconds(8), { busy: seconds(9) });
  expect(problems()).toEqual([]);
  await holdUp(seconds(6), { busy: seconds(6) });
  expect(problems()).toEqual([
    'its own work held the process up 3 times in 5 minutes, for up to 8 s: a restart ends what it drowns in',
  ]);
});

test('it is well again when that was minutes ago', async () => {
  const { virtual, problems, holdUp } = start();
  for (let count = 0; count < 3; count += 1) await holdUp(seconds(6), { busy: seconds(6) });
  expect(problems()).toHaveLength(1);
  await virtual.advance(minutes(5));
  expect(problems()).toEqual([]);
});

test('pauses that were done to it count for nothing, however often: a restart would not end them', async () => {
  const { problems, holdUp } = start();
  for (let count = 0; count < 10; count += 1) await holdUp(seconds(20), { busy: seconds(1) });
  expect(problems()).toEqual([]);
});

test('it tells how late the last timer was, and the latest of the last minutes', async () => {
  const { virtual, holdUp } = start();
  await virtual.advance(5_000);
  expect(monitor.lag()).toEqual({ last: 0, longest: 0 });
  await holdUp(seconds(7), { busy: seconds(0) });
  expect(monitor.lag()).toEqual({ last: 0, longest: 7_000 });
  await virtual.advance(minutes(5));
  expect(monitor.lag()).toEqual({ last: 0, longest: 0 });
});

test('it leaves no timer behind', async () => {
  const { virtual } = start();
  await virtual.advance(5_000);
  expect(virtual.sleepers).toBe(1);
  monitor[Symbol.dispose]();
  expect(virtual.sleepers).toBe(0);
});
