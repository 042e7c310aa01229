import type { Big } from 'big.js';
import { z } from 'zod';
import { amount, counted, instant, named, optional, type Unrecognised } from './answers.ts';
import type { ServiceReader } from './calls.ts';
import { CloudError, unparsable } from './errors.ts';
import { collectCounted, type Listing } from './paging.ts';

const statuses = {
  1: 'PendingApproval',
  2: 'PendingRefund',
  3: 'Processing',
  4: 'Cancelled',
  5: 'Completed',
  6: 'Unpaid',
  9: 'PendingConfirmation',
  10: 'PendingShipment',
  11: 'PendingReceipt',
  12: 'PendingPickup',
  13: 'Replacing',
} as const;
const types = {
  1: 'Purchase',
  2: 'Renewal',
  3: 'Change',
  4: 'Unsubscription',
  10: 'ToPayPerUse',
  11: 'ToYearlyMonthly',
  13: 'Trial',
  14: 'TrialToCommercial',
  15: 'FeeAdjustment',
} as const;

/** State of an order. `Completed` is success and `Cancelled` failure; everything else is still under way. */
export type OrderStatus = (typeof statuses)[keyof typeof statuses] | Unrecognised;

/** What an order does. */
export type OrderType = (typeof types)[keyof typeof types] | Unrecognised;

/** An order in a list. */
export interface Order {
  readonly orderId: string;
  readonly status: OrderStatus;
  readonly type: OrderType;
  readonly createTime: Date;
  readonly serviceTypeCode: string | undefined;
}

/** A line of an order. No line names a resource id: the cloud does not tell which resource an order is about. */
export interface OrderLine {
  readonly id: string;
  readonly serviceTypeCode: string | undefined;
  readonly resourceTypeCode: string | undefined;
  readonly productId: string | undefined;
  readonly periodType: 'Day' | 'Week' | 'Month' | 'Year' | 'Hour' | 'OneOff' | Unrecognised | undefined;
  readonly periodCount: number | undefined;
  readonly effectiveTime: Date | undefined;
  readonly expireTime: Date | undefined;
  readonly amountAfterDiscount: Big | undefined;
}

/** Money of an order, in its currency. What the cloud does not state is undefined, not zero. */
export interface OrderAmounts {
  /** Paid, or for an unsubscription what goes back. */
  readonly amountAfterDiscount: Big | undefined;
  /** Handling fee, only for unsubscriptions. */
  readonly commission: Big | undefined;
  /** Price of what was used, only for unsubscriptions. */
  readonly consumed: Big | undefined;
  /** Part paid with cash coupons, which is not refunded. */
  readonly coupon: Big | undefined;
}

/** An order with all its lines. */
export interface OrderDetails extends Order {
  /** Who placed it. */
  readonly userName: string | undefined;
  readonly currency: string | undefined;
  readonly amounts: OrderAmounts;
  readonly lines: readonly OrderLine[];
  /** The parts of a combined order, as a batch makes one; empty otherwise. */
  readonly subOrderIds: readonly string[];
}

/** Where a refund came from: negative amounts were refunded, positive ones consumed or charged as a fee. */
export interface RefundRow {
  readonly id: string;
  readonly amount: Big;
  readonly currency: string | undefined;
  /** The order that had paid for it. */
  readonly baseOrderId: string | undefined;
  readonly serviceTypeCode: string | undefined;
  readonly resourceTypeCode: string | undefined;
  readonly region: string | undefined;
}

/** Reads of orders. */
export interface BillingOrders {
  /** Orders of type unsubscription created at or after `since` (not more than a year ago), newest first, all pages. */
  unsubscriptionOrdersSince(since: Date, signal?: AbortSignal): Promise<Order[]>;
  /** Those of a time, of a year at most, however long ago. */
  unsubscriptionOrdersBetween(since: Date, until: Date, signal?: AbortSignal): Promise<Order[]>;
  /** All orders that are pending approval, pending refund, processing, unpaid or pending confirmation, each once. */
  pendingOrders(signal?: AbortSignal): Promise<Order[]>;
  /** One order with all lines. */
  orderDetails(orderId: string, signal?: AbortSignal): Promise<OrderDetails>;
  /** The refund of an unsubscription order; the rows carry the order's currency. */
  refundOf(order: Pick<OrderDetails, 'orderId' | 'currency'>, signal?: AbortSignal): Promise<RefundRow[]>;
}

const orderRow = z.object({
  order_id: z.string().min(1),
  status: named(statuses),
  order_type: named(types),
  create_time: instant,
  service_type_code: optional(z.string()),
});
const money = optional(amount);
const amountInfo = optional(z.object({ commission_amount: money, consumed_amount: money, coupon_amount: money }));
const orderInfo = orderRow.extend({
  user_name: optional(z.string()),
  currency: optional(z.string()),
  amount_after_discount: money,
  amount_info: amountInfo,
  sub_order_infos: optional(z.array(z.object({ order_id: z.string() }))),
});
const line = z.object({
  order_line_item_id: z.string(),
  service_type_code: optional(z.string()),
  commercial_resource: optional(z.string()),
  product_id: optional(z.string()),
  period_type: optional(named({ 0: 'Day', 1: 'Week', 2: 'Month', 3: 'Year', 4: 'Hour', 5: 'OneOff' })),
  period_num: optional(z.int()),
  effective_time: optional(instant),
  expire_time: optional(instant),
  amount_after_discount: money,
});
const detailsPage = z.object({ order_info: orderInfo }).and(counted('total_count', 'order_line_items', line));
const refundRow = z.object({
  id: z.string(),
  amount,
  base_order_id: optional(z.string()),
  service_type_code: optional(z.string()),
  resource_type_code: optional(z.string()),
  region_code: optional(z.string()),
});
const refundPage = counted('total_count', 'refund_infos', refundRow);
const orderPage = counted('total_count', 'order_infos', orderRow);

