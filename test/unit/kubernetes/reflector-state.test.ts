import fc from 'fast-check';
import { expect, test } from 'vitest';
import { milliseconds, seconds } from '../../../operator/clock.ts';
import { KubernetesError, type KubernetesErrorReason } from '../../../operator/kubernetes/errors.ts';
import { initialState, type ReflectorState, transition } from '../../../operator/kubernetes/reflector-state.ts';

const always = (value: number) => () => value;
const error = (reason: KubernetesErrorReason, retryAfter?: number) =>
  new KubernetesError(reason, 'it failed', retryAfter === undefined ? {} : { retryAfter: milliseconds(retryAfter) });
const method = 'Stream';
const watching = (failures = 0): ReflectorState => ({ phase: 'Watching', resourceVersion: '10', method, failures });
const watchFailed = (
  reason: KubernetesErrorReason,
  { lived = 0, retryAfter }: { lived?: number; retryAfter?: number } = {},
) =>
  ({
    type: 'WatchFailed',
    resourceVersion: '20',
    lived: milliseconds(lived),
    error: error(reason, retryAfter),
  }) as const;
const watchEnded = (progressed: boolean, lived: number) =>
  ({ type: 'WatchEnded', resourceVersion: '20', progressed, lived: milliseconds(lived) }) as const;

test('it begins with a list and watches from there', () => {
  expect(transition(initialState, { type: 'Listed', resourceVersion: '10' }, always(0))).toEqual(watching());
});

test('a list that fails is made again after a while', () => {
  const state = transition(initialState, { type: 'ListFailed', error: error('ServerError') }, always(0.5));
  expect(state).toEqual({ phase: 'BackingOff', delay: 400, next: { phase: 'Listing', method, failures: 1 } });
  expect(transition(state, { type: 'Rested' }, always(0))).toEqual({ phase: 'Listing', method, failures: 1 });
});

test('a watch that ends as watches do goes on at once from where it was', () => {
  const onwards = { phase: 'Watching', resourceVersion: '20', method, failures: 0 };
  expect(transition(watching(3), watchEnded(true, 10), always(0.5))).toEqual(onwards);
  expect(transition(watching(3), watchEnded(false, 300_000), always(0.5))).toEqual(onwards);
});

test('a watch that ends at once without a word is not started again in a tight loop', () => {
  expect(transition(watching(1), watchEnded(false, 999), always(0.5))).toEqual({
    phase: 'BackingOff',
    delay: 800,
    next: { phase: 'Watching', resourceVersion: '20', method, failures: 2 },
  });
});

test.each<KubernetesErrorReason>([
  'Unauthorized',
  'TooManyRequests',
  'ServerError',
  'Timeout',
  'ConnectionLost',
  'Unreachable',
])('after %s a watch goes on from where it was', (reason) => {
  expect(transition(watching(), watchFailed(reason), always(0))).toEqual({
    phase: 'BackingOff',
    delay: 0,
    next: { phase: 'Watching', resourceVersion: '20', method, failures: 1 },
  });
});

test.each<KubernetesErrorReason>([
  'Forbidden',
  'Gone',
  'Malformed',
  'BadRequest',
  'NotFound',
  'Conflict',
  'AlreadyExists',
  'Invalid',
])('after %s only a new list helps', (reason) => {
  expect(transition(watching(), watchFailed(reason), always(0))).toEqual({
    phase: 'BackingOff',
    delay: 0,
    next: { phase: 'Listing', method, failures: 1 },
  });
});

test('the server is left alone for as long as it asks', () => {
  const busy = transition(watching(), watchFailed('TooManyRequests', { retryAfter: 5_000 }), always(0.5));
  expect(busy).toMatchObject({ phase: 'BackingOff', delay: 5_000 });
  const listing = { type: 'ListFailed', error: error('TooManyRequests', 100) } as const;
  expect(transition(initialState, listing, always(0.5))).toMatchObject({ delay: 400 });
});

test('the delay doubles with each failure in a row, up to 30 s, and any part of it may be used', () => {
  const delayAfter = (failures: number, random: number) => {
    const state = transition(watching(failures - 1), watchFailed('ServerError'), always(random));
    return state.phase === 'BackingOff' ? state.delay : undefined;
  };
  expect([1, 2, 3, 6, 7, 1_000, 5_000].map((failures) => delayAfter(failures, 0.5))).toEqual([
    400, 800, 1_600, 12_800, 15_000, 15_000, 15_000,
  ]);
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 5_000 }),
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      (failures, random) => {
        const delay = delayAfter(failures, random);
        expect(delay).toBeGreaterThanOrEqual(0);
        expect(delay).toBeLessThan(seconds(30));
      },
    ),
  );
});

test('a list that works does not hide that every watch fails', () => {
  let state: ReflectorState = initialState;
  for (let round = 1; round <= 4; round += 1) {
    state = transition(state, { type: 'Listed', resourceVersion: '10' }, always(0.5));
    state = transition(state, watchFailed('NotFound'), always(0.5));
    expect(state).toMatchObject({ delay: 400 * 2 ** (round - 1) });
    state = transition(state, { type: 'Rested' }, always(0.5));
  }
});

test('a failure after a long sound watch is a first one again', () => {
  const state = transition(watching(9), watchFailed('ConnectionLost', { lived: 30_000 }), always(0.5));
  expect(state).toMatchObject({ delay: 400, next: { failures: 1 } });
});

test('a server that refuses to stream is asked for pages at once, and from then on', () => {
  let state = transition(initialState, { type: 'StreamRefused', error: error('Invalid') }, always(0.5));
  expect(state).toEqual({ phase: 'Listing', method: 'Pages', failures: 0 });
  state = transition(state, { type: 'Listed', resourceVersion: '10' }, always(0.5));
  state = transition(state, watchFailed('Gone'), always(0.5));
  expect(transition(state, { type: 'Rested' }, always(0))).toEqual({ phase: 'Listing', method: 'Pages', failures: 1 });
});

test.each<[KubernetesErrorReason, string]>([
  ['Timeout', 'Pages'],
  ['ConnectionLost', 'Pages'],
  ['Malformed', 'Pages'],
  ['ServerError', 'Pages'],
  ['Unreachable', 'Stream'],
  ['TooManyRequests', 'Stream'],
  ['Unauthorized', 'Stream'],
  ['Forbidden', 'Stream'],
])('after a second %s in a row a list is asked for by %s: the stream may be to blame, or not', (reason, expected) => {
  const first = transition(initialState, { type: 'ListFailed', error: error(reason) }, always(0.5));
  expect(first).toMatchObject({ next: { phase: 'Listing', method: 'Stream', failures: 1 } });
  const listing = transition(first, { type: 'Rested' }, always(0));
  const second = transition(listing, { type: 'ListFailed', error: error(reason) }, always(0.5));
  expect(second).toMatchObject({ next: { phase: 'Listing', method: expected, failures: 2 } });
});
