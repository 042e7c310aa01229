import { describe, expect, test } from 'vitest';
import { milliseconds } from '../../../../operator/clock.ts';
import { blockersOf } from '../../../../operator/unsubscription/blockers/rules.ts';
import { lookedAt } from '../../../builders/metadata.ts';
import { aSnapshot } from '../../../builders/snapshot.ts';

/** Half a second either way is all that the Date header of an answer gives. */
const bound = milliseconds(500);
const later = (time: number) => new Date(lookedAt.getTime() + time);

/** Why a request waits when the cloud's time is `lookedAt`, give or take. */
const reasons = (spec: { notBefore?: string; deadline?: string }) =>
  blockersOf({
    ...aSnapshot({ request: { spec } }),
    cloudTime: { earliest: later(-bound), latest: later(bound) },
  }).map(({ reason }) => reason);

describe('where the cloud’s time is known but to half a second', () => {
  test.each([
    [-500, []],
    [-499, ['NotBefore']],
    [0, ['NotBefore']],
  ])('nothing is ordered before notBefore at %i ms, whatever the true time', (time, expected) => {
    expect(reasons({ notBefore: later(time).toISOString() })).toEqual(expected);
  });

  test.each([
    [501, []],
    [500, ['DeadlinePassed']],
    [0, ['DeadlinePassed']],
  ])('nothing is ordered from the deadline on at %i ms, whatever the true time', (time, expected) => {
    expect(reasons({ deadline: later(time).toISOString() })).toEqual(expected);
  });
});