type OrderRow = z.infer<typeof orderRow>;
type LineRow = z.infer<typeof line>;

const orders = ['v2', 'orders', 'customer-orders'];
/** Those of the values that the filter takes (SDK `list_customer_orders_request.py`) that are not ends: 4 and 5 are. */
const openStatuses = [1, 3, 6, 9];

/** Creates the reads; the calls are bound to the domain. */
export function createBillingOrders(reader: ServiceReader<'billing'>): BillingOrders {
  return {
    unsubscriptionOrdersSince: (since, signal) =>
      listOrders(reader, { order_type: 4, create_time_begin: wholeSeconds(since) }, signal),
    unsubscriptionOrdersBetween(since, until, signal) {
      const span = { create_time_begin: wholeSeconds(since), create_time_end: wholeSeconds(until) };
      return listOrders(reader, { order_type: 4, ...span }, signal);
    },
    async pendingOrders(signal) {
      const byStatus = openStatuses.map((status) => listOrders(reader, { status }, signal));
      const lists = await Promise.all([...byStatus, ordersPendingRefund(reader, signal)]);
      // A filter that the cloud took no notice of would give all orders that there ever were.
      const underWay = lists.flat().filter(({ status }) => status !== 'Completed' && status !== 'Cancelled');
      return [...new Map(underWay.map((order) => [order.orderId, order])).values()];
    },
    orderDetails: (orderId, signal) => readDetails(reader, orderId, signal),
    async refundOf({ orderId, currency }, signal) {
      const operation = 'ShowRefundOrderDetails';
      const path = () => [...orders, 'refund-orders'];
      const { items, total } = await reader.read(
        { operation, path, query: { order_id: orderId }, schema: refundPage },
        signal,
      );
      // The operation has no paging: fewer rows than stated would be an incomplete refund.
      if (items.length !== total)
        throw unparsable(`billing.${operation}`, `only ${items.length} of ${total} rows came`);
      return items.map((row) => ({
        id: row.id,
        amount: row.amount,
        currency,
        baseOrderId: row.base_order_id,
        serviceTypeCode: row.service_type_code,
        resourceTypeCode: row.resource_type_code,
        region: row.region_code,
      }));
    },
  };
}

async function listOrders(
  reader: ServiceReader<'billing'>,
  filter: Readonly<Record<string, string | number>>,
  signal?: AbortSignal,
): Promise<Order[]> {
  const operation = 'ListCustomerOrders';
  const listing: Listing<OrderRow> = { operation: `billing.${operation}`, key: (row) => row.order_id };
  const rows = await collectCounted(listing, ({ offset }) => {
    const query = { ...filter, order_by: '-createTime', offset, limit: 100 };
    return reader.read({ operation, path: () => orders, query, schema: orderPage }, signal);
  });
  return rows.map(orderOf);
}

/**
 * Orders in status 2, and others maybe. The documents have that status in the answer, but not among the values that the filter takes (SDK
 * `list_customer_orders_request.py`): where it is refused, the unsubscriptions are read, which alone can be pending refund.
 */
async function ordersPendingRefund(reader: ServiceReader<'billing'>, signal?: AbortSignal): Promise<Order[]> {
  try {
    return await listOrders(reader, { status: 2 }, signal);
  } catch (error) {
    if (!(error instanceof CloudError && error.code === 'CBC.0100')) throw error;
    return await listOrders(reader, { order_type: 4 }, signal);
  }
}

async function readDetails(
  reader: ServiceReader<'billing'>,
  orderId: string,
  signal?: AbortSignal,
): Promise<OrderDetails> {
  const operation = 'ShowCustomerOrderDetails';
  const path = () => [...orders, 'details', orderId];
  let order: z.infer<typeof orderInfo> | undefined;
  const listing: Listing<LineRow> = { operation: `billing.${operation}`, key: (row) => row.order_line_item_id };
  const lines = await collectCounted(listing, async ({ offset }) => {
    const query = { offset, limit: 100 };
    const page = await reader.read({ operation, path, query, schema: detailsPage }, signal);
    order = page.order_info;
    return page;
  });
  if (order?.order_id !== orderId) throw unparsable(`billing.${operation}`, 'another order came');
  return {
    ...orderOf(order),
    userName: order.user_name,
    currency: order.currency,
    amounts: {
      amountAfterDiscount: order.amount_after_discount,
      commission: order.amount_info?.commission_amount,
      consumed: order.amount_info?.consumed_amount,
      coupon: order.amount_info?.coupon_amount,
    },
    lines: lines.map(lineOf),
    subOrderIds: (order.sub_order_infos ?? []).map((part) => part.order_id),
  };
}

function orderOf(row: OrderRow): Order {
  return {
    orderId: row.order_id,
    status: row.status,
    type: row.order_type,
    createTime: row.create_time,
    serviceTypeCode: row.service_type_code,
  };
}

function lineOf(row: LineRow): OrderLine {
  return {
    id: row.order_line_item_id,
    serviceTypeCode: row.service_type_code,
    resourceTypeCode: row.commercial_resource,
    productId: row.product_id,
    periodType: row.period_type,
    periodCount: row.period_num,
    effectiveTime: row.effective_time,
    expireTime: row.expire_time,
    amountAfterDiscount: row.amount_after_discount,
  };
}

/** `2026-01-02T03:04:05Z`, rounded down: the form that the filters take. */
function wholeSeconds(at: Date): string {
  return at.toISOString().replace(/\.\d+Z$/, 'Z');
}
