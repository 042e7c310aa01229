import Big from 'big.js';
import type { Settings } from '../settings.ts';
import type { BillingResource } from '../world/billing.ts';
import { sum } from '../world/money.ts';
import { nextOrderId, type Order } from '../world/orders.ts';
import { machinesOn } from '../world/virtual-machines.ts';
import { accountOf, type World } from '../world/world.ts';
import { refundLineItem, refundParts, refundRows } from './refund-parts.ts';
import { type Refused, refusal, type UnsubscribeBody } from './rules.ts';

/** Who orders the unsubscription, as the ledger records it. */
export interface Placer {
  readonly domainId: string;
  readonly userName: string;
  readonly placedBy: 'api' | 'console';
  readonly requestId: string;
}

/**
 * Places an unsubscription order, or refuses it by the rules of the billing centre. Both are written to the ledger. The
 * refund is fixed now; the resources go when the order completes, see `settleOrders`.
 */
export function placeUnsubscription(
  world: World,
  placer: Placer,
  body: UnsubscribeBody,
  settings: Settings,
  now: Date,
): { readonly order: Order } | { readonly refused: Refused } {
  const refused = refusal(world, placer.domainId, body, now);
  const entry = { time: now.toISOString(), requestId: placer.requestId, domainId: placer.domainId };
  if (refused !== undefined) {
    world.ledger.refused.push({ ...entry, ...refused, resourceIds: body.resource_ids });
    return { refused };
  }
  const order = unsubscriptionOrder(world, placer, body, settings, now);
  world.orders.push(order);
  world.ledger.accepted.push({
    ...entry,
    orderId: order.orderId,
    placedBy: placer.placedBy,
    resourceIds: body.resource_ids,
    unsubscribeType: body.unsubscribe_type,
    reasonType: body.unsubscribe_reason_type ?? null,
    reason: body.unsubscribe_reason ?? null,
    vmsDestroyed: [],
  });
  recordVirtualMachines(world, order);
  return { order };
}

/** Adds to the ledger which VMs are on the servers that this order releases. Called at acceptance and at completion. */
export function recordVirtualMachines(world: World, order: Order): void {
  const entry = world.ledger.accepted.find((candidate) => candidate.orderId === order.orderId);
  if (entry === undefined || order.unsubscription?.type !== 1) return;
  for (const serverId of order.unsubscription.releases) {
    const known = new Set(entry.vmsDestroyed.map((machine) => machine.id));
    const found = machinesOn(world, serverId).filter((machine) => !known.has(machine.id));
    entry.vmsDestroyed.push(...found.map(({ id, name }) => ({ id, name, serverId })));
  }
}

function unsubscriptionOrder(
  world: World,
  placer: Placer,
  body: UnsubscribeBody,
  settings: Settings,
  now: Date,
): Order {
  const { currency } = accountOf(world, placer.domainId);
  const released = releasedResources(world, body, placer.domainId);
  const parts = released.flatMap((resource) => refundParts(world, resource, body, settings, now));
  const refund = sum(parts.map((part) => part.amounts.refund));
  const limit = settings.largeRefund[currency];
  const needsApproval = limit !== undefined && new Big(refund).gt(limit);
  const processed = new Date(now.getTime() + settings.orderProcessing).toISOString();
  const combined = body.resource_ids.length > 1;
  return {
    orderId: nextOrderId(world, now),
    domainId: placer.domainId,
    type: 4,
    status: needsApproval ? 1 : 3,
    userName: placer.userName,
    createTime: now.toISOString(),
    paymentTime: null,
    currency,
    lineItems: parts.map((part) => refundLineItem(world, part)),
    unsubscription: {
      type: body.unsubscribe_type,
      resourceIds: body.resource_ids,
      releases: released.map((resource) => resource.resourceId),
      subOrderIds: combined ? body.resource_ids.map(() => nextOrderId(world, now)) : [],
      refund,
      rows: parts.flatMap((part) => refundRows(world, part)),
    },
    schedule: needsApproval ? [] : [{ status: 5, at: processed }],
  };
}

/** The resources of the call, each once, with the secondaries that go with a primary. */
function releasedResources(world: World, body: UnsubscribeBody, domainId: string): BillingResource[] {
  return world.billingResources.filter(
    (row) =>
      row.domainId === domainId &&
      !row.closed &&
      (body.resource_ids.includes(row.resourceId) ||
        (row.parentResourceId !== null && body.resource_ids.includes(row.parentResourceId))),
  );
}
