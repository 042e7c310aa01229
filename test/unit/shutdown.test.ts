import { expect, test } from 'vitest';
import { seconds } from '../../operator/clock.ts';
import { endsInTime, endsWithin } from '../../operator/shutdown.ts';
import { createVirtualClock } from '../virtual-clock.ts';

function start() {
  const clock = createVirtualClock();
  const stop = new AbortController();
  const work = Promise.withResolvers<void>();
  const options = { signal: stop.signal, grace: seconds(60), clock };
  let ended: boolean | undefined;
  const wait = () => {
    void endsInTime(work.promise, options).then((result) => {
      ended = result;
    });
  };
  return { clock, stop, work, wait, ended: () => ended, options };
}

test('work that goes on is waited for until it is told to end, and for the grace from then on', async () => {
  const { clock, stop, wait, ended } = start();
  wait();
  await clock.advance(3_600_000);
  stop.abort();
  await clock.advance(59_999);
  expect(ended()).toBeUndefined();
  await clock.advance(1);
  expect(ended()).toBe(false);
});

test('work that ends within the grace has ended in time, and leaves no timer behind', async () => {
  const { clock, stop, work, wait, ended } = start();
  wait();
  stop.abort();
  await clock.advance(59_000);
  work.resolve();
  await clock.settle();
  expect([ended(), clock.sleepers]).toEqual([true, 0]);
});

test('told to end before the work began, the grace counts from then on', async () => {
  const { clock, stop, wait, ended } = start();
  stop.abort();
  wait();
  await clock.advance(60_000);
  expect(ended()).toBe(false);
});

test('work that ends by itself needs nobody to tell it', async () => {
  const { clock, work, wait, ended } = start();
  wait();
  work.resolve();
  await clock.settle();
  expect(ended()).toBe(true);
});

test('work that fails says so', async () => {
  const { clock, work, options } = start();
  const waiting = endsInTime(work.promise, options);
  work.reject(new Error('boom'));
  await expect(waiting).rejects.toThrow('boom');
  await expect(endsWithin(seconds(1), work.promise, clock)).rejects.toThrow('boom');
  expect(clock.sleepers).toBe(0);
});
