import { utcSeconds } from '../wire-time.ts';
import { wireAmount } from '../world/money.ts';
import { type LineItem, type Order, total } from '../world/orders.ts';

const HOURS_TO_PAY = 24 * 7;

/** An order as the list shows it (`CustomerOrderV2`), with a sub-order per primary of a combined one. */
export const listedOrder = (order: Order) => withSubOrders(order, plainOrder);

/** An order as its details show it (`CustomerOrderV3`): they alone tell who placed it, and until when it can be paid. */
export const detailedOrder = (order: Order) => withSubOrders(order, orderInFull);

type Format = (order: Order) => object;

function withSubOrders(order: Order, format: Format) {
  return {
    ...format(order),
    ...(order.unsubscription !== null && order.unsubscription.subOrderIds.length > 0
      ? {
          sub_order_infos: subOrders(order, order.unsubscription.subOrderIds, order.unsubscription.resourceIds, format),
        }
      : {}),
  };
}

function subOrders(order: Order, ids: readonly string[], resourceIds: readonly string[], format: Format) {
  return ids.map((orderId, index) => {
    const lineItems = order.lineItems.filter((item) => item.resourceId === resourceIds[index]);
    return format({ ...order, orderId, lineItems });
  });
}

function orderInFull(order: Order) {
  const payUntil = Date.parse(order.createTime) + HOURS_TO_PAY * 3_600_000;
  return {
    ...plainOrder(order),
    user_name: order.userName,
    ...(order.status === 6 ? { pending_payment_end_time: utcSeconds(new Date(payUntil).toISOString()) } : {}),
  };
}

function plainOrder(order: Order) {
  const amount = (of: (item: LineItem) => string | null) => wireAmount(total(order, of));
  return {
    order_id: order.orderId,
    customer_id: order.domainId,
    service_type_code: order.lineItems[0]?.serviceTypeCode ?? '',
    service_type_name: 'Dedicated Cloud',
    source_type: 1,
    status: order.status,
    order_type: order.type,
    amount_after_discount: amount((item) => item.amountAfterDiscount),
    official_amount: amount((item) => item.officialAmount),
    measure_id: 1,
    currency: order.currency,
    create_time: utcSeconds(order.createTime),
    payment_time: order.paymentTime === null ? null : utcSeconds(order.paymentTime),
    contract_id: null,
    amount_info: {
      discounts: [],
      flexipurchase_coupon_amount: amount((item) => item.flexipurchaseCouponAmount),
      coupon_amount: amount((item) => item.couponAmount),
      stored_card_amount: amount((item) => item.storedCardAmount),
      commission_amount: order.type === 4 ? amount((item) => item.commissionAmount) : null,
      consumed_amount: order.type === 4 ? amount((item) => item.consumedAmount) : null,
    },
  };
}

/** One line item. It has no resource id: the API ties orders to resources only on the bill. */
export const lineItemInfo = (order: Order, item: LineItem) => ({
  order_line_item_id: item.id,
  order_id: order.orderId,
  service_type_code: item.serviceTypeCode,
  service_type_name: 'Dedicated Cloud',
  product_id: '00301-s3-0--0',
  product_spec_desc: 's3',
  period_type: item.periodType === 'year' ? 3 : 2,
  period_num: item.periodNum,
  effective_time: utcSeconds(item.effectiveTime),
  expire_time: utcSeconds(item.expireTime),
  subscription_num: 1,
  amount_after_discount: wireAmount(item.amountAfterDiscount),
  official_amount: wireAmount(item.officialAmount),
  currency: order.currency,
  amount_info: {
    discounts: [],
    flexipurchase_coupon_amount: wireAmount(item.flexipurchaseCouponAmount),
    coupon_amount: wireAmount(item.couponAmount),
    stored_card_amount: wireAmount(item.storedCardAmount),
    commission_amount: item.commissionAmount === null ? null : wireAmount(item.commissionAmount),
    consumed_amount: item.consumedAmount === null ? null : wireAmount(item.consumedAmount),
  },
  category_code: 'main',
  product_owner_service: item.serviceTypeCode,
  commercial_resource: item.resourceTypeCode,
});
