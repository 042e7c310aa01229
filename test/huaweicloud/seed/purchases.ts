import type { z } from 'zod';
import type { billingResourceSchema } from '../world/billing.ts';
import { nextOrderId } from '../world/orders.ts';
import type { physicalServerSchema } from '../world/servers.ts';
import { append, type Context, DAY, seeded, uuid } from './context.ts';

export type Server = z.input<typeof physicalServerSchema>;
export type Resource = z.input<typeof billingResourceSchema>;

/** How a server was bought: what was paid, for how many years, and how many days ago. */
export interface Purchase {
  readonly paid: string;
  readonly years: number;
  readonly daysAgo: number;
}

/** A server with its pool, its subscription, and the order and the bill of its purchase. */
export function addServer(
  context: Context,
  server: Partial<Server> & { name: string },
  purchase: Purchase,
  row?: Partial<Resource>,
) {
  const { world, now } = context;
  const place = world.servers.length + 1;
  const resourceId = server.resourceId ?? uuid('dcc0', world.servers);
  const complete: Server = {
    resourceId,
    projectId: seeded.projectId,
    availabilityZone: seeded.availabilityZone,
    hostType: 'DCC',
    hypervisorHostname: `nova${String(place).padStart(3, '0')}@${100 + place}`,
    hostId: `${String(place).padStart(2, '0')}fc3c650ff6a1c9b20b975315f531814c3a512d8f3f5ffabb076f`,
    allocatedAt: new Date(now.getTime() - purchase.daysAgo * DAY).toISOString(),
    ...server,
  };
  append(context, { servers: [complete] });
  const pool = { projectId: complete.projectId, availabilityZone: complete.availabilityZone };
  const hostSpec = complete.hostSpec ?? 's3';
  const exists = world.pools.some(
    (known) => known.availabilityZone === pool.availabilityZone && known.hostSpec === hostSpec,
  );
  if (!exists && complete.hostType === 'DCC') append(context, { pools: [{ ...pool, hostSpec }] });
  addPurchase(context, purchase, server.name, resourceId, row);
}

/** The subscription of a resource, the order that bought it, and the bill of that order. */
export function addPurchase(
  context: Context,
  purchase: Purchase,
  name: string,
  resourceId: string,
  row: Partial<Resource> = {},
) {
  const { world, now } = context;
  const begin = new Date(now.getTime() - purchase.daysAgo * DAY);
  const end = new Date(begin);
  end.setUTCFullYear(end.getUTCFullYear() + purchase.years);
  const period = { effectiveTime: begin.toISOString(), expireTime: end.toISOString() };
  const resource = {
    id: `01000-${world.billingResources.length + 1}-0`,
    resourceId,
    resourceName: name,
    domainId: seeded.domainId,
    projectId: seeded.projectId,
    regionCode: seeded.region,
    serviceTypeCode: 'hws.service.type.dec',
    resourceTypeCode: 'hws.resource.type.dec',
    updateTime: period.effectiveTime,
    ...period,
    ...row,
  };
  append(context, { billingResources: [resource] });
  addPaidOrder(context, 1, resource, purchase, period);
}

interface Period {
  readonly effectiveTime: string;
  readonly expireTime: string;
}

function addPaidOrder(context: Context, type: 1 | 2, resource: Resource, purchase: Purchase, period: Period) {
  const { world, now } = context;
  const placed = new Date(now.getTime() - purchase.daysAgo * DAY);
  const orderId = nextOrderId(world, placed);
  const { resourceId, resourceName, domainId, projectId, regionCode } = resource;
  const { serviceTypeCode = 'hws.service.type.dec', resourceTypeCode = 'hws.resource.type.dec' } = resource;
  const createTime = placed.toISOString();
  const item = {
    id: uuid('01de', world.orders),
    resourceId,
    serviceTypeCode,
    resourceTypeCode,
    periodType: 'year' as const,
    periodNum: purchase.years,
    amountAfterDiscount: purchase.paid,
    officialAmount: purchase.paid,
    ...period,
  };
  const currency = world.accounts[0]?.currency ?? 'CNY';
  append(context, {
    orders: [{ orderId, domainId, type, status: 5, createTime, paymentTime: createTime, currency, lineItems: [item] }],
    bills: [
      {
        id: uuid('b111', world.bills),
        billType: type,
        orderId,
        resourceId,
        resourceName,
        domainId,
        projectId,
        regionCode,
        serviceTypeCode,
        resourceTypeCode,
        amount: purchase.paid,
        tradeTime: createTime,
        visibleAt: createTime,
        ...period,
      },
    ],
  });
}

/** A disk or the like that was bought with the named primary and hangs on it. */
export function addSecondary(context: Context, name: string, of: string, row?: Partial<Resource>): void {
  const { billingResources } = context.world;
  addPurchase(context, { paid: '1200.00', years: 1, daysAgo: 100 }, name, uuid('5ec0', billingResources), {
    resourceTypeCode: 'hws.resource.type.volume',
    serviceTypeCode: 'hws.service.type.ebs',
    parentResourceId: resourceNamed(context, of).resourceId,
    ...row,
  });
}

function resourceNamed({ world }: Context, name: string) {
  const resource = world.billingResources.find(({ resourceName }) => resourceName === name);
  if (resource === undefined) throw new Error(`no resource is called ${name}`);
  return resource;
}

/** A paid renewal for the year after the current period. */
export function addRenewal(context: Context, server: string, paid: string): void {
  const resource = resourceNamed(context, server);
  const end = new Date(resource.expireTime);
  end.setUTCFullYear(end.getUTCFullYear() + 1);
  const period = { effectiveTime: resource.expireTime, expireTime: end.toISOString() };
  addPaidOrder(context, 2, resource, { paid, years: 1, daysAgo: 1 }, period);
  resource.expireTime = period.expireTime;
}
