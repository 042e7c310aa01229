import { expect, test } from 'vitest';
import { createGoneCalls } from '../../../../operator/unsubscription/settling/gone-calls.ts';
import type { PlacementEvidence } from '../../../../operator/unsubscription/snapshot.ts';
import { resourceIdOf } from '../../../builders/dccserver.ts';
import { lookedAt, minutesLater } from '../../../builders/metadata.ts';
import { rows } from '../../../builders/snapshot.ts';
import { aPlacement } from '../../../builders/unsubscriptionrequest.ts';

const call = { state: 'Unknown', signedAt: lookedAt.toISOString() } as const;
const lost = aPlacement(call);
const gone = rows('Closed', 'server-1');
const inUse = rows('InUse', 'server-1');

/** What is noted of readings at these minutes, one after the other. */
function noted(placement: typeof lost, ...readings: [rows: PlacementEvidence['rows'], minute: number][]) {
  const calls = createGoneCalls();
  return readings.map(([shown, minute]) => calls.note(placement, { rows: shown, readUntil: minutesLater(minute) }));
}

test('a lost call is gone since the first reading of all in which its resources are, without one in which they were not', () => {
  expect(noted(lost, [gone, 1], [gone, 2])).toEqual([minutesLater(1), minutesLater(1)]);
  expect(noted(lost, [gone, 1], [inUse, 2], [gone, 3])).toEqual([minutesLater(1), undefined, minutesLater(3)]);
  expect(noted(lost, [new Map(), 1])).toEqual([undefined]);
});

test('it is when all of its resources are', () => {
  const both = aPlacement({ ...call, resourceIds: ['server-1', 'server-2'].map(resourceIdOf) });
  const all = rows('Absent', 'server-1', 'server-2');
  expect(noted(both, [gone, 1], [all, 2])).toEqual([undefined, minutesLater(2)]);
});

test('other calls are of no matter, and what was accepted is forgotten', () => {
  const calls = createGoneCalls();
  const note = (placement: typeof lost, minute: number) =>
    calls.note(placement, { rows: gone, readUntil: minutesLater(minute) });
  expect(note(lost, 1)).toEqual(minutesLater(1));
  expect(note({ ...lost, signedAt: minutesLater(5).toISOString() }, 6)).toEqual(minutesLater(6));
  expect(note({ ...lost, state: 'Accepted' }, 7)).toBeUndefined();
  expect(note(lost, 8)).toEqual(minutesLater(8));
});
