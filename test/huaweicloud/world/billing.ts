import { z } from 'zod';
import { instantSchema } from './account.ts';
import { moneySchema } from './money.ts';
import type { World } from './world.ts';

/** A yearly/monthly resource as the billing centre keeps it. Its status is derived, see `resourceStatus`. */
export const billingResourceSchema = z.strictObject({
  id: z.string(),
  resourceId: z.string().min(1),
  resourceName: z.string(),
  domainId: z.string(),
  projectId: z.string(),
  regionCode: z.string(),
  serviceTypeCode: z.string().default('hws.service.type.dec'),
  resourceTypeCode: z.string().default('hws.resource.type.dec'),
  specCode: z.string().default('s3'),
  parentResourceId: z.string().nullable().default(null),
  /** How a secondary hangs on its primary: a bound one goes only together with it. */
  relation: z.enum(['attached', 'bound']).default('attached'),
  frozen: z.boolean().default(false),
  closed: z.boolean().default(false),
  effectiveTime: instantSchema,
  expireTime: instantSchema,
  updateTime: instantSchema,
  /** 0 grace period, 1 pay-per-use, 2 delete, 3 renew automatically, 4 freeze, 5 delete after retention. */
  expirePolicy: z.int().min(0).max(5).default(0),
  enterpriseProjectId: z.string().default('0'),
});

/** One row of the resource fee records: the only row of the API that has both a resource id and an order id. */
export const billSchema = z.strictObject({
  id: z.string(),
  domainId: z.string(),
  /** 1 new purchase, 2 renewal, 3 change, 4 refund of an unsubscription. */
  billType: z.int(),
  orderId: z.string(),
  resourceId: z.string(),
  resourceName: z.string(),
  projectId: z.string(),
  regionCode: z.string(),
  serviceTypeCode: z.string(),
  resourceTypeCode: z.string(),
  /** What had to be paid, by whatever means; what the three below do not cover was paid in cash. */
  amount: moneySchema,
  couponAmount: moneySchema.default('0.00'),
  flexipurchaseCouponAmount: moneySchema.default('0.00'),
  storedCardAmount: moneySchema.default('0.00'),
  tradeTime: instantSchema,
  effectiveTime: instantSchema,
  expireTime: instantSchema,
  /** Bills lag behind the trade, by up to 24 hours in the real cloud. */
  visibleAt: instantSchema,
});

export type BillingResource = z.infer<typeof billingResourceSchema>;
export type Bill = z.infer<typeof billSchema>;

/** 2 in use, 3 closed, 4 frozen, 5 expired. */
export type ResourceStatus = 2 | 3 | 4 | 5;

/** The status that the billing centre shows for a resource at this time. */
export function resourceStatus(world: World, resource: BillingResource, now: Date): ResourceStatus {
  if (resource.closed) return 3;
  const account = world.accounts.find((candidate) => candidate.domainId === resource.domainId);
  if (resource.frozen || account?.freeze === 'accountAndResources') return 4;
  return Date.parse(resource.expireTime) <= now.getTime() ? 5 : 2;
}

/** The resources that hang on a primary and would be unsubscribed with it. */
export const secondariesOf = (world: World, resourceId: string): BillingResource[] =>
  world.billingResources.filter((resource) => resource.parentResourceId === resourceId && !resource.closed);
