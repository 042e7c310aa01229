import { Big } from 'big.js';
import { describe, expect, test } from 'vitest';
import type { Placement } from '../../../../operator/api/unsubscriptionrequest.ts';
import { milliseconds, minutes } from '../../../../operator/clock.ts';
import { readEvidence } from '../../../../operator/unsubscription/settling/evidence.ts';
import type { OtherCalls } from '../../../../operator/unsubscription/settling/other-explanations.ts';
import { anAccount } from '../../../builders/account.ts';
import { terms } from '../../../builders/terms.ts';
import { aPlacement } from '../../../builders/unsubscriptionrequest.ts';
import { aWorld, seeded } from '../../../huaweicloud/seed.ts';

const resourceId = 'dcc00000-0000-4000-8000-000000000001';
const window = terms.settleWindow;
/** Well within the window, and well out of it, however long the reading takes. */
const [within, beyond] = [window - minutes(1), window + minutes(1)];
const clockBound = minutes(1);

const otherCalls = (): OtherCalls => ({ answered: new Set(), lost: [] });

/** What is read of a lost call for a server that somebody has just unsubscribed. */
async function evidenceOf(
  call: Partial<Placement>,
  claimed: 'Claimed' | 'Unclaimed' = 'Unclaimed',
  stated: (orderId: string) => string | undefined = () => undefined,
) {
  const { account, control } = await anAccount(aWorld().withServer({ name: 'dcc-host-01', resourceId }));
  const { orderId } = await control.unsubscribeInConsole([resourceId]);
  const now = account.billingTime().at.toISOString();
  const lost = aPlacement({ state: 'Unknown', resourceIds: [resourceId], signedAt: now, ...call });
  const claimedOrders = () => new Set(claimed === 'Claimed' ? [orderId] : []);
  const options = { window, clockBound, claimedOrders, otherCalls, statedId: stated(orderId) };
  const reading = await readEvidence(account, lost, options, AbortSignal.timeout(10_000));
  return { reading, orderId };
}

async function candidatesOf(...of: Parameters<typeof evidenceOf>) {
  const { reading, orderId } = await evidenceOf(...of);
  if (reading.kind === 'Unreadable') throw new Error(reading.failure.message);
  return { candidates: reading.value.unclaimedOrders.map((order) => order.orderId), orderId };
}

const ago = (duration: number) => new Date(Date.now() - duration).toISOString();
const ahead = (duration: number) => new Date(Date.now() + duration).toISOString();

describe('an order may be that of a lost call', () => {
  test.each<[what: string, call: Partial<Placement>]>([
    ['it was made when the call was signed', {}],
    ['it was made within the window after it', { signedAt: ago(within) }],
    ['the clocks disagree by less than the window', { signedAt: ahead(within) }],
    ['the account is the one that the call was signed for', { account: seeded.domainId }],
  ])('when %s', async (_, call) => {
    const { candidates, orderId } = await candidatesOf(call);
    expect(candidates).toEqual([orderId]);
  });

  test.each<[what: string, call: Partial<Placement>]>([
    ['it was made long before the call was signed', { signedAt: ahead(beyond) }],
    ['it is about another type of service', { serviceType: 'hws.service.type.ec2' }],
  ])('but not when %s', async (_, call) => {
    expect((await candidatesOf(call)).candidates).toEqual([]);
  });

  test.each<[what: string, call: Partial<Placement>, made: string]>([
    ['earlier by more than clocks may be off', { signedAt: ahead(minutes(1.5)) }, 'Before'],
    ['earlier by less', { signedAt: ahead(minutes(0.5)) }, 'Within'],
    ['later', { signedAt: ago(minutes(1)) }, 'Within'],
    ['when the signature was dead', { signedAt: ago(beyond) }, 'After'],
  ])('whether it was made %s', async (_, call, made) => {
    const { reading, orderId } = await evidenceOf(call);
    const unclaimedOrders = [{ orderId, state: expect.any(String), made }];
    expect(reading).toMatchObject({ kind: 'Read', value: { unclaimedOrders } });
    expect(reading.kind === 'Read' && reading.value.unclaimedOrders).toEqual(unclaimedOrders);
  });

  test('but not when a journal names it', async () => {
    expect((await candidatesOf({}, 'Claimed')).candidates).toEqual([]);
  });
});

