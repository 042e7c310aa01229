import { z } from 'zod';
import { type Answer, flatError, noContent, ok, Refusal } from '../answers.ts';
import type { Operation, SignedCall } from '../operations.ts';
import { integerParameter } from '../parameters.ts';
import { wireAmount } from '../world/money.ts';
import type { Order } from '../world/orders.ts';
import { parameterError } from './billing-errors.ts';
import { detailedOrder, lineItemInfo, listedOrder } from './billing-order-format.ts';

/** Orders: the list, one order with its line items, the refund of one, and cancelling an unpaid one. */
export const billingOrders: readonly Operation[] = [
  {
    name: 'billing.listOrders',
    method: 'GET',
    path: '/v2/orders/customer-orders',
    access: 'billing',
    rate: 20,
    answer: listOrders,
  },
  {
    name: 'billing.showOrder',
    method: 'GET',
    path: '/v2/orders/customer-orders/details/{order_id}',
    access: 'billing',
    rate: 10,
    answer: showOrder,
  },
  {
    name: 'billing.showRefund',
    method: 'GET',
    path: '/v2/orders/customer-orders/refund-orders',
    access: 'billing',
    rate: 10,
    answer: showRefund,
  },
  {
    name: 'billing.cancelOrder',
    method: 'PUT',
    path: '/v2/orders/customer-orders/cancel',
    access: 'billing',
    rate: 10,
    writes: true,
    answer: cancelOrder,
  },
];

// [inference] The maximum of `limit` is not documented.
const limits = { default: 10, min: 1, max: 100 };
const offsets = { default: 0, min: 0, max: 1_000_000 };
const YEAR = 366 * 24 * 3_600_000;

const ordersOf = ({ world, account }: SignedCall): Order[] =>
  world.orders.filter(({ domainId }) => domainId === account.domainId);

function listOrders(call: SignedCall): Answer {
  const { query } = call;
  const limit = integerParameter(call, 'limit', limits, parameterError);
  const offset = integerParameter(call, 'offset', offsets, parameterError);
  const wasCreated = timeFilter(query, 'create_time');
  const wasPaid = timeFilter(query, 'payment_time');
  const { order_id, service_type_code, status, order_type } = Object.fromEntries(query);
  const found = ordersOf(call)
    .filter((order) => wasCreated(order.createTime) && wasPaid(order.paymentTime))
    .filter(
      (order) => (order_id ?? order.orderId) === order.orderId && (status ?? `${order.status}`) === `${order.status}`,
    )
    .filter((order) => (order_type ?? `${order.type}`) === `${order.type}`)
    .filter(
      (order) => !service_type_code || order.lineItems.some((item) => item.serviceTypeCode === service_type_code),
    );
  const sorted = sortedByTime(found, query.get('order_by') ?? '-createTime');
  const page = sorted.slice(offset, offset + limit);
  return ok({ total_count: found.length, order_infos: page.map(listedOrder) });
}

/** A filter by `<name>_begin` and `<name>_end`, which may span a year at most. */
function timeFilter(query: URLSearchParams, name: string): (instant: string | null) => boolean {
  const [begin, end] = [query.get(`${name}_begin`), query.get(`${name}_end`)];
  if (begin === null && end === null) return () => true;
  const from = begin === null ? 0 : Date.parse(begin);
  const to = end === null ? Number.MAX_SAFE_INTEGER : Date.parse(end);
  if (Number.isNaN(from) || Number.isNaN(to)) throw new Refusal(parameterError(`${name} is not an instant in UTC`));
  if (begin !== null && end !== null && to - from > YEAR) {
    throw new Refusal(parameterError(`${name} spans more than a year`));
  }
  return (instant) => instant !== null && Date.parse(instant) >= from && Date.parse(instant) <= to;
}

/** `createTime` oldest first, `-createTime` newest first; within one instant by id. */
function sortedByTime(orders: readonly Order[], orderBy: string): Order[] {
  const keyOf = ({ createTime, orderId }: Order) => `${createTime} ${orderId}`;
  const oldestFirst = orders.toSorted((one, other) => (keyOf(one) < keyOf(other) ? -1 : 1));
  return orderBy === '-createTime' ? oldestFirst.toReversed() : oldestFirst;
}

function findOrder(call: SignedCall, orderId: string | undefined): Order {
  const order = ordersOf(call).find((candidate) => candidate.orderId === orderId);
  // [inference] The code for an order that does not exist is not documented.
  if (order === undefined) throw new Refusal(parameterError(`The order does not exist: ${orderId}.`));
  return order;
}

function showOrder(call: SignedCall): Answer {
  const order = findOrder(call, call.path['order_id']);
  const limit = integerParameter(call, 'limit', limits, parameterError);
  const offset = integerParameter(call, 'offset', offsets, parameterError);
  const items = order.lineItems.slice(offset, offset + limit);
  return ok({
    total_count: order.lineItems.length,
    order_info: detailedOrder(order),
    order_line_items: items.map((item) => lineItemInfo(order, item)),
  });
}

function showRefund(call: SignedCall): Answer {
  const orderId = call.query.get('order_id');
  if (!orderId || orderId.length > 64) return parameterError('order_id is mandatory.');
  const order = findOrder(call, orderId);
  if (order.unsubscription === null) {
    return flatError(400, 'CBC.99005026', 'The order is not a downgrade or unsubscription order.');
  }
  // [inference] The rows appear when the refund has been paid.
  const rows = order.status === 5 ? order.unsubscription.rows : [];
  return ok({
    total_count: rows.length,
    refund_infos: rows.map((row) => ({
      id: row.id,
      amount: wireAmount(row.amount),
      measure_id: '1',
      customer_id: order.domainId,
      service_type_code: row.serviceTypeCode,
      resource_type_code: row.resourceTypeCode,
      region_code: row.regionCode,
      base_order_id: row.baseOrderId,
    })),
  });
}

const cancelBody = z.object({ order_id: z.string().min(1).max(64) });

function cancelOrder(call: SignedCall): Answer {
  const body = cancelBody.safeParse(call.body);
  if (!body.success) return parameterError(z.prettifyError(body.error));
  const order = findOrder(call, body.data.order_id);
  if (order.status !== 6) {
    return flatError(400, 'CBC.99005010', 'The order is not pending payment and cannot be canceled.');
  }
  order.status = 4;
  return noContent;
}
