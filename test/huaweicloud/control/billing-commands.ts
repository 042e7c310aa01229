import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { approveRefund } from '../unsubscription/complete.ts';
import { placeUnsubscription } from '../unsubscription/place.ts';
import { accountSchema } from '../world/account.ts';
import type { BillingResource } from '../world/billing.ts';
import { moneySchema } from '../world/money.ts';
import { nextOrderId, type Order, orderSchema } from '../world/orders.ts';
import { accountOf, nextId, type World } from '../world/world.ts';
import { type Command, command } from './command.ts';
import { findAccount, findOrder, findResource, findServer, wrongState } from './finders.ts';

const server = z.string().min(1).describe('id or name of a physical server');
const resource = z.string().min(1).describe('id or name of a yearly/monthly resource');
const order = z.string().min(1).describe('id of an order');
const account = z.string().min(1).optional().describe('domain id or name; may be left out when there is only one');
const shown = ({ orderId, type, status }: Order) => ({ orderId, type, status });

function setFrozen(world: World, wanted: string, frozen: boolean) {
  const found = findResource(world, findServer(world, wanted).resourceId);
  found.frozen = frozen;
  return { resourceId: found.resourceId, frozen };
}

/** Freezing, arrears, and everything about orders that happens outside of the API. */
export const billingCommands: readonly Command[] = [
  command('server/freeze', z.strictObject({ server }), ({ world }, input) => setFrozen(world, input.server, true)),
  command('server/thaw', z.strictObject({ server }), ({ world }, input) => setFrozen(world, input.server, false)),
  command(
    'account/freeze',
    z.strictObject({ account, scope: accountSchema.shape.freeze.unwrap().exclude(['none']).default('account') }),
    ({ world }, input) => {
      const found = findAccount(world, input.account);
      found.freeze = input.scope;
      return { domainId: found.domainId, freeze: found.freeze };
    },
  ),
  command('account/thaw', z.strictObject({ account }), ({ world }, input) => {
    const found = findAccount(world, input.account);
    found.freeze = 'none';
    return { domainId: found.domainId, freeze: found.freeze };
  }),
  command('account/enable', z.strictObject({ account, enabled: z.boolean() }), ({ world }, input) => {
    const found = findAccount(world, input.account);
    found.enabled = input.enabled;
    return { domainId: found.domainId, enabled: found.enabled };
  }),
  command('resource/renew', z.strictObject({ resource }), ({ world, now }, input) => {
    const found = findResource(world, input.resource);
    const end = new Date(now);
    end.setUTCFullYear(end.getUTCFullYear() + 1);
    found.expireTime = end.toISOString();
    return { resourceId: found.resourceId, expireTime: found.expireTime };
  }),
  command('account/debt', z.strictObject({ account, amount: moneySchema }), ({ world }, input) => {
    const found = findAccount(world, input.account);
    found.debt = input.amount;
    return { domainId: found.domainId, debt: found.debt };
  }),
  command('refund/approve', z.strictObject({ order }), ({ world, now, settings }, input) => {
    const found = pendingRefund(world, input.order);
    approveRefund(found, now, settings);
    return shown(found);
  }),
  command('refund/reject', z.strictObject({ order }), ({ world }, input) => {
    const found = pendingRefund(world, input.order);
    found.status = 4;
    return shown(found);
  }),
  command('order/unpaid', z.strictObject({ resource }), ({ world, now }, input) =>
    shown(addOrder(world, now, findResource(world, input.resource), 6)),
  ),
  command('transaction/start', z.strictObject({ resource }), ({ world, now }, input) =>
    shown(addOrder(world, now, findResource(world, input.resource), 3)),
  ),
  command('order/finish', z.strictObject({ order }), ({ world, now }, input) => {
    const found = findOrder(world, input.order);
    if (found.type === 4 || (found.status !== 3 && found.status !== 6)) {
      wrongState('order', `${found.orderId} is neither unpaid nor an open transaction`, 'Choose one that is.');
    }
    found.status = 5;
    found.paymentTime = now.toISOString();
    return shown(found);
  }),
  command(
    'console/unsubscribe',
    z.strictObject({
      resources: z.array(resource).min(1).max(10),
      type: z.union([z.literal(1), z.literal(2)]).default(1),
    }),
    ({ world, now, settings }, input) => {
      const rows = input.resources.map((wanted) => findResource(world, wanted, 'resources'));
      const domainId = rows[0]?.domainId ?? '';
      const placer = { domainId, userName: 'console-user', placedBy: 'console', requestId: randomUUID() } as const;
      const body = { resource_ids: rows.map(({ resourceId }) => resourceId), unsubscribe_type: input.type };
      const placed = placeUnsubscription(world, placer, body, settings, now);
      if ('order' in placed) return shown(placed.order);
      const { code, message } = placed.refused;
      return wrongState('resources', `the billing centre refused: ${code} ${message}`, 'Remove the cause first.');
    },
  ),
];

function pendingRefund(world: World, orderId: string): Order {
  const found = findOrder(world, orderId);
  if (found.status !== 1) {
    wrongState('order', `${orderId} does not wait for an approval (status ${found.status})`, 'Choose one in status 1.');
  }
  return found;
}

/** An order of type 3 (change) on a resource, made by somebody in the console. */
function addOrder(world: World, now: Date, row: BillingResource, status: 3 | 6): Order {
  const added = orderSchema.parse({
    orderId: nextOrderId(world, now),
    domainId: row.domainId,
    type: 3,
    status,
    userName: 'console-user',
    createTime: now.toISOString(),
    currency: accountOf(world, row.domainId).currency,
    lineItems: [
      {
        id: nextId(world),
        resourceId: row.resourceId,
        serviceTypeCode: row.serviceTypeCode,
        resourceTypeCode: row.resourceTypeCode,
        periodType: 'month',
        periodNum: 1,
        effectiveTime: now.toISOString(),
        expireTime: row.expireTime,
        amountAfterDiscount: '100.00',
        officialAmount: '100.00',
      },
    ],
  });
  world.orders.push(added);
  return added;
}
