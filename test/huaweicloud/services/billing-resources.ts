import { z } from 'zod';
import { type Answer, flatError, noContent, ok, Refusal } from '../answers.ts';
import type { Operation, SignedCall } from '../operations.ts';
import { utcSeconds } from '../wire-time.ts';
import { type BillingResource, resourceStatus, secondariesOf } from '../world/billing.ts';
import { touches } from '../world/orders.ts';
import type { World } from '../world/world.ts';
import { parameterError } from './billing-errors.ts';

/** The yearly/monthly resources of an account, and their automatic renewal. */
export const billingResources: readonly Operation[] = [
  {
    name: 'billing.listResources',
    method: 'POST',
    // "suscriptions" is how the real path is spelt.
    path: '/v2/orders/suscriptions/resources/query',
    access: 'billing',
    answer: listResources,
  },
  {
    name: 'billing.enableAutoRenewal',
    method: 'POST',
    path: '/v2/orders/subscriptions/resources/autorenew/{resource_id}',
    access: 'billing',
    writes: true,
    answer: enableAutoRenewal,
  },
  {
    name: 'billing.disableAutoRenewal',
    method: 'DELETE',
    path: '/v2/orders/subscriptions/resources/autorenew/{resource_id}',
    access: 'billing',
    writes: true,
    answer: disableAutoRenewal,
  },
];

const instant = z.string().regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);

const queryBody = z.object({
  resource_ids: z.array(z.string()).max(50).nullish(),
  order_id: z.string().max(64).nullish(),
  only_main_resource: z.union([z.literal(0), z.literal(1)]).nullish(),
  status_list: z.array(z.int().min(2).max(5)).max(10).nullish(),
  service_type_code: z.string().min(1).nullish(),
  expire_time_begin: instant.nullish(),
  expire_time_end: instant.nullish(),
  offset: z.int().min(0).nullish(),
  // [inference] The maximum of `limit` is not documented.
  limit: z.int().min(1).max(500).nullish(),
});

type Query = z.infer<typeof queryBody>;

function listResources({ world, account, now, body }: SignedCall): Answer {
  const parsed = queryBody.safeParse(body ?? {});
  if (!parsed.success) return parameterError(z.prettifyError(parsed.error));
  const query = parsed.data;
  const found = world.billingResources
    .filter((row) => row.domainId === account.domainId)
    .filter((row) => isNamed(query, row) && isOfOrder(world, query, row) && isOfTime(query, row))
    .filter((row) => !query.status_list?.length || query.status_list.includes(resourceStatus(world, row, now)))
    .filter((row) => (query.service_type_code ?? row.serviceTypeCode) === row.serviceTypeCode);
  const offset = query.offset ?? 0;
  const page = found.slice(offset, offset + (query.limit ?? 10));
  return ok({ total_count: found.length, data: page.map((row) => resourceRow(world, row, now)) });
}

/** The trap: an empty list of ids is no filter, so the whole account comes back. */
function isNamed({ resource_ids: ids, only_main_resource: onlyMain }: Query, row: BillingResource): boolean {
  const isMain = row.parentResourceId === null;
  if (!ids?.length) return isMain || onlyMain !== 1;
  if (ids.includes(row.resourceId)) return true;
  return onlyMain !== 1 && row.parentResourceId !== null && ids.includes(row.parentResourceId);
}

const isOfOrder = (world: World, query: Query, row: BillingResource): boolean =>
  !query.order_id || world.orders.some((order) => order.orderId === query.order_id && touches(order, row.resourceId));

const isOfTime = (query: Query, row: BillingResource): boolean =>
  (!query.expire_time_begin || Date.parse(row.expireTime) >= Date.parse(query.expire_time_begin)) &&
  (!query.expire_time_end || Date.parse(row.expireTime) <= Date.parse(query.expire_time_end));

const resourceRow = (world: World, row: BillingResource, now: Date) => ({
  id: row.id,
  resource_id: row.resourceId,
  resource_name: row.resourceName,
  region_code: row.regionCode,
  service_type_code: row.serviceTypeCode,
  resource_type_code: row.resourceTypeCode,
  service_type_name: 'Dedicated Cloud',
  resource_type_name: row.resourceTypeCode,
  resource_spec_code: row.specCode,
  project_id: row.projectId,
  product_id: `00301-${row.specCode}-0--0`,
  parent_resource_id: row.parentResourceId,
  is_main_resource: row.parentResourceId === null ? 1 : 0,
  status: resourceStatus(world, row, now),
  effective_time: utcSeconds(row.effectiveTime),
  expire_time: utcSeconds(row.expireTime),
  update_time: utcSeconds(row.updateTime),
  expire_policy: row.expirePolicy,
  product_spec_desc: row.specCode,
  spec_size: null,
  spec_size_measure_id: null,
  enterprise_project: { id: row.enterpriseProjectId, name: row.enterpriseProjectId === '0' ? 'default' : '' },
});

function findResource({ world, account, path }: SignedCall): BillingResource {
  const id = path['resource_id'];
  const row = world.billingResources.find((candidate) => candidate.resourceId === id && !candidate.closed);
  if (row === undefined || row.domainId !== account.domainId) {
    throw new Refusal(flatError(400, 'CBC.99003012', `The resource ID does not exist: ${id}.`));
  }
  return row;
}

/** Setting the primary sets its secondaries too. */
function setExpirePolicy(world: World, row: BillingResource, policy: number): Answer {
  for (const resource of [row, ...secondariesOf(world, row.resourceId)]) resource.expirePolicy = policy;
  return noContent;
}

const renewalBody = z.object({
  auto_renew_times: z.int().min(0).max(99).nullish(),
  period_type: z.enum(['MONTH', 'YEAR']).nullish(),
});

function enableAutoRenewal(call: SignedCall): Answer {
  const parsed = renewalBody.safeParse(call.body ?? {});
  if (!parsed.success) return parameterError(z.prettifyError(parsed.error));
  const row = findResource(call);
  if (resourceStatus(call.world, row, call.now) !== 2) {
    return flatError(400, 'CBC.99003602', 'The resource has expired or is frozen. Auto-renewal cannot be enabled.');
  }
  return setExpirePolicy(call.world, row, 3);
}

function disableAutoRenewal(call: SignedCall): Answer {
  const row = findResource(call);
  if (row.expirePolicy !== 3) return flatError(400, 'CBC.99003605', 'Auto-renewal has already been canceled.');
  return setExpirePolicy(call.world, row, 0);
}
