import { expect, test } from 'vitest';
import type { DCCServer, Parsed, UnsubscriptionRequest } from '../../operator/api/objects.ts';
import type { Placement } from '../../operator/api/unsubscriptionrequest.ts';
import { otherCalls } from '../../operator/known-calls.ts';
import { aServer } from '../builders/dccserver.ts';
import { aPlacement, aRequest } from '../builders/unsubscriptionrequest.ts';

const asked = { namespace: 'datacenter', servers: ['server-1'], signedAt: '2026-03-01T12:00:00Z' };
const other = { servers: ['server-2'], signedAt: '2026-03-01T12:00:00Z' };
const orders = [{ orderId: 'CS2', state: 'Processing' }];

interface Known {
  calls: readonly Partial<Placement>[];
  remembered: DCCServer['status']['unsubscription'];
  unreadable: 'Request' | 'Server';
}

function known({ calls = [], remembered, unreadable }: Partial<Known>) {
  const request = aRequest({ status: { placements: calls.map((call) => aPlacement(call)) } });
  const server = aServer('server-2', { status: { unsubscription: remembered } });
  const requests: Parsed<UnsubscriptionRequest>[] = [{ kind: 'Readable', object: request }];
  const servers: Parsed<DCCServer>[] = [{ kind: 'Readable', object: server }];
  const broken = (kind: Known['unreadable']) =>
    kind === unreadable ? [{ kind: 'Unreadable' as const, metadata: server.metadata, problem: 'no plan' }] : [];
  const { answered, lost } = otherCalls(
    {
      requests: {
        objects: { byIndex: (_, value) => (value === 'kept' ? requests : broken('Request')) },
      },
      servers: { objects: { byIndex: (_, value) => (value === 'once' ? servers : broken('Server')) } },
    },
    asked,
  );
  return { answered: [...answered], lost };
}

test.each<[what: string, calls: Partial<Placement>, answered: string[]]>([
  ["the cloud's own answer named it", { ...other, state: 'Accepted', answered: true, orders }, ['CS2']],
  ['it was read back', { ...other, state: 'Accepted', orders }, []],
  ['it was for the same server', { ...asked, signedAt: '2026-03-01T11:00:00Z', answered: true, orders }, []],
])('an order of another call is for that alone, or not: %s', (_, call, answered) => {
  expect(known({ calls: [call] }).answered).toEqual(answered);
});

test.each<[what: string, of: Partial<Known>, lost: (string | undefined)[]]>([
  ['the call itself', { calls: [{ ...asked, state: 'Unknown' }] }, []],
  ['another, signed in the same second', { calls: [{ ...other, state: 'Unknown' }] }, [other.signedAt]],
  ['another, of which only the intent is known', { calls: [{ ...other, state: 'Intended' }] }, [other.signedAt]],
  ['one that has an order', { calls: [{ ...other, state: 'Accepted', orders }] }, []],
  [
    'one that only its server remembers',
    { remembered: { request: 'gone', state: 'Unknown', ...signed() } },
    [other.signedAt],
  ],
  [
    'one whose order its server knows',
    { remembered: { request: 'gone', state: 'Unknown', orderId: 'CS2', ...signed() } },
    [],
  ],
  ['any of a request that cannot be understood', { unreadable: 'Request' }, [undefined]],
  ['any that a server which cannot be understood may remember', { unreadable: 'Server' }, [undefined]],
])('what else is lost: %s', (_, of, lost) => {
  expect(known(of).lost).toEqual(lost);
});

function signed() {
  return { signedAt: other.signedAt };
}
