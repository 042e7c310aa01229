import type { Settings } from '../settings.ts';
import type { BillingResource } from '../world/billing.ts';
import type { LineItem, Order, RefundRow } from '../world/orders.ts';
import { nextId, type World } from '../world/world.ts';
import { type Refund, refundOf } from './refund.ts';
import { paidPeriods, type UnsubscribeBody } from './rules.ts';

/** One paid period that an unsubscription takes back, and what that gives. */
export interface Part {
  readonly resource: BillingResource;
  readonly baseOrder: Order;
  readonly item: LineItem;
  readonly amounts: Refund;
}

/** One part per paid period of the resource: its purchase (type 1 only) and its renewals. */
export function refundParts(
  world: World,
  resource: BillingResource,
  body: UnsubscribeBody,
  settings: Settings,
  now: Date,
): Part[] {
  const purchases = body.unsubscribe_type === 1 ? paidPeriods(world, resource.resourceId, 1, now) : [];
  return [...purchases, ...paidPeriods(world, resource.resourceId, 2, now)].map(({ order, item }) => ({
    resource,
    baseOrder: order,
    item,
    amounts: refundOf(item, settings.handlingFees, now),
  }));
}

/** The line item of the unsubscription order for one period. */
export function refundLineItem(world: World, { resource, item, amounts }: Part): LineItem {
  // [inference] Amounts of an unsubscription order are negative, as in the refund rows and on the bill.
  const amount = amounts.refund === '0.00' ? amounts.refund : `-${amounts.refund}`;
  return {
    id: nextId(world),
    resourceId: resource.resourceId,
    serviceTypeCode: resource.serviceTypeCode,
    resourceTypeCode: resource.resourceTypeCode,
    periodType: item.periodType,
    periodNum: null,
    effectiveTime: item.effectiveTime,
    expireTime: item.expireTime,
    amountAfterDiscount: amount,
    officialAmount: amount,
    flexipurchaseCouponAmount: '0.00',
    couponAmount: '0.00',
    storedCardAmount: '0.00',
    commissionAmount: amounts.fee,
    consumedAmount: amounts.consumed,
    refunded: false,
  };
}

/** The rows of the refund for one period: money back, consumed, fee. */
export function refundRows(world: World, { resource, baseOrder, amounts }: Part): RefundRow[] {
  const negative = amounts.refund === '0.00' ? '0.00' : `-${amounts.refund}`;
  // [inference] Zero amounts have no row.
  return [negative, amounts.consumed, amounts.fee]
    .filter((amount) => amount !== '0.00')
    .map((amount) => ({
      id: nextId(world),
      amount,
      baseOrderId: baseOrder.orderId,
      serviceTypeCode: resource.serviceTypeCode,
      resourceTypeCode: resource.resourceTypeCode,
      regionCode: resource.regionCode,
    }));
}
