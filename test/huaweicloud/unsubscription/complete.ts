import type { Settings } from '../settings.ts';
import type { BillingResource } from '../world/billing.ts';
import { sum } from '../world/money.ts';
import type { Order, Unsubscription } from '../world/orders.ts';
import { destroyVirtualMachine, machinesOn } from '../world/virtual-machines.ts';
import { accountOf, nextId, type World } from '../world/world.ts';
import { recordVirtualMachines } from './place.ts';

/** Moves every order on to the states whose time has come. Returns whether anything changed. */
export function settleOrders(world: World, now: Date, settings: Settings): boolean {
  let changed = false;
  for (const order of world.orders) {
    while (order.schedule[0] !== undefined && Date.parse(order.schedule[0].at) <= now.getTime()) {
      const [step, ...rest] = order.schedule;
      order.schedule = rest;
      order.status = step.status;
      if (step.status === 5) complete(world, order, step.at, settings);
      changed = true;
    }
  }
  return changed;
}

/** Approves a large refund: the order waits for the refund (status 2), is processed (3) and completes (5). */
export function approveRefund(order: Order, now: Date, settings: Settings): void {
  const after = (share: number) => new Date(now.getTime() + settings.orderProcessing * share).toISOString();
  order.status = 2;
  order.schedule = [
    { status: 3, at: after(0.5) },
    { status: 5, at: after(1) },
  ];
}

function complete(world: World, order: Order, at: string, settings: Settings): void {
  order.paymentTime = at;
  const { unsubscription } = order;
  if (unsubscription === null) return;
  if (unsubscription.type === 1) recordVirtualMachines(world, order);
  for (const resourceId of unsubscription.releases) {
    const resource = world.billingResources.find((row) => row.resourceId === resourceId);
    if (resource === undefined) continue;
    writeBill(world, order, resource, at, settings);
    if (unsubscription.type === 1) release(world, resource, at, settings);
    else takeRenewalsBack(world, resource, at);
  }
  payOut(world, order, unsubscription);
}

function release(world: World, resource: BillingResource, at: string, settings: Settings): void {
  resource.closed = true;
  resource.updateTime = at;
  if (settings.unsubscribedRows === 'gone') {
    world.billingResources = world.billingResources.filter((row) => row !== resource);
  }
  const server = world.servers.find((candidate) => candidate.resourceId === resource.resourceId);
  if (server === undefined) return;
  server.state = 'released';
  server.releasedAt = at;
  for (const machine of machinesOn(world, server.resourceId)) destroyVirtualMachine(world, machine.id);
}

/** Ends the resource where its purchased period ends, and marks its renewed periods as taken back. */
function takeRenewalsBack(world: World, resource: BillingResource, at: string): void {
  const periods = (type: 1 | 2) =>
    world.orders
      .filter((order) => order.type === type)
      .flatMap((order) => order.lineItems.filter((item) => item.resourceId === resource.resourceId));
  const purchased = periods(1).map((item) => item.expireTime);
  resource.expireTime = purchased.toSorted().at(-1) ?? resource.expireTime;
  resource.updateTime = at;
  for (const item of periods(2)) item.refunded = true;
}

function writeBill(world: World, order: Order, resource: BillingResource, at: string, settings: Settings): void {
  const items = order.lineItems.filter((item) => item.resourceId === resource.resourceId);
  world.bills.push({
    id: nextId(world),
    domainId: order.domainId,
    billType: 4,
    orderId: order.orderId,
    resourceId: resource.resourceId,
    resourceName: resource.resourceName,
    projectId: resource.projectId,
    regionCode: resource.regionCode,
    serviceTypeCode: resource.serviceTypeCode,
    resourceTypeCode: resource.resourceTypeCode,
    amount: sum(items.map((item) => item.amountAfterDiscount)),
    couponAmount: '0.00',
    flexipurchaseCouponAmount: '0.00',
    storedCardAmount: '0.00',
    tradeTime: at,
    effectiveTime: resource.effectiveTime,
    expireTime: resource.expireTime,
    visibleAt: new Date(Date.parse(at) + settings.billDelay).toISOString(),
  });
}

function payOut(world: World, order: Order, unsubscription: Unsubscription): void {
  const account = accountOf(world, order.domainId);
  account.balance = sum([account.balance, unsubscription.refund]);
}