describe('the order that a person states is looked up', () => {
  const statedIn = async (call: Partial<Placement>, statedId?: string) => {
    const { reading, orderId } = await evidenceOf(call, 'Unclaimed', (made) => statedId ?? made);
    return reading.kind === 'Read'
      ? { ...reading.value.statedOrder, isMade: reading.value.statedOrder?.orderId === orderId }
      : reading;
  };

  test('whatever its type of service', async () => {
    const stated = await statedIn({ serviceType: 'hws.service.type.ec2' });
    expect(stated).toEqual({
      orderId: expect.any(String),
      isMade: true,
      state: expect.stringMatching(/^(Processing|Completed)$/),
    });
  });

  test.each<[what: string, fault: string, call: Partial<Placement>, statedId?: string]>([
    ['there is none of that id', 'NotKnown', {}, 'CS0'],
    ['its id cannot be one', 'NotKnown', {}, '../../customer-orders'],
    ['its id is longer than any', 'NotKnown', {}, 'CS'.repeat(33)],
    ['it was made before the call', 'MadeBefore', { signedAt: ahead(minutes(1.5)) }],
    ['it was made when the signature was dead', 'MadeAfter', { signedAt: ago(beyond) }],
  ])('%s', async (_, fault, call, statedId) => {
    expect(await statedIn(call, statedId)).toMatchObject({ fault });
  });

  test('it belongs to another call', async () => {
    const { reading, orderId } = await evidenceOf({}, 'Claimed', (made) => made);
    expect(reading).toMatchObject({
      value: { statedOrder: { orderId, state: 'Unknown', fault: 'OfAnotherCall' } },
    });
  });

  test('it is no unsubscription', async () => {
    const { account, control } = await anAccount(aWorld().withServer({ name: 'dcc-host-01', resourceId }));
    const { orderId: statedId } = await control.createUnpaidOrder(resourceId);
    const lost = aPlacement({ state: 'Unknown', resourceIds: [resourceId], signedAt: ago(0) });
    const options = { window, clockBound, claimedOrders: () => new Set<string>(), otherCalls, statedId };
    expect(await readEvidence(account, lost, options, AbortSignal.timeout(10_000))).toMatchObject({
      value: { statedOrder: { orderId: statedId, state: 'Unpaid', fault: 'NoUnsubscription' } },
    });
  });

  test('and that it cannot be leaves what else is read', async () => {
    const { account } = await anAccount(aWorld().withServer({ name: 'dcc-host-01', resourceId }));
    const orderDetails = () => Promise.reject(new Error('no answer'));
    const cutOff = { ...account, billing: { ...account.billing, orderDetails } };
    const lost = aPlacement({ state: 'Unknown', resourceIds: [resourceId], signedAt: ago(0) });
    const options = { window, clockBound, claimedOrders: () => new Set<string>(), otherCalls, statedId: 'CS1' };
    expect(await readEvidence(cutOff, lost, options, AbortSignal.timeout(10_000))).toMatchObject({
      kind: 'Read',
      value: { statedOrder: { orderId: 'CS1', unreadable: expect.stringContaining('no answer') } },
    });
  });
});

test('with credentials of another account nothing is read: there everything would look gone', async () => {
  const { reading } = await evidenceOf({ account: 'another-account' });
  expect(reading).toMatchObject({
    kind: 'Unreadable',
    failure: { message: expect.stringContaining('another-account') },
  });
});

