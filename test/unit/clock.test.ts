import { describe, expect, test } from 'vitest';
import { deadline, hours, milliseconds, minutes, parseDuration, seconds, systemClock } from '../../operator/clock.ts';

test.each([
  ['90s', seconds(90)],
  ['15m', minutes(15)],
  ['24h', hours(24)],
  ['1h30m', minutes(90)],
  ['1h5s', milliseconds(3_605_000)],
  ['2m30s', seconds(150)],
  ['1h2m3s', milliseconds(3_723_000)],
  ['0s', milliseconds(0)],
])('the duration %s is %i ms', (text, duration) => {
  expect(parseDuration(text)).toBe(duration);
});

test.each(['', 's', '5', '5 m', '1.5h', '-5s', '30m1h', '1d', '1H', '5ms', '90s ', '5s\n'])(
  '%j is no duration',
  (text) => {
    expect(parseDuration(text)).toBeUndefined();
  },
);

describe('the clock of the system', () => {
  test('sleeps as long as it was told, by its own elapsed time', async () => {
    const before = systemClock.elapsed();
    await systemClock.sleep(milliseconds(20));
    expect(systemClock.elapsed() - before).toBeGreaterThanOrEqual(19);
  });

  test('is woken by a signal, for the reason of the signal', async () => {
    const stop = new AbortController();
    const sleeping = systemClock.sleep(hours(1), stop.signal);
    stop.abort(new Error('enough'));
    await expect(sleeping).rejects.toThrow('enough');
    await expect(systemClock.sleep(hours(1), stop.signal)).rejects.toThrow('enough');
  });
});

describe('a deadline', () => {
  test('aborts in time, and says that it was the time', async () => {
    const signal = deadline(systemClock, milliseconds(1));
    const { promise, resolve } = Promise.withResolvers<unknown>();
    signal.addEventListener('abort', () => resolve(signal.reason), { once: true });
    expect(await promise).toMatchObject({ name: 'TimeoutError' });
  });

  test('aborts with its parent, for the reason of its parent', () => {
    const stop = new AbortController();
    const signal = deadline(systemClock, minutes(1), stop.signal);
    expect(signal.aborted).toBe(false);
    stop.abort(new Error('enough'));
    expect(signal.reason).toEqual(new Error('enough'));
  });
});
