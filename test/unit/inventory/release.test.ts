import { describe, expect, test } from 'vitest';
import type { DCCServerStatus } from '../../../operator/api/dccserver.ts';
import type { Placement } from '../../../operator/api/unsubscriptionrequest.ts';
import type { Dependents, Reading } from '../../../operator/inventory/observation.ts';
import { mayRelease } from '../../../operator/inventory/release.ts';
import { aServer } from '../../builders/dccserver.ts';
import { aMachine, anObservation, dependents, read, unreadable } from '../../builders/observation.ts';
import { aPlacement, aRequest } from '../../builders/unsubscriptionrequest.ts';

interface Case {
  found?: Reading<Dependents>;
  journal?: Partial<Placement>[];
  status?: Partial<DCCServerStatus>;
  unreadableRequests?: string[];
}

const released = ({ found = read(dependents()), journal = [], status = {}, unreadableRequests = [] }: Case) =>
  mayRelease({
    server: aServer('server-1', { status }),
    observation: anObservation({ dependents: found }),
    judgeBackup: () => unreadable(),
    namingRequests: [aRequest(), aRequest({ status: { placements: journal.map(aPlacement) } }, 'other')],
    unreadableRequests: new Set(unreadableRequests),
  });
const occupied = read(dependents({ machines: [aMachine('vm-1')] }));
const unsubscribed = { unsubscription: { request: 'retire', orderId: 'CS1', state: 'Completed' } };
const claim = { claim: { name: 'other', uid: 'uid-of-other' } };
const orders = [{ orderId: 'CS1', state: 'Processing' }];

describe('a server that is being deleted is let go', () => {
  test.each<[what: string, one: Case]>([
    ['when it is empty', {}],
    ['when it was unsubscribed, though its machines are still listed', { found: occupied, status: unsubscribed }],
    ['when it was unsubscribed, and its list cannot be read any more', { found: unreadable(), status: unsubscribed }],
    ['when every call for it has ended', { journal: [{ state: 'Accepted', orders, result: 'Completed' }] }],
    ['when a call for it was refused', { journal: [{ state: 'Rejected' }] }],
    ['while a call for another server is open', { journal: [{ state: 'Unknown', servers: ['server-2'] }] }],
    ['while a request that claims another server cannot be understood', { status: claim, unreadableRequests: ['x'] }],
  ])('%s', (_, one) => {
    expect(released(one)).toBe(true);
  });
});

describe('a server that is being deleted is kept', () => {
  test.each<[what: string, one: Case]>([
    ['while a machine is on it', { found: occupied }],
    ['while its machines cannot be listed', { found: unreadable() }],
    [
      'while something on it is hidden',
      { found: read(dependents({ mismatch: { source: 'DeH', counted: 2, listed: 1 } })) },
    ],
    ['while a call for it is about to be sent', { journal: [{ state: 'Intended' }] }],
    ['while the outcome of a call for it is not known', { journal: [{ state: 'Unknown' }] }],
    ['while an order for it is being processed', { journal: [{ state: 'Accepted', orders }], status: unsubscribed }],
    ['while the request that claims it cannot be understood', { status: claim, unreadableRequests: ['uid-of-other'] }],
  ])('%s', (_, one) => {
    expect(released(one)).toBe(false);
  });
});