test.each([1, 2])(
  'nor once the keys were exchanged for those of another account, at look-up %i',
  async (exchangedAt) => {
    const { account } = await anAccount(aWorld().withServer({ name: 'dcc-host-01', resourceId }));
    let lookUps = 0;
    const keyOwner = async () => (++lookUps >= exchangedAt ? 'another-account' : seeded.domainId);
    const lost = aPlacement({ state: 'Unknown', resourceIds: [resourceId], signedAt: ago(beyond) });
    const options = { window, clockBound, claimedOrders: () => new Set<string>(), otherCalls };
    for (const call of [{ ...lost, account: seeded.domainId }, lost]) {
      lookUps = 0;
      expect(await readEvidence({ ...account, keyOwner }, call, options, AbortSignal.timeout(10_000))).toMatchObject({
        kind: 'Unreadable',
        failure: { cause: 'Credentials', message: expect.stringContaining(seeded.domainId) },
      });
    }
  },
);

describe('of a call for several resources, the bill ties to it', () => {
  const [one, two] = ['resource-1', 'resource-2'] as const;
  const aLine = {
    ...{ tradeId: undefined, billType: 4, amount: new Big(-1), paid: undefined, currency: 'CNY' },
    ...{ effectiveTime: undefined, expireTime: undefined },
  };
  const billedOf = async (bill: Readonly<Record<string, readonly string[] | Error>>) => {
    const { account, control } = await anAccount(aWorld().withServer({ name: 'dcc-host-01', resourceId }));
    await control.unsubscribeInConsole([resourceId]);
    const feeRecords = async ({ resourceId: of = '' }) => {
      const orders = bill[of] ?? [];
      if (orders instanceof Error) throw orders;
      return orders.map((orderId) => ({ ...aLine, orderId, resourceId: of }));
    };
    const billed = { ...account, billing: { ...account.billing, feeRecords } };
    const lost = aPlacement({ state: 'Unknown', resourceIds: [one, two], signedAt: ago(beyond) });
    const options = { window, clockBound, claimedOrders: () => new Set<string>(), otherCalls };
    const reading = await readEvidence(billed, lost, options, AbortSignal.timeout(10_000));
    return reading.kind === 'Read' ? [...reading.value.billedOrders] : reading;
  };

  test.each<[what: string, bill: Parameters<typeof billedOf>[0], orders: readonly string[]]>([
    ['an order for all of them', { [one]: ['CS1'], [two]: ['CS1'] }, ['CS1']],
    ['none that is for one of them alone', { [one]: ['CS1'] }, []],
    ['none of several that are for one of them each', { [one]: ['CS1'], [two]: ['CS2'] }, []],
    ['none while the bill of one cannot be read', { [one]: ['CS1'], [two]: new Error('no answer') }, []],
  ])('%s', async (_, bill, orders) => {
    expect(await billedOf(bill)).toEqual(orders);
  });
});

