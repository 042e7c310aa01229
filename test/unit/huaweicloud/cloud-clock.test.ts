import fc from 'fast-check';
import { expect, test } from 'vitest';
import { milliseconds } from '../../../operator/clock.ts';
import { createCloudClock, rangeOf, type ToldTime } from '../../../operator/huaweicloud/cloud-clock.ts';
import { createVirtualClock } from '../../virtual-clock.ts';

const billing = 'https://bss.myhuaweicloud.com';
const ecs = 'https://ecs.cn-north-4.myhuaweicloud.com';

const start = new Date('2026-01-01T00:00:00Z');
/** By a clock on the wall that goes with the one that measures. */
const sentAt = (elapsed: number) => ({ elapsed: milliseconds(elapsed), now: new Date(start.getTime() + elapsed) });

const ofTheCloud = (date: string | undefined): ToldTime => ({ date, isOfTheCloud: true });
const ofAProxy = (date: string | undefined): ToldTime => ({ date, isOfTheCloud: false });

test('before anything was heard the own clock is the guess, without a bound', () => {
  const clock = createVirtualClock();
  expect(createCloudClock(clock).now(billing)).toEqual({ at: clock.now(), bound: undefined, asleep: 0 });
});

test('the time of an answer is kept, also when this clock is hours off, and jumps of it do not matter', async () => {
  const clock = createVirtualClock(new Date('2026-01-01T05:00:00Z'));
  const cloudClock = createCloudClock(clock);
  cloudClock.learn(billing, ofTheCloud('Thu, 01 Jan 2026 00:00:00 GMT'), sentAt(0), milliseconds(0));
  await clock.advance(60_000);
  clock.jump(3_600_000);
  const { at, bound } = cloudClock.now(billing);
  expect(Math.abs(at.getTime() - Date.parse('2026-01-01T00:01:00Z'))).toBeLessThanOrEqual(1_000);
  expect(bound).toBeGreaterThanOrEqual(500);
  expect(bound).toBeLessThan(1_000);
});

test("another endpoint's time is only a guess", () => {
  const cloudClock = createCloudClock(createVirtualClock());
  cloudClock.learn(ecs, ofTheCloud('Thu, 01 Jan 2026 09:00:00 GMT'), sentAt(0), milliseconds(0));
  expect(cloudClock.now(billing).at.getTime()).toBe(cloudClock.now(ecs).at.getTime());
  expect(cloudClock.now(billing).bound).toBeUndefined();
});

test('a slow answer does not spoil what a fast one told', async () => {
  const clock = createVirtualClock();
  const cloudClock = createCloudClock(clock);
  cloudClock.learn(billing, ofTheCloud('Thu, 01 Jan 2026 00:00:00 GMT'), sentAt(0), milliseconds(10));
  await clock.advance(10_000);
  cloudClock.learn(billing, ofTheCloud('Thu, 01 Jan 2026 00:00:05 GMT'), sentAt(10), milliseconds(10_000));
  expect(cloudClock.now(billing).bound).toBeLessThan(600);
});

test('an answer that contradicts the old one wins, however slow: this process slept meanwhile', async () => {
  const clock = createVirtualClock();
  const cloudClock = createCloudClock(clock);
  cloudClock.learn(billing, ofTheCloud('Thu, 01 Jan 2026 00:00:00 GMT'), sentAt(0), milliseconds(10));
  await clock.advance(10_000);
  cloudClock.learn(billing, ofTheCloud('Thu, 01 Jan 2026 08:00:00 GMT'), sentAt(8_000), milliseconds(10_000));
  expect(cloudClock.now(billing).at.toISOString()).toMatch(/^2026-01-01T08:00:0/);
});

/** A machine that sleeps: only the clock on the wall goes on. Its wall clock may be set as well, and is a second off. */
function machine() {
  const clock = createVirtualClock(new Date('2026-01-01T00:00:00.980Z'));
  let [slept, set] = [0, 1_000];
  const wall = { ...clock, now: () => new Date(clock.now().getTime() + slept + set) };
  const cloudClock = createCloudClock(wall);
  const trueTime = () => clock.now().getTime() + slept;
  const latest = () => {
    const time = cloudClock.now(billing);
    return (rangeOf(time)?.latest.getTime() ?? Number.NaN) + time.asleep;
  };
  return {
    trueTime,
    latest,
    asleep: () => cloudClock.now(billing).asleep,
    sleep: (duration: number) => {
      slept += duration;
    },
    setForward: (by: number) => {
      set += by;
    },
    answer: async (roundTrip: number, learn = ofTheCloud, onTheWay = 0) => {
      const sent = { elapsed: clock.elapsed(), now: wall.now() };
      await clock.advance(roundTrip / 2);
      const date = new Date(trueTime()).toUTCString();
      slept += onTheWay;
      await clock.advance(roundTrip / 2);
      cloudClock.learn(billing, learn(date), sent, clock.elapsed());
    },
  };
}

