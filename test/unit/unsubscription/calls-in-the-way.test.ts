import { describe, expect, test } from 'vitest';
import { callsInTheWay } from '../../../operator/unsubscription/calls-in-the-way.ts';
import { aServer, type ServerChanges } from '../../builders/dccserver.ts';
import { aSubscription, read, unreadable } from '../../builders/observation.ts';
import { aPlacement, aRequest } from '../../builders/unsubscriptionrequest.ts';

const signedAt = '2026-03-01T10:00:00.000Z';
const unsubscription = { request: 'gone', state: 'Processing', orderId: 'CS1', signedAt };
const ofDisk = { request: 'gone', state: 'Unknown', resourceIds: ['disk-1'], signedAt };
const request = aRequest();
const mine = { name: request.metadata.name, uid: request.metadata.uid };
const disk = { resourceId: 'disk-1', name: 'data', type: 'volume' };

describe('a call that a server remembers is one that nobody follows', () => {
  const callsOf = (changes: ServerChanges, by = request, subscription = read(aSubscription({ secondaries: [disk] }))) =>
    callsInTheWay(aServer('server-1', changes), by, { subscription });

  test('when its request is gone and its end is not known', () => {
    expect(callsOf({ status: { claim: mine, unsubscription } })).toEqual([unsubscription]);
    expect(callsOf({ status: { claim: mine, partialUnsubscription: ofDisk } })).toEqual([ofDisk]);
  });

  test('not when it has come to its end, is of the request itself, or another has the server', () => {
    expect(callsOf({ status: { claim: mine, unsubscription: { ...unsubscription, state: 'Cancelled' } } })).toEqual([]);
    const own = aRequest({ status: { placements: [aPlacement({ signedAt })] } });
    expect(callsOf({ status: { claim: mine, unsubscription } }, own)).toEqual([]);
    const renewals = aRequest({ spec: { scope: 'RenewalsOnly' } });
    expect(callsOf({ status: { claim: mine, unsubscription } }, renewals)).toEqual([]);
    expect(callsOf({ status: { claim: { name: 'other', uid: 'other' }, unsubscription } })).toEqual([]);
  });

  test('when it was for a disk that is still there, for renewals as well: their own call would make the server forget it', () => {
    const renewals = aRequest({ spec: { scope: 'RenewalsOnly' } });
    const status = { claim: mine, partialUnsubscription: ofDisk };
    expect(callsOf({ status }, renewals)).toEqual([ofDisk]);
    expect(callsOf({ status }, renewals, read(aSubscription()))).toEqual([]);
  });

  test('not when it was for a disk that is gone, or for renewals, which another takes away again', () => {
    const status = { claim: mine, partialUnsubscription: ofDisk };
    expect(callsOf({ status }, request, read(aSubscription()))).toEqual([]);
    expect(callsOf({ status }, request, unreadable())).toEqual([ofDisk]);
    const renewals = { ...ofDisk, resourceIds: ['resource-of-server-1'] };
    expect(callsOf({ status: { claim: mine, partialUnsubscription: renewals } })).toEqual([]);
  });
});
