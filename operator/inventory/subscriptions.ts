import type { Subscription as BillingRow } from '../huaweicloud/billing-subscriptions.ts';
import type { SecondaryResource, Subscription } from './observation.ts';

/**
 * The subscription of each resource that has a billing row, by resource id. A row has an id of its own, so one resource
 * can have several: they are one subscription, and a status on which they disagree is not known. Pure.
 */
export function subscriptionsIn(rows: readonly BillingRow[]): Map<string, Subscription> {
  const open = rows.filter(({ status }) => status !== 'Closed');
  const byParent = Map.groupBy(open, ({ parentResourceId }) => parentResourceId);
  const found = new Map<string, Subscription>();
  for (const row of rows) {
    const subscription = subscriptionOf(row, byParent.get(row.resourceId) ?? []);
    const other = found.get(row.resourceId);
    const agrees = other === undefined || other.status === subscription.status;
    found.set(row.resourceId, agrees ? subscription : { ...subscription, status: 'Unknown' });
  }
  return found;
}

function subscriptionOf(row: BillingRow, secondaries: readonly BillingRow[]): Subscription {
  const known = ['InUse', 'Closed', 'Frozen', 'Expired'] as const;
  return {
    status: known.find((status) => status === row.status) ?? 'Unknown',
    isPrimary: row.isPrimary,
    region: row.region,
    projectId: row.projectId,
    serviceTypeCode: row.serviceTypeCode,
    effectiveTime: row.effectiveTime?.toISOString(),
    expireTime: row.expireTime?.toISOString(),
    autoRenewal: row.autoRenewal,
    secondaries: secondariesIn(secondaries),
  };
}

/** Each resource once: it is ordered once, and the status lists it by its id. */
function secondariesIn(rows: readonly BillingRow[]): SecondaryResource[] {
  const byId = new Map(
    rows.map(({ resourceId, name = '', resourceTypeCode }) => [
      resourceId,
      { resourceId, name, type: resourceTypeCode },
    ]),
  );
  return [...byId.values()].sort((a, b) => a.resourceId.localeCompare(b.resourceId));
}
