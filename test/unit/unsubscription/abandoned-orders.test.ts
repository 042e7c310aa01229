import { describe, expect, test } from 'vitest';
import type { RememberedCall } from '../../../operator/api/dccserver.ts';
import { minutes } from '../../../operator/clock.ts';
import { abandonedCalls, readAbandonedOrders } from '../../../operator/unsubscription/abandoned-orders.ts';
import { anAccount } from '../../builders/account.ts';
import { aServer, type ServerChanges } from '../../builders/dccserver.ts';
import { aSubscription, read, unreadable } from '../../builders/observation.ts';
import { aPlacement, aRequest } from '../../builders/unsubscriptionrequest.ts';
import { aWorld } from '../../huaweicloud/seed.ts';

const signedAt = '2026-03-01T10:00:00.000Z';
const unsubscription = { request: 'gone', state: 'Processing', orderId: 'CS1', signedAt };
const ofDisk = { request: 'gone', state: 'Unknown', resourceIds: ['disk-1'], signedAt };
const request = aRequest();
const mine = { name: request.metadata.name, uid: request.metadata.uid };
const disk = { resourceId: 'disk-1', name: 'data', type: 'volume' };

describe('a call that a server remembers is one that nobody follows', () => {
  const callsOf = (changes: ServerChanges, by = request, subscription = read(aSubscription({ secondaries: [disk] }))) =>
    abandonedCalls(aServer('server-1', changes), by, { subscription });

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

describe('its orders are', () => {
  const resourceId = 'dcc00000-0000-4000-8000-000000000001';
  /** Those found for a call that was signed some minutes before somebody ordered in the account. */
  const found = async (
    minutesBefore: number,
    {
      isClaimed = false,
      named,
      ofType,
      part,
    }: {
      isClaimed?: boolean;
      named?: 'Its' | 'Unknown';
      ofType?: string;
      part?: string[];
    } = {},
  ) => {
    const { account, control } = await anAccount(aWorld().withServer({ name: 'dcc-host-01', resourceId }));
    const { orderId } = await control.unsubscribeInConsole([resourceId]);
    const date = new Date(account.billingTime().at.getTime() - minutes(minutesBefore)).toISOString();
    const call: RememberedCall = {
      ...{ request: 'gone', state: 'Unknown', signedAt: date },
      ...(named === undefined ? {} : { orderId: named === 'Its' ? orderId : 'CS-unknown' }),
      ...(part === undefined ? {} : { resourceIds: part }),
    };
    const claimedOrders = () => new Set(isClaimed ? [orderId] : []);
    const options = { window: minutes(20), clockBound: minutes(1), claimedOrders, serviceType: ofType };
    const reading = await readAbandonedOrders(account, [call], options, AbortSignal.timeout(10_000));
    return reading.kind === 'Read' ? reading.value.map((id) => (id === orderId ? 'found' : id)) : reading;
  };

  test.each<[what: string, minutesBefore: number, how: Parameters<typeof found>[1]]>([
    ['one that nobody claims, made while the call could take effect', 5, {}],
    ['also of another type, when the call was for a secondary resource', 5, { ofType: 'another', part: ['disk-1'] }],
    ['the one that the server knows, whenever it was made', 60, { named: 'Its', isClaimed: true }],
  ])('%s', async (_, minutesBefore, how) => {
    expect(await found(minutesBefore, how)).toEqual(['found']);
  });

  test.each<[what: string, minutesBefore: number, how: Parameters<typeof found>[1]]>([
    ['that another journal names', 5, { isClaimed: true }],
    ['from when the call was dead', 30, {}],
    ['of another type of service', 5, { ofType: 'another' }],
  ])('none %s', async (_, minutesBefore, how) => {
    expect(await found(minutesBefore, how)).toEqual([]);
  });

  test('not known while the one that the server knows cannot be found', async () => {
    expect(await found(5, { named: 'Unknown' })).toMatchObject({ kind: 'Unreadable' });
  });

  test('none when it was cancelled', async () => {
    const { account, control } = await anAccount(aWorld().withServer({ name: 'dcc-host-01', resourceId }));
    const { orderId } = await control.unsubscribeInConsole([resourceId]);
    const { billing } = account;
    const orderDetails: typeof billing.orderDetails = async (id, signal) => ({
      ...(await billing.orderDetails(id, signal)),
      status: 'Cancelled',
    });
    const changed = { ...account, billing: { ...billing, orderDetails } };
    const options = { window: minutes(20), clockBound: minutes(1), claimedOrders: () => new Set<string>() };
    const reading = readAbandonedOrders(
      changed,
      [{ ...unsubscription, orderId }],
      { ...options, serviceType: undefined },
      AbortSignal.timeout(10_000),
    );
    expect(await reading).toEqual({ kind: 'Read', value: [] });
  });
});
