import { beforeEach, describe, expect, test } from 'vitest';
import { hours, type Milliseconds, minutes, seconds } from '../../../../operator/clock.ts';
import { type RefreshedCredentials, refreshing } from '../../../../operator/huaweicloud/credentials/refreshing.ts';
import { CredentialsError } from '../../../../operator/huaweicloud/credentials.ts';
import { CloudError } from '../../../../operator/huaweicloud/errors.ts';
import { createVirtualClock, type VirtualClock } from '../../../virtual-clock.ts';

let clock: VirtualClock;
let credentials: RefreshedCredentials;
/** How many times a key was asked for. */
let asked: number;
let told: string[];
/** What asking for a key comes to. */
let answer: () => Promise<Milliseconds>;
beforeEach(() => {
  clock = createVirtualClock();
  asked = 0;
  told = [];
  answer = async () => hours(6);
  credentials = refreshing({
    clock,
    obtain: async () => {
      asked += 1;
      const accessKey = `key ${asked}`;
      const validFor = await answer();
      return { credentials: { accessKey, secretKey: () => 'secret' }, validFor };
    },
    tell: (error, holdsFor) => told.push(`${error === undefined ? 'well' : 'failed'}, ${holdsFor / 1_000} s left`),
  });
});

const validFor = (duration: Milliseconds) => async () => duration;
const unreachable = async (): Promise<never> => {
  throw new CloudError({ class: 'Unreachable', code: 'Unreachable', operation: 'iam.Any', message: 'no answer' });
};
const refused = async (): Promise<never> => {
  throw new CredentialsError('No credentials were given.', 'Ask for them.');
};
/** The key that a call would be signed with, or the error that it would end with. */
const use = async () => {
  const used = await credentials.provider().then(
    ({ accessKey }) => accessKey,
    (error: Error) => error.name,
  );
  await clock.settle();
  return used;
};
/** As a poll every so often does, for a while. */
async function useEvery(period: Milliseconds, during: Milliseconds): Promise<string[]> {
  const used: string[] = [];
  for (let passed = 0; passed < during; passed += period) {
    used.push(await use());
    await clock.advance(period);
  }
  return used;
}

describe('a temporary key', () => {
  test('is not asked for before it is needed, and then once for all who need it', async () => {
    expect(asked).toBe(0);
    expect(await Promise.all([use(), use(), use()])).toEqual(['key 1', 'key 1', 'key 1']);
    expect(asked).toBe(1);
  });

  test.each([
    ['40 minutes before its end', hours(6), minutes(320)],
    ['at half of its life when that is short', minutes(15), minutes(7.5)],
  ])('is replaced %s', async (_, life, refreshedAfter) => {
    answer = validFor(life);
    await use();
    await clock.advance(refreshedAfter - 1);
    await use();
    expect(asked).toBe(1);
    await clock.advance(1);
    expect(await use(), 'the old one is used until the new one is here').toBe('key 1');
    expect(await use()).toBe('key 2');
  });

  test('holds nobody up while it is replaced, and is replaced once however many use it', async () => {
    await use();
    const { promise: silence, resolve } = Promise.withResolvers<Milliseconds>();
    answer = () => silence;
    await clock.advance(minutes(321));
    expect(await Promise.all([use(), use(), use()])).toEqual(['key 1', 'key 1', 'key 1']);
    expect(asked).toBe(2);
    resolve(hours(6));
    await clock.settle();
    expect(await use()).toBe('key 2');
  });

  test('is used to its last minute while no new one is given, and the first new one after that', async () => {
    answer = validFor(hours(1));
    await use();
    answer = unreachable;
    const used = await useEvery(seconds(30), minutes(70));
    expect(used.slice(0, 118)).toEqual(Array.from({ length: 118 }, () => 'key 1'));
    expect(used.slice(118)).toEqual(Array.from({ length: 22 }, () => 'CloudError'));
    answer = validFor(hours(1));
    await clock.advance(minutes(1));
    expect(await use()).toMatch(/^key \d+$/);
    expect(told.at(-2)).toBe('failed, 0 s left');
    expect(told.at(-1)).toMatch(/^well, 3540 s left$/);
  });

  test('that is refused is told with how long the old one holds, and asked for ever more rarely', async () => {
    answer = validFor(hours(1));
    await use();
    answer = refused;
    await useEvery(seconds(10), hours(2));
    expect(told[0]).toBe('failed, 1740 s left');
    expect(told.slice(0, 4)).toEqual([1740, 1680, 1560, 1320].map((left) => `failed, ${left} s left`));
    // After 1, 2, 4 and 8 minutes, then every quarter of an hour.
    expect(asked).toBeLessThanOrEqual(2 + 4 + 6);
  });

  test('is asked for no more than once a pause by all who go without', async () => {
    answer = refused;
    expect(await Promise.all([use(), use(), use()])).toEqual(Array.from({ length: 3 }, () => 'CredentialsError'));
    await useEvery(seconds(1), seconds(59));
    expect(asked).toBe(1);
    await clock.advance(seconds(1));
    await use();
    expect(asked).toBe(2);
  });

  test('that was not given because nobody answered is asked for again within seconds', async () => {
    answer = unreachable;
    expect(await use()).toBe('CloudError');
    answer = validFor(hours(1));
    await clock.advance(seconds(5));
    expect(await use()).toBe('key 2');
    expect(credentials.state()).toEqual({ keyHoldsForSeconds: 3_540, refreshFailures: 0 });
  });

  test('that ends at once is none: the clock is wrong, or the agency', async () => {
    answer = validFor(seconds(60));
    expect(await use()).toBe('CredentialsError');
    expect(credentials.state()).toMatchObject({ lastFailure: expect.stringContaining('less than a minute') });
  });

  test('that the cloud refuses is replaced before it is used again, once it is a minute old', async () => {
    await use();
    credentials.renew();
    expect(await use()).toBe('key 1');
    await clock.advance(minutes(1));
    expect(await Promise.all([use(), use()])).toEqual(['key 2', 'key 2']);
    await clock.advance(minutes(1));
    expect(await use()).toBe('key 2');
  });

  test('that the cloud refuses is used on while there is no other', async () => {
    await use();
    credentials.renew();
    answer = refused;
    await clock.advance(minutes(1));
    expect(await use()).toBe('key 1');
    expect(await use()).toBe('key 1');
    expect(asked).toBe(2);
  });

  test('keeps nobody who no longer waits', async () => {
    answer = () => new Promise(() => {});
    const leaving = new AbortController();
    const left = credentials.provider(leaving.signal);
    leaving.abort(new Error('gone'));
    await expect(left).rejects.toThrow('gone');
  });
});
