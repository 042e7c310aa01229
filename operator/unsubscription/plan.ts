import type { UnsubscriptionRequest } from '../api/objects.ts';
import { planId } from '../api/plan-id.ts';
import type { Plan, PlannedOrder } from '../api/unsubscriptionrequest.ts';
import { type FoundServer, foundServers, type Snapshot } from './snapshot.ts';

/**
 * What would be ordered: one call for a server, one call for all servers of a portfolio, and, when secondary resources go
 * separately, one call for each of them before its server. Undefined while something it is made of is not known.
 *
 * Once the first intent is written the plan is the recorded one, or none: what was ordered already leaves the inventory,
 * must not change what was approved, and the journal counts by its orders.
 */
export function planOf(snapshot: Snapshot): Plan | undefined {
  const { request } = snapshot;
  if (hasBegun(request)) return recordedPlan(snapshot);
  const found = foundServers(snapshot);
  if (found.length !== snapshot.servers.length) return undefined;
  if (found.some(({ observation }) => observation.subscription.kind === 'Unreadable')) return undefined;
  const orders = ordersFor(found, request.spec.secondaryResources === 'Separately');
  return { id: idOf(snapshot, orders), orders };
}

/** Whether a call was ever intended: from then on the plan does not change. */
export const hasBegun = ({ status }: UnsubscriptionRequest): boolean => (status.placements ?? []).length > 0;

/** The plan in status, if it is the one that every call belongs to and that spec still means. */
function recordedPlan(snapshot: Snapshot): Plan | undefined {
  const { plan, placements = [] } = snapshot.request.status;
  if (plan === undefined || placements.some((entry) => entry.plan !== plan.id)) return undefined;
  return idOf(snapshot, plan.orders) === plan.id ? plan : undefined;
}

/** Digest of what the approver agrees to: the calls, and all of spec that bears on them. Estimates stay outside. */
function idOf({ request: { spec, metadata } }: Snapshot, orders: PlannedOrder[]): string {
  return planId({
    namespace: metadata.namespace,
    orders: orders.map(({ resourceIds }) => resourceIds),
    scope: spec.scope,
    reason: [spec.reason.type, spec.reason.text ?? ''],
    refund: spec.refund === undefined ? null : [spec.refund.minimum, spec.refund.currency],
  });
}

function ordersFor(found: FoundServer[], separately: boolean): PlannedOrder[] {
  const seen = new Set<string>();
  return found.flatMap((entry) => {
    if (seen.has(entry.name)) return [];
    const { portfolio } = entry.server.spec;
    const group = portfolio === undefined ? [entry] : found.filter(({ server }) => server.spec.portfolio === portfolio);
    for (const { name } of group) seen.add(name);
    return [...(separately ? group.flatMap(secondaryOrders) : []), orderFor(group)];
  });
}

function orderFor(group: FoundServer[]): PlannedOrder {
  return {
    servers: group.map(({ name }) => name).sort(),
    resourceIds: group.map(({ server }) => server.spec.resourceId).sort(),
  };
}

function secondaryOrders({ name, observation }: FoundServer): PlannedOrder[] {
  if (observation.subscription.kind === 'Unreadable') return [];
  const ids = observation.subscription.value.secondaries.map(({ resourceId }) => resourceId);
  return ids.sort().map((resourceId) => ({ servers: [name], resourceIds: [resourceId] }));
}
