import { expect, test } from 'vitest';
import { aServer } from '../../builders/dccserver.ts';
import { aPlacement, aRequest } from '../../builders/unsubscriptionrequest.ts';
import type { StoredObject } from '../../simulation/api-server.ts';
import { type LiveReads, violationsOfDeparture } from '../../simulation/live-reads.ts';

const request = { apiVersion: 'v1', kind: 'UnsubscriptionRequest', ...aRequest({}, 'retire-1') };
const held = { ...request, metadata: { ...request.metadata, annotations: { 'hold.dcc-operator.io/audit': 'wait' } } };
const server = { apiVersion: 'v1', kind: 'DCCServer', ...aServer('server-1') };
const intent = {
  entry: aPlacement({ holder: 'op' }),
  request,
  at: 100,
  lookedAt: 90,
  departure: undefined,
  outcomeAt: undefined,
};

/** What the process has read of the request, and of all else once after the intent. */
function reads(
  ofRequest: readonly [at: number, object: StoredObject | undefined][],
  now = ofRequest.at(-1)?.[1],
): LiveReads {
  const read = (at: number, object: StoredObject | undefined) => ({ at, object });
  return {
    now: (plural) => ({ configmaps: undefined, dccservers: server, unsubscriptionrequests: now })[plural],
    of: (_, plural) => {
      if (plural === 'configmaps') return [read(110, undefined)];
      return plural === 'dccservers' ? [read(110, server)] : ofRequest.map(([at, object]) => read(at, object));
    },
  };
}

test.each<[string, [number, StoredObject | undefined][], string[]]>([
  ['it was read again, and nothing was against it', [[110, request]], []],
  [
    'it was read before the intent alone',
    [[90, request]],
    ['call 1.1 of retire-1 left without retire-1 being read once more'],
  ],
  ['it was held when it was read', [[110, held]], ['call 1.1 of retire-1 left though its request was held']],
  ['it was gone when it was read', [[110, undefined]], ['call 1.1 of retire-1 left though its request was deleted']],
  // The call goes by one of the readings; which one is not seen from outside.
  [
    'it was held before another reading',
    [
      [105, held],
      [110, request],
    ],
    [],
  ],
  [
    'it was held after another reading',
    [
      [105, request],
      [110, held],
    ],
    [],
  ],
  [
    'a reading from before the intent makes up for none after it',
    [
      [90, request],
      [110, held],
    ],
    ['call 1.1 of retire-1 left though its request was held'],
  ],
])('a call may leave, or not: %s', (_, ofRequest, expected) => {
  expect(violationsOfDeparture(intent, reads(ofRequest))).toEqual(expected);
});

test('who held it again after a clean reading came too late', () => {
  const again = reads(
    [
      [105, held],
      [110, request],
    ],
    held,
  );
  expect(violationsOfDeparture(intent, again)).toEqual([]);
});

test('what was undone while it was read is not held against a call', () => {
  expect(violationsOfDeparture(intent, reads([[110, held]], request))).toEqual([]);
});
