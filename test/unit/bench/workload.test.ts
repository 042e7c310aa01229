import { expect, test } from 'vitest';
import { isConverged, isStatus, readWorkloadOptions, statusSchema, wantedStatus } from '../../bench/workload.ts';

const noon = new Date('2026-01-01T12:00:00.123Z');
const evening = new Date('2026-01-01T20:00:00.000Z');

test('a status that is as wanted is wanted again, whatever time it is', () => {
  const first = wantedStatus(1, {}, noon);
  expect(wantedStatus(1, first, evening)).toEqual(first);
});

test('a new generation is observed by each condition, none of which changes over', () => {
  const first = wantedStatus(1, {}, noon);
  const second = wantedStatus(2, first, evening);
  expect(second.conditions?.every(({ observedGeneration }) => observedGeneration === 2)).toBe(true);
  expect(second.conditions?.every(({ lastTransitionTime }) => lastTransitionTime === '2026-01-01T12:00:00Z')).toBe(
    true,
  );
});

test('all work is done when eight conditions and the status have observed the generation', () => {
  const status = wantedStatus(3, {}, noon);
  expect(status.conditions).toHaveLength(8);
  expect(isConverged(3, status)).toBe(true);
  expect(isConverged(4, status)).toBe(false);
  expect(isConverged(4, { ...status, observedGeneration: 4 })).toBe(false);
  expect(isConverged(3, { ...status, observedGeneration: 2 })).toBe(false);
  expect(isConverged(3, { ...status, conditions: status.conditions?.slice(1) })).toBe(false);
  expect(isConverged(0, {})).toBe(false);
});

test('a status passes the door as it is', () => {
  const status = wantedStatus(1, {}, noon);
  expect(statusSchema.parse(JSON.parse(JSON.stringify(status)))).toEqual(status);
});

test('a subject says which flag is missing', () => {
  const flags = ['--group', 'g', '--plural', 'p', '--finalizer', 'f'];
  expect(readWorkloadOptions(flags)).toMatchObject({ group: 'g', version: 'v1', plural: 'p', concurrency: 10 });
  expect(() => readWorkloadOptions(flags.slice(0, 4))).toThrow('--finalizer');
});

test.each([
  [{}, true],
  [wantedStatus(1, {}, new Date()), true],
  [{ conditions: [{ type: 'Ready' }] }, false],
  [{ observedGeneration: '1' }, false],
  ['text', false],
])('whether %j is a status of the workload is what the schema says', (status, expected) => {
  expect([isStatus(status), statusSchema.safeParse(status).success]).toEqual([expected, expected]);
});
