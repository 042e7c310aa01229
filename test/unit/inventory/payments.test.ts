import { describe, expect, test } from 'vitest';
import { hours, type Milliseconds, minutes, seconds } from '../../../operator/clock.ts';
import { createPayments } from '../../../operator/inventory/payments.ts';
import { anAccount } from '../../builders/account.ts';
import { aSubscription } from '../../builders/observation.ts';
import { aWorld, type WorldBuilder } from '../../huaweicloud/seed.ts';
import { createVirtualClock } from '../../virtual-clock.ts';

/** Asks for what was paid for the server `host`, through the real client and a simulated cloud. */
async function start(world: WorldBuilder, limit?: Milliseconds) {
  const { account, control, cloud } = await anAccount(world);
  const clock = createVirtualClock();
  const payments = createPayments(clock, limit);
  const row = cloud.world.billingResources.find(({ resourceName }) => resourceName === 'host');
  if (row === undefined) throw new Error('there is no server host');
  const subscription = aSubscription({ effectiveTime: row.effectiveTime, expireTime: row.expireTime });
  const read = (changes = {}) =>
    payments.of(account, row.resourceId, { ...subscription, ...changes }, new AbortController().signal);
  const calls = () =>
    Object.values(cloud.counts['billing.listResourceRecords'] ?? {}).reduce((total, count) => total + count, 0);
  return { cloud, control, clock, row, read, calls };
}

/** As it goes over the wire. */
const inSeconds = (time: string) => new Date(`${time.slice(0, 19)}Z`);

const host = (purchase = {}) => aWorld().withServer({ name: 'host' }, purchase);
const late = { kind: 'Unreadable', failure: { message: expect.stringContaining('was paid for without a gap') } };

describe('what was paid for a subscription', () => {
  test('is its purchase, and asked for once', async () => {
    const { row, read, calls, clock } = await start(host({ paid: '36000.50', daysAgo: 200 }));
    const expected = {
      kind: 'Read',
      value: [
        { begin: inSeconds(row.effectiveTime), end: inSeconds(row.expireTime), paid: '36000.5', currency: 'CNY' },
      ],
    };
    expect(await Promise.all([read(), read()])).toEqual([expected, expected]);
    const once = calls();
    await clock.advance(minutes(59));
    expect(await read()).toEqual(expected);
    expect(calls()).toBe(once);
  });

  test('and its renewals, up to the end of the last one', async () => {
    const { row, read } = await start(host({ daysAgo: 40 }).withRenewal('host', '100.00').withRenewal('host', '50.00'));
    expect(await read()).toMatchObject({
      kind: 'Read',
      value: [{ begin: inSeconds(row.effectiveTime) }, { paid: '100' }, { paid: '50', end: inSeconds(row.expireTime) }],
    });
  });

  test('leaves out coupons and bonuses, and counts what counts as money', async () => {
    const { cloud, read } = await start(host());
    const [bill] = cloud.world.bills;
    if (bill === undefined) throw new Error('there is no bill');
    Object.assign(bill, {
      amount: '1000.00',
      couponAmount: '200.00',
      flexipurchaseCouponAmount: '50.00',
      storedCardAmount: '25.00',
    });
    expect(await read()).toMatchObject({ value: [{ paid: '800' }] });
  });

  test('is on the bill of the month before when it was bought at its end', async () => {
    const { cloud, row, read } = await start(host());
    const [bill] = cloud.world.bills;
    if (bill === undefined) throw new Error('there is no bill');
    const month = new Date(row.effectiveTime);
    bill.tradeTime = new Date(Date.UTC(month.getUTCFullYear(), month.getUTCMonth(), -1)).toISOString();
    expect(await read()).toMatchObject({ kind: 'Read', value: [{ paid: '36000' }] });
  });
});

test('the bill of a month is asked for as soon as the month has begun in Beijing', async () => {
  const { account } = await anAccount(host());
  const asked: string[] = [];
  const feeRecords = async ({ cycle }: { cycle: string }) => {
    asked.push(cycle);
    return [];
  };
  const at = new Date('2026-03-31T16:00:00Z');
  const then = {
    ...account,
    billing: { ...account.billing, feeRecords },
    billingTime: () => ({ at, bound: seconds(1), asleep: seconds(0) }),
  };
  const subscription = aSubscription({ effectiveTime: '2026-01-31T15:59:59Z', expireTime: '2027-01-31T15:59:59Z' });
  await createPayments(createVirtualClock()).of(then, 'host', subscription, new AbortController().signal);
  expect(asked).toEqual(['2025-12', '2026-01', '2026-02', '2026-03', '2026-04']);
});