describe('of two orders of which the bill ties one to the resource, it ties the other', () => {
  const aLine = {
    ...{ tradeId: undefined, billType: 4, amount: new Big(-1), paid: undefined, currency: 'CNY' },
    ...{ effectiveTime: undefined, expireTime: undefined },
  };
  type Lines = readonly (string | undefined)[] | Error;

  /** Whether the bill, which has these resources for the second order, ties that elsewhere. */
  const evidenceWith = async (
    lines: Lines,
    { isFirstBilled = true, serviceType = undefined as string | undefined, isStated = false } = {},
  ) => {
    const world = aWorld().withServer({ name: 'dcc-host-01', resourceId });
    const { account, control } = await anAccount(world.withServer({ name: 'dcc-host-02', resourceId: 'resource-2' }));
    const first = await control.unsubscribeInConsole([resourceId]);
    const second = await control.unsubscribeInConsole(['resource-2']);
    const feeRecords = async ({ resourceId: of, orderId }: Partial<Record<'resourceId' | 'orderId', string>>) => {
      if (of !== undefined) return isFirstBilled ? [{ ...aLine, orderId: first.orderId, resourceId: of }] : [];
      if (lines instanceof Error) throw lines;
      return orderId === second.orderId ? lines.map((id) => ({ ...aLine, orderId, resourceId: id })) : [];
    };
    const billed = { ...account, billing: { ...account.billing, feeRecords } };
    const signedAt = isStated ? ago(0) : ago(beyond);
    const lost = aPlacement({ state: 'Unknown', resourceIds: [resourceId], signedAt, serviceType });
    const statedId = isStated ? second.orderId : undefined;
    const options = { window, clockBound, claimedOrders: () => new Set<string>(), otherCalls, statedId };
    const reading = await readEvidence(billed, lost, options, AbortSignal.timeout(10_000));
    if (reading.kind === 'Unreadable') throw new Error(reading.failure.message);
    return { ...reading.value, second };
  };
  const isElsewhere = async (lines: Lines, isFirstBilled = true) => {
    const { unclaimedOrders, billedElsewhere, second } = await evidenceWith(lines, { isFirstBilled });
    expect(unclaimedOrders).toHaveLength(2);
    expect([[], [second.orderId]]).toContainEqual([...billedElsewhere]);
    return billedElsewhere.size === 1;
  };

  test.each<[what: string, lines: Lines, expected: boolean]>([
    ['elsewhere when all that it took away is other', ['resource-2', 'resource-3'], true],
    ['not elsewhere when it took the resource away, too', ['resource-2', resourceId], false],
    ['not elsewhere when a line does not say of what', ['resource-2', undefined], false],
    ['to nothing yet', [], false],
    ['to nothing that could be read', new Error('no answer'), false],
  ])('%s', async (_, lines, expected) => {
    expect(await isElsewhere(lines)).toBe(expected);
  });

  test.each([
    ['while the first is on no bill', { isFirstBilled: false }],
    ['though it is of another type of service, and no candidate', { serviceType: 'hws.service.type.ec2' }],
  ])('elsewhere, as is asked for when a person states it, %s', async (_, around) => {
    const stated = { ...around, isStated: true };
    const { statedOrder } = await evidenceWith(['resource-2'], stated);
    expect(statedOrder).toMatchObject({ fault: 'BilledElsewhere' });
    expect((await evidenceWith(['resource-2', resourceId], stated)).statedOrder).not.toHaveProperty('fault');
    expect((await evidenceWith([], stated)).statedOrder).not.toHaveProperty('fault');
  });

  test('to nothing that is asked for, while the first is on no bill: two are open then in any case', async () => {
    expect(await isElsewhere(['resource-2'], false)).toBe(false);
  });
});

test('an order whose refund shows no rows is followed without amounts: none is not zero', async () => {
  const { account, control } = await anAccount(aWorld().withServer({ name: 'dcc-host-01', resourceId }));
  const { orderId } = await control.unsubscribeInConsole([resourceId]);
  const { billing } = account;
  const orderDetails: typeof billing.orderDetails = async (id, signal) => ({
    ...(await billing.orderDetails(id, signal)),
    status: 'Completed',
  });
  const call = aPlacement({ state: 'Accepted', orders: [{ orderId, state: 'Processing' }], resourceIds: [resourceId] });
  const ordersBy = async (changes: Partial<typeof billing>) => {
    const changed = { ...account, billing: { ...billing, orderDetails, ...changes } };
    const options = { window, clockBound, claimedOrders: () => new Set<string>(), otherCalls };
    const reading = await readEvidence(changed, call, options, AbortSignal.timeout(10_000));
    return reading.kind === 'Read' ? reading.value.orders : reading;
  };
  const ofNothingElse = {
    baseOrderId: undefined,
    serviceTypeCode: undefined,
    resourceTypeCode: undefined,
    region: undefined,
  };
  const rows = [{ id: 'row-1', amount: new Big('-120.5'), currency: 'CNY', ...ofNothingElse }];
  expect(await ordersBy({ refundOf: async () => rows })).toMatchObject([{ refund: { amount: '120.50' } }]);
  expect(await ordersBy({ refundOf: async () => [] })).toEqual([
    { orderId, state: 'Completed', refundIsMissing: true },
  ]);
});

