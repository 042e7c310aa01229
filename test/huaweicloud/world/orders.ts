import { z } from 'zod';
import { instantSchema } from './account.ts';
import { moneySchema, sum } from './money.ts';
import type { World } from './world.ts';

export const lineItemSchema = z.strictObject({
  id: z.string(),
  /** Known to the world only: line items on the wire have no resource id. */
  resourceId: z.string(),
  serviceTypeCode: z.string(),
  resourceTypeCode: z.string(),
  periodType: z.enum(['month', 'year']),
  periodNum: z.int().nullable(),
  effectiveTime: instantSchema,
  expireTime: instantSchema,
  amountAfterDiscount: moneySchema,
  officialAmount: moneySchema,
  flexipurchaseCouponAmount: moneySchema.default('0.00'),
  couponAmount: moneySchema.default('0.00'),
  storedCardAmount: moneySchema.default('0.00'),
  /** Handling fee and consumed amount; only in unsubscription orders. */
  commissionAmount: moneySchema.nullable().default(null),
  consumedAmount: moneySchema.nullable().default(null),
  /** Whether an unsubscription has already taken this period back. */
  refunded: z.boolean().default(false),
});

/** A part of a refund: negative is money back, positive is what was consumed or the handling fee. */
export const refundRowSchema = z.strictObject({
  id: z.string(),
  amount: moneySchema,
  baseOrderId: z.string(),
  serviceTypeCode: z.string(),
  resourceTypeCode: z.string(),
  regionCode: z.string(),
});

const unsubscriptionSchema = z.strictObject({
  /** 1 the resource and its renewed periods, 2 only the renewed periods. */
  type: z.union([z.literal(1), z.literal(2)]),
  /** The ids in the call; `releases` adds the secondaries that go with them. */
  resourceIds: z.array(z.string()),
  releases: z.array(z.string()),
  /** One per primary when the call named several: then the order is a combined transaction order. */
  subOrderIds: z.array(z.string()),
  refund: moneySchema,
  rows: z.array(refundRowSchema),
});

export const orderSchema = z.strictObject({
  orderId: z.string(),
  domainId: z.string(),
  /** 1 purchase, 2 renewal, 3 change, 4 unsubscription. */
  type: z.union([z.literal(1), z.literal(2), z.literal(3), z.literal(4)]),
  /** 1 pending approval, 2 pending refund, 3 processing, 4 cancelled, 5 completed, 6 pending payment, 9 pending confirmation. */
  status: z.literal([1, 2, 3, 4, 5, 6, 9]),
  userName: z.string().default('demo-user'),
  createTime: instantSchema,
  paymentTime: instantSchema.nullable().default(null),
  currency: z.string(),
  lineItems: z.array(lineItemSchema).default([]),
  unsubscription: unsubscriptionSchema.nullable().default(null),
  /** The next states and when they are reached; empty when nothing is under way. */
  schedule: z.array(z.strictObject({ status: z.union([z.literal(3), z.literal(5)]), at: instantSchema })).default([]),
});

export type LineItem = z.infer<typeof lineItemSchema>;
export type RefundRow = z.infer<typeof refundRowSchema>;
export type Unsubscription = z.infer<typeof unsubscriptionSchema>;
export type Order = z.infer<typeof orderSchema>;
export type OrderStatus = Order['status'];

/** The total of one amount over all line items. */
export const total = (order: Order, amount: (item: LineItem) => string | null): string =>
  sum(order.lineItems.map((item) => amount(item) ?? '0.00'));

/** Whether this order concerns the resource. */
export const touches = (order: Order, resourceId: string): boolean =>
  order.lineItems.some((item) => item.resourceId === resourceId) ||
  (order.unsubscription?.releases.includes(resourceId) ?? false);

const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';

/** The next order id, in the form of the real ones: "CS", the minute in UTC+8, five letters. Unique in its world. */
export function nextOrderId(world: World, now: Date): string {
  world.sequence += 1;
  const minute = new Date(now.getTime() + 8 * 3_600_000).toISOString().replaceAll(/\D/g, '').slice(2, 12);
  const suffix = Array.from({ length: 5 }, (_, place) => letters[Math.floor(world.sequence / 26 ** (4 - place)) % 26]);
  return `CS${minute}${suffix.join('')}`;
}
