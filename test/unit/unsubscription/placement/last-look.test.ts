import { describe, expect, test } from 'vitest';
import { seconds } from '../../../../operator/clock.ts';
import { isFresh } from '../../../../operator/unsubscription/placement/last-look.ts';
import { createVirtualClock } from '../../../virtual-clock.ts';

describe('a last look', () => {
  test('is worthless after a minute, though the wall clock was set back meanwhile', async () => {
    const clock = createVirtualClock();
    const began = { elapsed: clock.elapsed(), now: clock.now() };
    await clock.advance(seconds(61));
    clock.jump(-seconds(61));
    expect(isFresh(began, clock)).toBe(false);
  });

  test('is good for a minute', async () => {
    const clock = createVirtualClock();
    const began = { elapsed: clock.elapsed(), now: clock.now() };
    await clock.advance(seconds(60));
    expect(isFresh(began, clock)).toBe(true);
    await clock.advance(1);
    expect(isFresh(began, clock)).toBe(false);
  });

  test.each([61, -61])(
    'is worthless when the wall clock moved by %i seconds: the machine slept, or nobody knows',
    (by) => {
      const clock = createVirtualClock();
      const began = { elapsed: clock.elapsed(), now: clock.now() };
      clock.jump(seconds(by));
      expect(isFresh(began, clock)).toBe(false);
    },
  );
});
