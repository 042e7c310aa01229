import { expect, test } from 'vitest';
import { seconds } from '../../operator/clock.ts';
import { createVirtualClock } from '../virtual-clock.ts';

test('sleepers wake in the order of their times, whatever the order in which they went to sleep', async () => {
  const clock = createVirtualClock();
  const woken: string[] = [];
  const sleep = (name: string, duration: number) => clock.sleep(seconds(duration)).then(() => woken.push(name));
  void sleep('second', 2);
  void sleep('first', 1);
  await clock.advance(1_999);
  expect(woken).toEqual(['first']);
  await clock.advance(1);
  expect(woken).toEqual(['first', 'second']);
});

test('a sleeper that sleeps again is woken within the same span', async () => {
  const clock = createVirtualClock();
  const seen: number[] = [];
  const tick = async () => {
    for (let turn = 0; turn < 3; turn += 1) {
      await clock.sleep(seconds(10));
      seen.push(clock.elapsed());
    }
  };
  const ticking = tick();
  await clock.advance(30_000);
  await ticking;
  expect(seen).toEqual([10_000, 20_000, 30_000]);
  expect(clock.now()).toEqual(new Date('2026-01-01T00:00:30Z'));
});

test('an aborted sleep rejects with the reason of its signal and leaves no sleeper behind', async () => {
  const clock = createVirtualClock();
  const stop = new AbortController();
  const sleeping = clock.sleep(seconds(10), stop.signal);
  expect(clock.sleepers).toBe(1);
  stop.abort(new Error('enough'));
  await expect(sleeping).rejects.toThrow('enough');
  await expect(clock.sleep(seconds(1), stop.signal)).rejects.toThrow('enough');
  expect(clock.sleepers).toBe(0);
});

test('a jump of the wall clock moves no elapsed time', () => {
  const clock = createVirtualClock();
  clock.jump(3_600_000);
  expect(clock.now()).toEqual(new Date('2026-01-01T01:00:00Z'));
  expect(clock.elapsed()).toBe(0);
});
