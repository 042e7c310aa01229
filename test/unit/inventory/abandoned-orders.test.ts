import { describe, expect, test } from 'vitest';
import type { RememberedCall } from '../../../operator/api/dccserver.ts';
import { minutes } from '../../../operator/clock.ts';
import { readAbandonedOrders } from '../../../operator/inventory/abandoned-orders.ts';
import { anAccount } from '../../builders/account.ts';
import { aWorld, seeded } from '../../huaweicloud/seed.ts';

describe('the orders of a call that nobody follows are', () => {
  const resourceId = 'dcc00000-0000-4000-8000-000000000001';
  /** Those found for a call that was signed some minutes before somebody ordered in the account. */
  const found = async (
    minutesBefore: number,
    {
      isClaimed = false,
      named,
      ofType,
      part,
      account: signedFor,
      isGone = false,
    }: {
      isClaimed?: boolean;
      named?: 'Its' | 'Unknown';
      ofType?: string;
      part?: string[];
      account?: string;
      isGone?: boolean;
    } = {},
  ) => {
    const { account, control } = await anAccount(aWorld().withServer({ name: 'dcc-host-01', resourceId }));
    const { orderId } = await control.unsubscribeInConsole([resourceId]);
    const date = new Date(account.billingTime().at.getTime() - minutes(minutesBefore)).toISOString();
    const call: RememberedCall = {
      ...{ request: 'gone', state: 'Unknown', signedAt: date },
      ...(named === undefined ? {} : { orderId: named === 'Its' ? orderId : 'CS-unknown' }),
      ...(part === undefined ? {} : { resourceIds: part }),
      ...(signedFor === undefined ? {} : { account: signedFor }),
    };
    const claimedOrders = () => new Set(isClaimed ? [orderId] : []);
    const options = {
      ...{ window: minutes(20), clockBound: minutes(1), claimedOrders },
      ...{ serviceType: ofType, mayTakeAway: () => !isGone },
    };
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
    ['when what the call was for is gone', 5, { isGone: true }],
  ])('none %s', async (_, minutesBefore, how) => {
    expect(await found(minutesBefore, how)).toEqual([]);
  });

  test('not known while the one that the server knows cannot be found', async () => {
    expect(await found(5, { named: 'Unknown' })).toMatchObject({ kind: 'Unreadable' });
  });

  test('not known with the credentials of another account, where what the call was for looks gone', async () => {
    expect(await found(5, { account: 'another-account', isGone: true })).toMatchObject({
      kind: 'Unreadable',
      failure: { cause: 'Credentials', message: expect.stringContaining('another-account') },
    });
    expect(await found(5, { account: seeded.domainId })).toEqual(['found']);
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
      [{ request: 'gone', state: 'Processing', orderId }],
      { ...options, serviceType: undefined, mayTakeAway: () => true },
      AbortSignal.timeout(10_000),
    );
    expect(await reading).toEqual({ kind: 'Read', value: [] });
  });
});
