import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isOpen, type Placement } from '../../../../operator/api/unsubscriptionrequest.ts';
import {
  intended,
  orderNumber,
  placementId,
  progressOf,
  withEntry,
} from '../../../../operator/unsubscription/placement/journal.ts';
import { arbitraryOutcome } from '../../../builders/arbitrary.ts';
import { anotherPlanId, aPlacement } from '../../../builders/unsubscriptionrequest.ts';

const completed: Partial<Placement> = {
  state: 'Accepted',
  orders: [{ orderId: 'CS1', state: 'Completed' }],
  result: 'Completed',
};

describe('an order stands', () => {
  test.each<[kind: string, what: string, journal: Partial<Placement>[]]>([
    ['Next', 'that was never tried', []],
    ['Next', 'that was never sent', [{ state: 'NotSent' }]],
    ['Next', 'that was read back as not placed', [{ state: 'NotPlaced' }]],
    ['Next', 'that was refused for now', [{ state: 'Rejected', mayRetry: true }]],
    ['Failed', 'that was refused for good', [{ state: 'Rejected', mayRetry: false }]],
    ['Failed', 'that was refused without a word on trying again', [{ state: 'Rejected' }]],
    ['Failed', 'that was tried for the tenth time', [{ state: 'NotSent', attempt: 10 }]],
    ['Next', 'that was tried for the ninth time', [{ state: 'NotSent', attempt: 9 }]],
    ['Unsettled', 'that is about to be sent', [{ state: 'Intended' }]],
    ['Unsettled', 'whose answer was lost', [{ state: 'Unknown' }]],
    [
      'InProgress',
      'that the cloud works on',
      [{ state: 'Accepted', orders: [{ orderId: 'CS1', state: 'Processing' }] }],
    ],
    ['Done', 'that is completed', [completed]],
    ['Failed', 'that the cloud cancelled', [{ ...completed, result: 'Cancelled' }]],
    [
      'Failed',
      'that was completed but for a resource',
      [{ ...completed, failed: [{ resourceId: 'disk-1', code: 'CBC.0100', message: '' }] }],
    ],
    ['Done', 'whose second attempt came through', [{ state: 'NotSent' }, { ...completed, attempt: 2 }]],
    [
      'Unsettled',
      'whose later attempt stands first in the journal',
      [
        { state: 'Unknown', attempt: 2 },
        { state: 'NotSent', attempt: 1 },
      ],
    ],
  ])('as %s %s', (kind, _, entries) => {
    const journal = entries.map((entry) => aPlacement({ ...entry, id: `1.${entry.attempt ?? 1}` }));
    expect(progressOf(journal, 1).kind).toBe(kind);
  });

  test('by its own number: 1 is not 10 or 11', () => {
    const journal = [aPlacement({ id: '10.1', ...completed }), aPlacement({ id: '11.1', state: 'Unknown' })];
    expect(progressOf(journal, 1).kind).toBe('Next');
    expect(progressOf(journal, 10).kind).toBe('Done');
  });

  test('with the attempt that comes next, and the one before it', () => {
    const previous = aPlacement({ id: '1.3', attempt: 3, state: 'NotSent' });
    expect(progressOf([previous], 1)).toEqual({ kind: 'Next', attempt: 4, previous });
  });
});

test('an order is never tried again after a refusal for good, an acceptance or an unsettled call', () => {
  fc.assert(
    fc.property(arbitraryOutcome, fc.integer({ min: 1, max: 12 }), (outcome, attempt) => {
      const entry = aPlacement({ ...outcome, id: `1.${attempt}`, attempt });
      const hadNoEffect = entry.state === 'NotSent' || entry.state === 'NotPlaced' || entry.mayRetry === true;
      const again = progressOf([entry], 1).kind === 'Next';
      expect(again).toBe(hadNoEffect && attempt < 10);
    }),
  );
});

test('a call that is open never lets its order be done, failed or next', () => {
  fc.assert(
    fc.property(arbitraryOutcome, (outcome) => {
      const entry = aPlacement(outcome);
      expect(isOpen(entry)).toBe(['Unsettled', 'InProgress'].includes(progressOf([entry], 1).kind));
    }),
  );
});

const entry = fc
  .record({
    number: fc.integer({ min: 1, max: 6 }),
    attempt: fc.integer({ min: 1, max: 10 }),
    outcome: arbitraryOutcome,
  })
  .map(({ number, attempt, outcome }) => aPlacement({ ...outcome, id: placementId(number, attempt), attempt }));

test('no entry of the journal is ever lost or moved, and the newest word on each call stands', () => {
  fc.assert(
    fc.property(fc.array(entry, { maxLength: 80, size: 'max' }), (entries) => {
      const journal = entries.reduce<Placement[]>((before, next) => {
        const after = withEntry(before, next);
        expect(after.slice(0, before.length).map(({ id }) => id)).toEqual(before.map(({ id }) => id));
        return after;
      }, []);
      const newest = new Map(entries.map((one) => [one.id, one]));
      expect(new Map(journal.map((one) => [one.id, one]))).toEqual(newest);
      expect(journal).toHaveLength(newest.size);
    }),
  );
});

test('writing an entry leaves the journal that was given as it was', () => {
  const journal = [aPlacement()];
  withEntry(journal, aPlacement({ state: 'Unknown' }));
  withEntry(journal, aPlacement({ id: '2.1' }));
  expect(journal).toEqual([aPlacement()]);
});

test('an id carries the number of its order', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 550 }), fc.integer({ min: 1, max: 10 }), (number, attempt) => {
      expect(orderNumber(aPlacement({ id: placementId(number, attempt) }))).toBe(number);
    }),
  );
});

test('an intent holds exactly what is sent, and counts as sent from then on', () => {
  const details = {
    id: '2.1',
    attempt: 1,
    plan: anotherPlanId,
    signedAt: '2026-03-01T12:00:00Z',
    holder: 'operator-0',
  };
  const intent = intended({ servers: ['a', 'b'], resourceIds: ['r-a', 'r-b'], relyingOn: [] }, details);
  expect(intent).toEqual({ ...details, servers: ['a', 'b'], resourceIds: ['r-a', 'r-b'], state: 'Intended' });
  expect(isOpen(intent)).toBe(true);
});