describe('what was paid is not known', () => {
  test('while the bill is late; it is asked again after an hour', async () => {
    const { cloud, read, calls, clock } = await start(host({ daysAgo: 1 }));
    const [bill] = cloud.world.bills;
    if (bill === undefined) throw new Error('there is no bill');
    const seen = bill.visibleAt;
    bill.visibleAt = '2999-01-01T00:00:00Z';
    expect(await read()).toMatchObject(late);
    const asked = calls();
    bill.visibleAt = seen;
    await clock.advance(minutes(59));
    expect(await read()).toMatchObject(late);
    expect(calls()).toBe(asked);
    await clock.advance(minutes(1));
    expect(await read()).toMatchObject({ kind: 'Read' });
  });

  test.each([
    ['a period is missing between two', (world: WorldBuilder) => world.withRenewal('host').withRenewal('host'), 1],
    ['the last renewal is missing', (world: WorldBuilder) => world.withRenewal('host'), 1],
  ])('when %s', async (_, add, missing) => {
    const { cloud, read } = await start(add(host({ daysAgo: 40 })));
    cloud.world.bills.splice(missing, 1);
    expect(await read()).toMatchObject(late);
  });

  test.each([3, 4, 20])('when there is a line of type %i since, in whatever month', async (billType) => {
    const { cloud, read } = await start(host({ daysAgo: 100 }));
    const [bill] = cloud.world.bills;
    if (bill === undefined) throw new Error('there is no bill');
    const tradeTime = new Date(Date.parse(bill.tradeTime) + hours(24 * 60)).toISOString();
    cloud.world.bills.push({ ...bill, id: 'later', billType, tradeTime });
    expect(await read()).toMatchObject(late);
  });

  test.each([{ amount: '-1.00' }, { effectiveTime: '2020-01-01T00:00:00Z' }])('when a line is odd: %j', async (odd) => {
    const { cloud, read } = await start(host());
    Object.assign(cloud.world.bills[0] ?? {}, odd);
    expect(await read()).toMatchObject(late);
  });

  test.each([{ effectiveTime: undefined }, { expireTime: undefined }])(
    'when the row lacks a time: %j',
    async (changes) => {
      const { read, calls } = await start(host());
      expect(await read(changes)).toMatchObject(late);
      expect(calls()).toBe(0);
    },
  );

  test('when the bill does not come in time; that is told, and asked for again the next time', async () => {
    const { control, read } = await start(host({ daysAgo: 1 }), seconds(0.5));
    await control.addFault({
      operation: 'billing.listResourceRecords',
      effect: { kind: 'delay', milliseconds: 5_000 },
    });
    expect(await read()).toMatchObject({ kind: 'Unreadable', failure: { source: 'The bill' } });
    await control.clearFaults();
    expect(await read()).toMatchObject({ kind: 'Read' });
  });

  test('when it is in a currency that is no code', async () => {
    const { cloud, read } = await start(host());
    Object.assign(cloud.world.accounts[0] ?? {}, { currency: 'cny' });
    expect(await read()).toMatchObject(late);
  });

  test('when the bill cannot be read; that is not remembered, and the months that were read are', async () => {
    const { control, read, calls } = await start(host({ daysAgo: 200 }));
    await control.addFault({ operation: 'billing.listResourceRecords', skip: 4, effect: { kind: 'malformed' } });
    expect(await read()).toMatchObject({ kind: 'Unreadable', failure: { source: 'The bill' } });
    await control.clearFaults();
    const before = calls();
    expect(await read()).toMatchObject({ kind: 'Read' });
    // Seven or eight months and the one before them: without a memory it would ask for all of them again.
    expect(calls() - before).toBeLessThanOrEqual(5);
  });
});

test('what nobody asks for is forgotten after an hour', async () => {
  const { read, calls, clock } = await start(host());
  await read();
  const once = calls();
  await clock.advance(hours(1) + 1);
  await read();
  expect(calls()).toBe(2 * once);
});

test('what is known is asked for again after a day, only the months that may still grow', async () => {
  const { read, calls, clock } = await start(host({ daysAgo: 200 }));
  await read();
  const once = calls();
  for (let hour = 0; hour < 24; hour += 1) {
    await clock.advance(hours(1));
    await read();
  }
  expect(calls() - once).toBeGreaterThanOrEqual(1);
  expect(calls() - once).toBeLessThanOrEqual(2);
});
