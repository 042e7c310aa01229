import { z } from 'zod';
import { type BillingResource, resourceStatus, secondariesOf } from '../world/billing.ts';
import { type LineItem, type Order, touches } from '../world/orders.ts';
import { accountOf, type World } from '../world/world.ts';

/** A refusal of the billing centre, with its documented code. */
export interface Refused {
  readonly code: string;
  readonly message: string;
}

/** The body of the unsubscribe call. Nothing documents a maximum length of the reason. */
export const unsubscribeBody = z.object({
  resource_ids: z.array(z.string().min(1)).min(1).max(10),
  unsubscribe_type: z.union([z.literal(1), z.literal(2)]),
  unsubscribe_reason_type: z.int().min(1).max(5).nullish(),
  unsubscribe_reason: z.string().nullish(),
});

/** A period that was paid for, and the order that paid for it. */
export interface PaidPeriod {
  readonly order: Order;
  readonly item: LineItem;
}

export type UnsubscribeBody = z.infer<typeof unsubscribeBody>;

const refused = (code: string, message: string): Refused => ({ code, message });

/**
 * The first rule of the billing centre that forbids this unsubscription, or undefined when it is allowed. VMs that are
 * still on the server are no rule here: no document says that the billing centre looks, so nothing may rely on it.
 */
export function refusal(world: World, domainId: string, body: UnsubscribeBody, now: Date): Refused | undefined {
  if (accountOf(world, domainId).freeze !== 'none') {
    return refused('CBC.30000052', 'The resource or account has been frozen. This operation cannot be performed.');
  }
  for (const id of body.resource_ids) {
    const resource = world.billingResources.find((row) => row.resourceId === id && row.domainId === domainId);
    if (resource === undefined) return refused('CBC.99003012', `The resource ID does not exist: ${id}.`);
    const reason =
      stateRefusal(world, resource, now) ??
      orderRefusal(world, resource) ??
      wholeRefusal(world, resource, body.resource_ids) ??
      renewalRefusal(world, resource, body, now);
    if (reason !== undefined) return reason;
  }
  return undefined;
}

function stateRefusal(world: World, resource: BillingResource, now: Date): Refused | undefined {
  switch (resourceStatus(world, resource, now)) {
    case 2:
      return undefined;
    case 3:
      return refused(
        'CBC.30000067',
        'Unsubscription not supported. This resource has been deleted or the subscription to this resource has not been synchronized.',
      );
    case 4:
      return refused('CBC.99003656', 'The resource is frozen. This operation cannot be performed.');
    case 5:
      // [inference] The documents say that expired services cannot be unsubscribed from, without a code. An expired
      // resource is in its retention period, in which it is frozen.
      return refused('CBC.99003656', 'The resource has expired and is frozen. This operation cannot be performed.');
  }
}

const releasedWith = (world: World, resource: BillingResource): string[] => [
  resource.resourceId,
  ...secondariesOf(world, resource.resourceId).map((secondary) => secondary.resourceId),
];

function orderRefusal(world: World, resource: BillingResource): Refused | undefined {
  const ids = releasedWith(world, resource);
  const concerned = (order: Order) => ids.some((id) => touches(order, id));
  if (world.orders.some((order) => order.status === 6 && concerned(order))) {
    return refused('CBC.99003100', 'The resource is in an unpaid order. Pay for or cancel the order first.');
  }
  if (world.orders.some((order) => [1, 2, 3].includes(order.status) && concerned(order))) {
    return refused('CBC.99003651', 'Another transaction of the resource is in progress. Unsubscription not supported.');
  }
  return undefined;
}

const mustBeWhole = (): Refused =>
  refused('CBC.99003185', 'The cloud services must be operated as a whole and cannot be unsubscribed from separately.');

function wholeRefusal(world: World, resource: BillingResource, ids: readonly string[]): Refused | undefined {
  if (resource.parentResourceId !== null && resource.relation === 'bound' && !ids.includes(resource.parentResourceId)) {
    return mustBeWhole();
  }
  const portfolio = world.servers.find((server) => server.resourceId === resource.resourceId)?.portfolio ?? null;
  if (portfolio === null) return undefined;
  const members = world.servers.filter((server) => server.portfolio === portfolio && server.state !== 'released');
  return members.every((member) => ids.includes(member.resourceId)) ? undefined : mustBeWhole();
}

function renewalRefusal(
  world: World,
  resource: BillingResource,
  body: UnsubscribeBody,
  now: Date,
): Refused | undefined {
  if (body.unsubscribe_type === 1 || paidPeriods(world, resource.resourceId, 2, now).length > 0) return undefined;
  return refused('CBC.99003128', 'The resource has no renewed period that could be unsubscribed from.');
}

/** The paid periods of a resource that neither ended nor were taken back: purchases (1) or renewals (2). */
export const paidPeriods = (world: World, resourceId: string, type: 1 | 2, now: Date): PaidPeriod[] =>
  world.orders
    .filter((order) => order.type === type && order.status === 5)
    .flatMap((order) =>
      order.lineItems
        .filter(
          (item) => item.resourceId === resourceId && !item.refunded && Date.parse(item.expireTime) > now.getTime(),
        )
        .map((item) => ({ order, item })),
    );
