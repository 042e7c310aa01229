import { Big } from 'big.js';
import { expect, test } from 'vitest';
import { hours, type Milliseconds, minutes } from '../../../../operator/clock.ts';
import type { Order } from '../../../../operator/huaweicloud/billing-orders.ts';
import { readEvidence } from '../../../../operator/unsubscription/settling/evidence.ts';
import { anAccount } from '../../../builders/account.ts';
import { terms } from '../../../builders/terms.ts';
import { aPlacement } from '../../../builders/unsubscriptionrequest.ts';
import { aWorld } from '../../../huaweicloud/seed.ts';

const resourceId = 'dcc00000-0000-4000-8000-000000000001';
const serviceType = 'hws.service.type.dcc';
const signed = Date.now() - terms.settleWindow - minutes(2);
const after = (duration: number) => new Date(signed + duration);

const anOrder = (orderId: string, changes: Partial<Order> = {}): Order => ({
  ...{ orderId, type: 'Unsubscription', createTime: after(minutes(1)), status: 'Completed' },
  ...{ serviceTypeCode: serviceType, ...changes },
});

interface Shown {
  /** Beside CS1, which is left. */
  orders: readonly Order[];
  /** Orders that other calls have, and those of them that the cloud's own answers named. */
  claimed: readonly string[];
  answered: readonly string[];
  /** When other calls were signed that are lost, too. */
  lost: readonly (string | undefined)[];
  /** What the bill says each order was for. */
  bill: Readonly<Record<string, string>>;
  row: 'Closed' | 'InUse';
  /** For how long the call has been signed. */
  since: Milliseconds;
  /** Whether a person was asked about the call. */
  isAsked: boolean;
  /** Whether the orders from long before cannot be read. */
  isUnreadable: boolean;
  /** Which orders other calls have when all has been read. */
  claimedAtLast: readonly string[];
}

async function isOnlyExplanation(shown: Partial<Shown>): Promise<boolean> {
  const { orders = [], claimed = [], answered = [], lost = [], bill = {}, row = 'Closed', since } = shown;
  const { claimedAtLast = claimed } = shown;
  let isRead = false;
  const { account } = await anAccount(aWorld().withServer({ name: 'dcc-host-01', resourceId }));
  const { billing } = account;
  const signedAt = since === undefined ? after(0) : new Date(Date.now() - since);
  const all = [anOrder('CS1', { createTime: new Date(signedAt.getTime() + minutes(1)) }), ...orders];
  const changed: typeof account = {
    ...account,
    billing: {
      ...billing,
      unsubscriptionOrdersSince: async (from) => all.filter(({ createTime }) => createTime >= from),
      unsubscriptionOrdersBetween: async (from, until) => {
        isRead = true;
        if (shown.isUnreadable === true) throw new Error('no answer');
        return all.filter(({ createTime }) => createTime >= from && createTime <= until);
      },
      subscriptionsOf: async (ids, signal) =>
        (await billing.subscriptionsOf(ids, signal)).map((one) => ({ ...one, status: row })),
      feeRecords: async ({ orderId = '' }) => {
        const of = bill[orderId];
        return of === undefined ? [] : [{ ...aLine, orderId, resourceId: of }];
      },
    },
  };
  const call = aPlacement({
    ...{ state: 'Unknown', resourceIds: [resourceId], serviceType, signedAt: signedAt.toISOString() },
    ...(shown.isAsked === true ? { askedAt: new Date().toISOString() } : {}),
  });
  const options = {
    ...{
      window: terms.settleWindow,
      clockBound: minutes(1),
      claimedOrders: () => new Set(isRead ? claimedAtLast : claimed),
    },
    otherCalls: () => ({ answered: new Set(answered), lost }),
  };
  const reading = await readEvidence(changed, call, options, AbortSignal.timeout(10_000));
  if (reading.kind === 'Unreadable') throw new Error(reading.failure.message);
  return reading.value.isOnlyExplanation;
}

const aLine = {
  ...{ tradeId: undefined, billType: 4, amount: new Big('-100'), paid: undefined, currency: 'CNY' },
  ...{ effectiveTime: undefined, expireTime: undefined },
};
const longBefore = after(-hours(20 * 24));
const manyOthers = Array.from({ length: 51 }, (_, index) => anOrder(`CS${index + 10}`, { createTime: longBefore }));
const manyBills = Object.fromEntries(manyOthers.map(({ orderId }) => [orderId, 'resource-2']));
const another = anOrder('CS2');

test.each<[what: string, shown: Partial<Shown>]>([
  ['nothing else shows', {}],
  ['one from long before was cancelled', { orders: [anOrder('CS2', { createTime: longBefore, status: 'Cancelled' })] }],
  [
    'one from long before was for something else by the bill',
    { orders: [anOrder('CS2', { createTime: longBefore })], bill: { CS2: 'resource-2' } },
  ],
  ['one from two months before shows', { orders: [anOrder('CS2', { createTime: after(-hours(60 * 24)) })] }],
  [
    "the cloud's own answer named the other for another call",
    { orders: [another], claimed: ['CS2'], answered: ['CS2'] },
  ],
  ['many from long before were for something else by the bill', { orders: manyOthers.slice(1), bill: manyBills }],
  ['another call was lost a day before', { lost: [after(-hours(24)).toISOString()] }],
])('the one order that is left explains that a resource is gone when %s', async (_, shown) => {
  expect(await isOnlyExplanation(shown)).toBe(true);
});

test.each<[what: string, shown: Partial<Shown>]>([
  ['one from long before may have ended just now', { orders: [anOrder('CS2', { createTime: longBefore })] }],
  [
    'one from long before took the resource away by the bill',
    { orders: [anOrder('CS2', { createTime: longBefore })], bill: { CS2: resourceId } },
  ],
  ['one of another type of service shows', { orders: [anOrder('CS2', { serviceTypeCode: 'hws.service.type.ec2' })] }],
  ['another was read back for another call, and may be for both', { orders: [another], claimed: ['CS2'] }],
  ['another may be it, too', { orders: [another] }],
  ['another call was lost at that time', { lost: [after(-minutes(5)).toISOString()] }],
  ['a request cannot be understood, whose call may be lost', { lost: [undefined] }],
  ['the resource is in use', { row: 'InUse' }],
  ['the window is not over', { since: minutes(15) }],
  ['a person was asked', { isAsked: true }],
  ['the orders from long before cannot be read', { isUnreadable: true }],
  ['its own call has been settled meanwhile', { claimedAtLast: ['CS1'] }],
  ['there are more others than can be asked about', { orders: manyOthers, bill: manyBills }],
])('but not when %s', async (_, shown) => {
  expect(await isOnlyExplanation(shown)).toBe(false);
});
