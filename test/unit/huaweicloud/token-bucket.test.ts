import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { milliseconds, seconds } from '../../../operator/clock.ts';
import {
  narrow,
  newBucket,
  type RateBounds,
  spend,
  type TokenBucket,
  waitFor,
  widen,
} from '../../../operator/huaweicloud/token-bucket.ts';

const bounds: RateBounds = { first: 20, least: 1, most: 200 };
const at = milliseconds;

/** The moments at which `count` calls leave that all want to leave at once. */
function departures(bucket: TokenBucket, count: number, start = 0): { left: number[]; bucket: TokenBucket } {
  const left: number[] = [];
  let now = start;
  let current = bucket;
  for (let n = 0; n < count; n += 1) {
    now += waitFor(current, at(now));
    current = spend(current, at(now));
    left.push(now);
  }
  return { left, bucket: current };
}

/** The most calls within one second. */
const mostInASecond = (moments: readonly number[]) =>
  Math.max(...moments.map((from) => moments.filter((moment) => moment >= from && moment < from + 1_000).length));

test('some calls leave at once, the others at an even pace', () => {
  const { left } = departures(newBucket(bounds, at(0)), 8);
  expect(left).toEqual([0, 0, 0, 0, 63, 125, 188, 250]);
});

test('after a rest it is as full as at first, and no fuller', () => {
  const { bucket } = departures(newBucket(bounds, at(0)), 8);
  expect(departures(bucket, 5, 3_600_000).left.map((moment) => moment - 3_600_000)).toEqual([0, 0, 0, 0, 63]);
});

test('in no second more calls leave than the limit, whatever it is and whenever they come', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 2, max: 200 }),
      fc.array(fc.tuple(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 0, max: 2_000 })), { maxLength: 10 }),
      (limit, rushes) => {
        let bucket = newBucket({ first: limit, least: 1, most: limit }, at(0));
        const moments: number[] = [];
        for (const [count, rest] of rushes) {
          const gone = departures(bucket, count, (moments.at(-1) ?? 0) + rest);
          moments.push(...gone.left);
          bucket = gone.bucket;
        }
        expect(mostInASecond([0, ...moments])).toBeLessThanOrEqual(limit + 1);
      },
    ),
  );
});

test('a call that cannot wait counts: the next one waits for it, too', () => {
  const bucket = newBucket({ first: 5, least: 1, most: 5 }, at(0));
  const spent = spend(spend(spend(bucket, at(0)), at(0)), at(0));
  expect(waitFor(spent, at(0))).toBe(750);
  expect(waitFor(spent, at(750))).toBe(0);
});

describe('a refusal', () => {
  const refused = (retryAfter?: number, bucket = newBucket(bounds, at(0)), now = 500) =>
    narrow(bucket, bounds, at(now), retryAfter === undefined ? undefined : at(retryAfter));

  test('halves the limit, and nothing leaves within the second by which the cloud counts', () => {
    expect(refused().limit).toBe(10);
    expect(waitFor(refused(), at(500))).toBe(1_125);
    expect(waitFor(refused(), at(1_625))).toBe(0);
  });

  test('halves it once for calls that were under way together, and again after that', () => {
    const twice = refused(undefined, refused(), 900);
    expect(twice.limit).toBe(10);
    expect(refused(undefined, twice, 1_900).limit).toBe(5);
  });

  test('holds everything back for as long as the cloud asks', () => {
    expect(waitFor(refused(30_000), at(500))).toBeGreaterThanOrEqual(30_000);
    expect(waitFor(refused(0), at(500))).toBeGreaterThanOrEqual(1_000);
    expect(waitFor(refused(1_000, refused(30_000), 600), at(600))).toBeGreaterThanOrEqual(29_900);
  });
});

describe('a call that passes', () => {
  const afterCalls = (bucket: TokenBucket, count: number) =>
    Array.from({ length: count }).reduce<TokenBucket>((current) => widen(current, bounds), bucket);

  test('raises the limit quickly while nothing was ever refused, up to what the cloud states', () => {
    expect(afterCalls(newBucket(bounds, at(0)), 100).limit).toBeCloseTo(40);
    expect(afterCalls(newBucket(bounds, at(0)), 10_000).limit).toBe(200);
  });

  test('raises it slowly after a refusal: in a second of full use by a tenth of a call', () => {
    const bucket = narrow(newBucket(bounds, at(0)), bounds, at(0), undefined);
    expect(afterCalls(bucket, 10).limit).toBeCloseTo(10.1, 2);
  });
});

test('the limit stays within its bounds and every wait ends, whatever happens', () => {
  const event = fc.record({ refused: fc.boolean(), rest: fc.integer({ min: 0, max: 5_000 }) });
  fc.assert(
    fc.property(fc.array(event), (events) => {
      let now = 0;
      let bucket = newBucket(bounds, at(0));
      for (const { refused, rest } of events) {
        now += waitFor(bucket, at(now));
        expect(waitFor(bucket, at(now))).toBe(0);
        bucket = spend(bucket, at(now));
        now += rest;
        bucket = refused ? narrow(bucket, bounds, at(now), undefined) : widen(bucket, bounds);
        expect(bucket.limit).toBeGreaterThanOrEqual(bounds.least);
        expect(bucket.limit).toBeLessThanOrEqual(bounds.most);
        expect(waitFor(bucket, at(now))).toBeLessThanOrEqual(seconds(1) + 1_250 + 1);
      }
    }),
  );
});