test('the times of a reading are those of before and after it, however long the process was held up meanwhile', async () => {
  const { account } = await anAccount(aWorld().withServer({ name: 'dcc-host-01', resourceId }));
  const { billing } = account;
  const hour = (count: number) => new Date(Date.UTC(2026, 2, 1, count));
  let at = hour(0);
  const heldUp: typeof account = {
    ...account,
    billingTime: () => ({ at, bound: milliseconds(0), asleep: milliseconds(0) }),
    billing: {
      ...billing,
      unsubscriptionOrdersSince: async () => {
        at = hour(1);
        return [];
      },
    },
  };
  const lost = aPlacement({ state: 'Unknown', resourceIds: [resourceId], signedAt: hour(0).toISOString() });
  const options = { window, clockBound, claimedOrders: () => new Set<string>(), otherCalls };
  const reading = await readEvidence(heldUp, lost, options, AbortSignal.timeout(10_000));
  expect(reading).toMatchObject({ kind: 'Read', value: { cloudTime: hour(0), readUntil: hour(1) } });
});

test.each([
  ['the day after', '2026-01-31T15:59:00Z', '2026-01-31T16:30:00Z', ['2026-01', '2026-02']],
  ['in the same month', '2026-01-31T16:00:00Z', '2026-02-02T00:00:00Z', ['2026-02']],
  [
    'after the turn of the year, also that of the months between',
    '2026-11-10T00:00:00Z',
    '2027-01-10T00:00:00Z',
    ['2026-11', '2026-12', '2027-01'],
  ],
  [
    'long after, that of half a year',
    '2026-01-10T00:00:00Z',
    '2027-01-10T00:00:00Z',
    ['2026-01', '2026-02', '2026-03', '2026-04', '2026-05', '2026-06'],
  ],
  ['not within its window, in which it settles nothing', '2026-01-31T15:59:00Z', '2026-01-31T16:18:59Z', []],
])('the bill of a call is asked for %s', async (_, signedAt, now, cycles) => {
  const { account } = await anAccount(aWorld().withServer({ name: 'dcc-host-01', resourceId }));
  const asked = new Set<string>();
  const order = {
    orderId: 'CS1',
    type: 'Unsubscription',
    createTime: new Date(signedAt),
    status: 'Completed',
    serviceTypeCode: undefined,
  } as const;
  const later: typeof account = {
    ...account,
    billingTime: () => ({ at: new Date(now), bound: milliseconds(0), asleep: milliseconds(0) }),
    billing: {
      ...account.billing,
      unsubscriptionOrdersSince: async () => [order],
      feeRecords: async ({ cycle }) => {
        asked.add(cycle);
        return [];
      },
    },
  };
  const lost = aPlacement({ state: 'Unknown', resourceIds: [resourceId], signedAt });
  const options = { window, clockBound, claimedOrders: () => new Set<string>(), otherCalls };
  await readEvidence(later, lost, options, AbortSignal.timeout(10_000));
  expect([...asked]).toEqual(cycles);
});

test('a process that has not heard the cloud yet asks it for its time first', async () => {
  const { account } = await anAccount(aWorld().withServer({ name: 'dcc-host-01', resourceId }));
  let isHeard = false;
  const fresh: typeof account = {
    ...account,
    billingTime: () => (isHeard ? account.billingTime() : { ...account.billingTime(), bound: undefined }),
    billing: {
      ...account.billing,
      probeSite: async () => {
        isHeard = true;
      },
    },
  };
  const lost = aPlacement({ state: 'Unknown', resourceIds: [resourceId], signedAt: new Date().toISOString() });
  const reading = await readEvidence(
    fresh,
    lost,
    { window, clockBound, claimedOrders: () => new Set(), otherCalls },
    AbortSignal.timeout(10_000),
  );
  expect(reading.kind).toBe('Read');
});