test.each([900, 40_000])(
  'the time is not later than it can be after a sleep of %i ms, nor after answers since',
  async (duration) => {
    const { answer, sleep, latest, trueTime, asleep } = machine();
    await answer(20);
    expect(asleep()).toBe(0);
    sleep(duration);
    expect(asleep()).toBe(duration);
    expect(latest()).toBeGreaterThanOrEqual(trueTime());
    for (const roundTrip of [40, 10, 2_000, 30]) {
      await answer(roundTrip);
      expect(latest()).toBeGreaterThanOrEqual(trueTime());
      expect(latest() - trueTime()).toBeLessThan(4_000);
    }
  },
);

test('a sleep while the answer was on its way counts, too: what it says is from before', async () => {
  const { answer, latest, trueTime, asleep } = machine();
  await answer(20);
  await answer(40, ofTheCloud, 40_000);
  expect(asleep()).toBe(40_000);
  expect(latest()).toBeGreaterThanOrEqual(trueTime());
  await answer(60);
  expect(asleep()).toBe(0);
  expect(latest()).toBeGreaterThanOrEqual(trueTime());
});

test('a clock that was set passes for a sleep until the cloud answers, and hides none after that', async () => {
  const { answer, sleep, setForward, latest, trueTime, asleep } = machine();
  await answer(20);
  setForward(3_600_000);
  expect(asleep()).toBe(3_600_000);
  await answer(20, ofAProxy);
  expect(asleep()).toBe(3_600_000);
  await answer(200);
  expect(asleep()).toBe(0);
  setForward(-3_600_000);
  expect(asleep()).toBe(0);
  await answer(200);
  sleep(40_000);
  expect(asleep()).toBe(40_000);
  expect(latest()).toBeGreaterThanOrEqual(trueTime());
});

test('a proxy whose clock differs makes what is known a guess; the next answer of the cloud ends that', () => {
  const cloudClock = createCloudClock(createVirtualClock());
  cloudClock.learn(billing, ofTheCloud('Thu, 01 Jan 2026 00:00:00 GMT'), sentAt(0), milliseconds(0));
  cloudClock.learn(billing, ofAProxy('Thu, 01 Jan 2026 08:00:00 GMT'), sentAt(0), milliseconds(0));
  expect(cloudClock.now(billing).bound).toBeUndefined();
  expect(cloudClock.now(billing).at.toISOString()).toMatch(/^2026-01-01T08:00:0/);
  cloudClock.learn(billing, ofTheCloud('Thu, 01 Jan 2026 00:00:00 GMT'), sentAt(0), milliseconds(0));
  expect(cloudClock.now(billing).bound).toBeDefined();
  expect(cloudClock.now(billing).at.toISOString()).toMatch(/^2026-01-01T00:00:0/);
});

test('a proxy whose clock agrees changes nothing, and one that is heard alone gives a guess to sign with', () => {
  const cloudClock = createCloudClock(createVirtualClock());
  cloudClock.learn(billing, ofAProxy('Thu, 01 Jan 2026 00:00:00 GMT'), sentAt(0), milliseconds(10));
  expect(cloudClock.now(billing)).toMatchObject({ at: expect.any(Date), bound: undefined });
  cloudClock.learn(billing, ofTheCloud('Thu, 01 Jan 2026 00:00:00 GMT'), sentAt(0), milliseconds(10));
  const known = cloudClock.now(billing);
  cloudClock.learn(billing, ofAProxy('Thu, 01 Jan 2026 00:00:00 GMT'), sentAt(0), milliseconds(0));
  expect(cloudClock.now(billing)).toEqual(known);
});

test.each([undefined, '', 'yesterday'])('a Date header %j teaches nothing', (header) => {
  const cloudClock = createCloudClock(createVirtualClock());
  cloudClock.learn(billing, ofTheCloud(header), sentAt(0), milliseconds(0));
  expect(cloudClock.now(billing).bound).toBeUndefined();
});

test("the cloud's true time is always within the bound", async () => {
  const answer = fc.record({
    pause: fc.integer({ min: 0, max: 600_000 }),
    there: fc.integer({ min: 0, max: 4_000 }),
    back: fc.integer({ min: 0, max: 4_000 }),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: -1e9, max: 1e9 }),
      fc.array(answer, { minLength: 1, maxLength: 40, size: 'max' }),
      async (offset, answers) => {
        const clock = createVirtualClock();
        const cloudClock = createCloudClock(clock);
        const trueTime = () => clock.now().getTime() + offset;
        for (const { pause, there, back } of answers) {
          await clock.advance(pause);
          const sent = { elapsed: clock.elapsed(), now: clock.now() };
          await clock.advance(there);
          const header = new Date(trueTime()).toUTCString();
          await clock.advance(back);
          cloudClock.learn(billing, ofTheCloud(header), sent, clock.elapsed());
          const { at, bound } = cloudClock.now(billing);
          expect(Math.abs(at.getTime() - trueTime())).toBeLessThanOrEqual((bound ?? Number.NaN) + 1);
        }
      },
    ),
    { numRuns: 50 },
  );
});

test('a time lies in its range, however whole its seconds are; a guess has none', () => {
  const at = new Date('2026-01-01T00:00:10.500Z');
  expect(rangeOf({ at, bound: milliseconds(500), asleep: milliseconds(0) })).toEqual({
    earliest: new Date('2026-01-01T00:00:10Z'),
    latest: new Date('2026-01-01T00:00:11Z'),
  });
  expect(rangeOf({ at, bound: undefined, asleep: milliseconds(0) })).toBeUndefined();
});
