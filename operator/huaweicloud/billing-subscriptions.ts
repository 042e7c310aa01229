import { z } from 'zod';
import { counted, instant, named, optional, type Unrecognised } from './answers.ts';
import type { ServiceReader } from './calls.ts';
import { unparsable } from './errors.ts';
import { collectCounted } from './paging.ts';

/** State of a yearly/monthly resource. Only `InUse` can be unsubscribed. */
export type SubscriptionStatus = 'InUse' | 'Closed' | 'Frozen' | 'Expired' | Unrecognised;

/** A yearly/monthly resource as the billing centre knows it. */
export interface Subscription {
  readonly resourceId: string;
  readonly name: string | undefined;
  /** Secondaries (false) are unsubscribed together with their primary. */
  readonly isPrimary: boolean;
  readonly parentResourceId: string | undefined;
  readonly status: SubscriptionStatus;
  readonly region: string | undefined;
  readonly projectId: string | undefined;
  readonly serviceTypeCode: string;
  readonly resourceTypeCode: string;
  readonly effectiveTime: Date | undefined;
  readonly expireTime: Date | undefined;
  /** The subscription renews itself at its end (`expire_policy` 3). */
  readonly autoRenewal: boolean;
}

/** Reads of yearly/monthly resources. */
export interface BillingSubscriptions {
  /**
   * The rows of these resources and of their secondaries, whatever their status, all pages. Throws a TypeError for an
   * empty list: without ids the cloud would list whatever the account has.
   */
  subscriptionsOf(resourceIds: readonly string[], signal?: AbortSignal): Promise<Subscription[]>;
  /** How many resources of the whole account are frozen: a sign that the account is. */
  frozenResources(signal?: AbortSignal): Promise<number>;
}

const row = z.object({
  id: optional(z.string()),
  resource_id: z.string().min(1),
  resource_name: optional(z.string()),
  is_main_resource: z.union([z.literal(0), z.literal(1)]),
  parent_resource_id: optional(z.string()).transform((id) => (id === '' ? undefined : id)),
  status: named({ 2: 'InUse', 3: 'Closed', 4: 'Frozen', 5: 'Expired' }),
  region_code: optional(z.string()),
  project_id: optional(z.string()),
  service_type_code: z.string(),
  resource_type_code: z.string(),
  effective_time: optional(instant),
  expire_time: optional(instant),
  expire_policy: optional(z.int()),
});
type Row = z.infer<typeof row>;

const operation = 'ListPayPerUseCustomerResources';
/** Sic: "suscriptions" is the real path. Read-only, although it is a POST. */
const path = () => ['v2', 'orders', 'suscriptions', 'resources', 'query'];
const schema = counted('total_count', 'data', row);
const autoRenewalPolicy = 3;
/** Most ids that one query takes. */
const batch = 50;

const keyOf = (row: Row) => `${row.id ?? ''} ${row.resource_id}`;

/** Creates the reads; the calls are bound to the domain. */
export function createBillingSubscriptions(reader: ServiceReader<'billing'>): BillingSubscriptions {
  return {
    async subscriptionsOf(resourceIds, signal) {
      if (resourceIds.length === 0 || resourceIds.includes('')) throw new TypeError('Name at least one resource id.');
      const rows = new Map<string, Row>();
      // One batch after the other: the billing centre takes some ten calls a second, and all at once are refused.
      for (let start = 0; start < resourceIds.length; start += batch) {
        const found = await rowsOf(reader, resourceIds.slice(start, start + batch), signal);
        // A secondary that was asked for comes a second time with its primary when that was in another batch.
        for (const row of found) rows.set(keyOf(row), row);
      }
      return [...rows.values()].map(subscriptionOf);
    },
    async frozenResources(signal) {
      const body = { status_list: [4], only_main_resource: 0, offset: 0, limit: 1 };
      const { total, items } = await reader.read({ operation, path, body, schema }, signal);
      if (items.every((item) => item.status === 'Frozen') && items.length >= Math.min(total, 1)) return total;
      throw unparsable(`billing.${operation}`, 'other than frozen resources came');
    },
  };
}

function rowsOf(
  reader: ServiceReader<'billing'>,
  resourceIds: readonly string[],
  signal?: AbortSignal,
): Promise<Row[]> {
  return collectCounted({ operation: `billing.${operation}`, key: keyOf }, ({ offset }) => {
    const body = { resource_ids: resourceIds, only_main_resource: 0, offset, limit: 100 };
    return reader.read({ operation, path, body, schema }, signal);
  });
}

function subscriptionOf(row: Row): Subscription {
  return {
    resourceId: row.resource_id,
    name: row.resource_name,
    isPrimary: row.is_main_resource === 1,
    parentResourceId: row.parent_resource_id,
    status: row.status,
    region: row.region_code,
    projectId: row.project_id,
    serviceTypeCode: row.service_type_code,
    resourceTypeCode: row.resource_type_code,
    effectiveTime: row.effective_time,
    expireTime: row.expire_time,
    autoRenewal: row.expire_policy === autoRenewalPolicy,
  };
}
