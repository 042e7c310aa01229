import { describe, expect, test } from 'vitest';
import { checkClockOffset } from '../../../operator/check/cloud/clock-offset.ts';
import { milliseconds, seconds } from '../../../operator/clock.ts';

const cloud = { at: new Date('2026-06-15T08:30:00Z'), bound: milliseconds(600), asleep: milliseconds(0) };
const hereIs = (offset: number) => new Date(cloud.at.getTime() + offset);

describe('the clock of this machine', () => {
  test.each([0, 1_000, -1_000, 60_500, -60_500])('may be %i ms off, with a bound of a minute', (offset) => {
    expect(checkClockOffset(cloud, hereIs(offset), seconds(60))).toMatchObject({ result: 'OK' });
  });

  test.each([
    [61_000, /61\.0s \(±0\.6s\) ahead of/],
    [-300_000, /300\.0s \(±0\.6s\) behind/],
  ])('may not be %i ms off', (offset, found) => {
    expect(checkClockOffset(cloud, hereIs(offset), seconds(60))).toMatchObject({
      result: 'FAILED',
      found: expect.stringMatching(found),
      remedy: expect.stringMatching(/NTP/),
    });
  });

  test('cannot be judged while the billing centre is not heard', () => {
    expect(checkClockOffset({ ...cloud, bound: undefined }, hereIs(0), seconds(60))).toMatchObject({
      result: 'SKIPPED',
    });
  });
});
