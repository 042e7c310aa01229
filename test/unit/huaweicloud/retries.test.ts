import { describe, expect, test } from 'vitest';
import { type Milliseconds, milliseconds, minutes } from '../../../operator/clock.ts';
import { CloudError, type CloudErrorFacts } from '../../../operator/huaweicloud/errors.ts';
import { withRetries } from '../../../operator/huaweicloud/retries.ts';
import { createVirtualClock, type VirtualClock } from '../../virtual-clock.ts';

const fault = (facts: Partial<CloudErrorFacts>) =>
  new CloudError({ class: 'Ambiguous', code: '500', operation: 'ecs.Test', message: 'no', httpStatus: 500, ...facts });
const deadlines = { attempt: milliseconds(10_000), call: milliseconds(60_000) };

/** Runs a read that fails with each error in turn and then succeeds; tells when each try began. */
function read(
  errors: readonly unknown[],
  clock: VirtualClock,
  random = () => 1,
  signal?: AbortSignal,
  isStuck = () => false,
) {
  const begun: number[] = [];
  const limits: Milliseconds[] = [];
  const result = withRetries(
    async (limit) => {
      const error = errors[begun.length];
      begun.push(clock.elapsed());
      limits.push(limit);
      if (error !== undefined) throw error;
      return 'done';
    },
    { clock, random, deadlines, isStuck },
    signal,
  ).catch((error: unknown) => error);
  return { begun, limits, result };
}

test.each([
  ['5xx', {}],
  ['throttling', { class: 'Throttled', code: 'APIGW.0308', httpStatus: 429 }],
  ['no answer', { class: 'Unreachable', code: 'Unreachable', httpStatus: undefined }],
  ['CBC.0999 inside status 200', { code: 'CBC.0999', httpStatus: 200 }],
] as const)('a read is tried again after %s, waiting longer each time', async (_, facts) => {
  const clock = createVirtualClock();
  const { begun, result } = read([fault(facts), fault(facts), fault(facts)], clock);
  await clock.advance(60_000);
  expect(await result).toBe('done');
  expect(begun).toEqual([0, 500, 1_500, 3_500]);
});

test('the wait is anywhere between nothing and its full length', async () => {
  const clock = createVirtualClock();
  const { begun, result } = read([fault({}), fault({})], clock, () => 0);
  await clock.advance(0);
  expect(await result).toBe('done');
  expect(begun).toEqual([0, 0, 0]);
});

test('what is refused for its rate is not tried again once that is in vain; other faults are', async () => {
  const clock = createVirtualClock();
  const throttled = fault({ class: 'Throttled', code: 'APIGW.0308', httpStatus: 429 });
  const refused = read(
    [throttled],
    clock,
    () => 1,
    undefined,
    () => true,
  );
  const failed = read(
    [fault({})],
    clock,
    () => 1,
    undefined,
    () => true,
  );
  await clock.advance(60_000);
  expect([await refused.result, refused.begun]).toEqual([throttled, [0]]);
  expect([await failed.result, failed.begun]).toEqual(['done', [0, 500]]);
});

test('after four tries the last error is thrown', async () => {
  const clock = createVirtualClock();
  const errors = [1, 2, 3, 4, 5].map((n) => fault({ message: `fault ${n}` }));
  const { begun, result } = read(errors, clock);
  await clock.advance(60_000);
  expect(await result).toBe(errors[3]);
  expect(begun).toHaveLength(4);
});

test.each([
  ['a documented refusal', { class: 'Refused', code: 'CBC.0100', httpStatus: 400 }],
  ['wrong credentials, which would lock the key', { class: 'Credentials', code: 'APIGW.0301', httpStatus: 401 }],
  ['an answer that does not parse', { class: 'Unparsable', code: 'Unparsable', httpStatus: undefined }],
  ['an unknown 4xx', { class: 'Ambiguous', code: 'CBC.1', httpStatus: 400 }],
  ['an endpoint that is left alone', { class: 'Unreachable', code: 'CircuitOpen', httpStatus: undefined }],
] as const)('nothing is tried again after %s', async (_, facts) => {
  const clock = createVirtualClock();
  const error = fault(facts);
  const { begun, result } = read([error], clock);
  await clock.advance(60_000);
  expect(await result).toBe(error);
  expect(begun).toEqual([0]);
});

test('a signature that was too old is made again once, at once', async () => {
  const clock = createVirtualClock();
  const stale = fault({ class: 'Credentials', code: 'APIGW.0303', httpStatus: 401 });
  const { begun, result } = read([stale, stale], clock);
  await clock.advance(60_000);
  expect(await result).toBe(stale);
  expect(begun).toEqual([0, 0]);
});

test('also when it was too old because of the date of a proxy that answered before', async () => {
  const clock = createVirtualClock();
  const page = fault({ class: 'Ambiguous', code: '503', httpStatus: 503 });
  const { begun, result } = read([page, fault({ class: 'Credentials', code: 'APIGW.0303', httpStatus: 401 })], clock);
  await clock.advance(60_000);
  expect(await result).toBe('done');
  expect(begun).toHaveLength(3);
});

test('Retry-After is honoured', async () => {
  const clock = createVirtualClock();
  const { begun, result } = read([fault({ retryAfter: milliseconds(20_000) })], clock);
  await clock.advance(60_000);
  expect(await result).toBe('done');
  expect(begun).toEqual([0, 20_000]);
});

test('a wait beyond the deadline of the call is not begun', async () => {
  const clock = createVirtualClock();
  const error = fault({ retryAfter: milliseconds(3_600_000) });
  const { result } = read([error], clock);
  await clock.settle();
  expect(await result).toBe(error);
  expect(clock.sleepers).toBe(0);
});

test('a try has no longer than what is left of the call', async () => {
  const clock = createVirtualClock();
  const { limits, result } = read([fault({ retryAfter: milliseconds(55_000) })], clock);
  await clock.advance(60_000);
  await result;
  expect(limits).toEqual([10_000, 5_000]);
});

test('a caller that gives up ends the wait with its own reason', async () => {
  const clock = createVirtualClock();
  const controller = new AbortController();
  const reason = new Error('shutting down');
  const { result } = read([fault({})], clock, () => 1, controller.signal);
  await clock.settle();
  controller.abort(reason);
  expect(await result).toBe(reason);
  expect(clock.sleepers).toBe(0);
});

describe('a turn', () => {
  test('is waited for before each try, and no deadline runs meanwhile', async () => {
    const clock = createVirtualClock();
    const limits: Milliseconds[] = [];
    const result = withRetries(
      async (limit) => {
        limits.push(limit);
        if (limits.length < 3) throw fault({});
        return clock.elapsed();
      },
      { clock, random: () => 0, deadlines, turn: (signal) => clock.sleep(minutes(3), signal) },
    );
    await clock.advance(minutes(10));
    expect(await result).toBe(minutes(9));
    expect(limits).toEqual([10_000, 10_000, 10_000]);
  });

  test('that cannot be had ends the read, with what it throws and without a try', async () => {
    const clock = createVirtualClock();
    const error = fault({ class: 'Unreachable', code: 'CircuitOpen' });
    let tries = 0;
    const result = withRetries(
      async () => {
        tries += 1;
      },
      { clock, random: () => 0, deadlines, turn: () => Promise.reject(error) },
    );
    await expect(result).rejects.toBe(error);
    expect(tries).toBe(0);
  });
});
