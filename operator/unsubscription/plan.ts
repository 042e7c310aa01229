import type { DCCServer, UnsubscriptionRequest } from '../api/objects.ts';
import { planId } from '../api/plan-id.ts';
import type { Plan, PlannedOrder } from '../api/unsubscriptionrequest.ts';
import { progressOf } from './placement/journal.ts';
import { type FoundServer, foundServers, type Snapshot, type Subscription } from './snapshot.ts';
import { statementsOn } from './statements.ts';

/**
 * What would be ordered: one call for a server, one call for all servers of a portfolio, and, when secondary resources go
 * separately, one call for each of them before its server. Undefined while something it is made of is not known.
 *
 * Once the first intent is written the plan is the recorded one, or none: what was ordered already leaves the inventory,
 * and the journal counts by its orders. Each order that is still to come must be what would be planned now, though: a
 * server that was made anew under its old name, or is mapped otherwise, is not what was approved.
 */
export function planOf(snapshot: Snapshot): Plan | undefined {
  const known = plans.get(snapshot) ?? { plan: plan(snapshot) };
  plans.set(snapshot, known);
  return known.plan;
}

/** A snapshot never changes, and a pass asks for its plan nine times. */
const plans = new WeakMap<Snapshot, { plan: Plan | undefined }>();

function plan(snapshot: Snapshot): Plan | undefined {
  const found = foundServers(snapshot);
  if (found.some(({ observation }) => observation.subscription.kind === 'Unreadable')) return undefined;
  const orders = ordersFor(found, snapshot);
  if (!hasBegun(snapshot.request)) {
    return found.length === snapshot.servers.length ? { id: idOf(snapshot, orders), orders } : undefined;
  }
  const recorded = recordedPlan(snapshot);
  const planned = new Set(orders.map(inWords));
  return recorded && ordersToCome(recorded, snapshot).every((order) => planned.has(inWords(order)))
    ? recorded
    : undefined;
}

/** The plan by whose orders the journal counts: the recorded one once a call was intended, else what is planned now. */
export const countedPlan = (snapshot: Snapshot): Plan | undefined =>
  hasBegun(snapshot.request) ? recordedPlan(snapshot) : planOf(snapshot);

/** Whether a call was ever intended: from then on the plan does not change. */
export const hasBegun = ({ status }: UnsubscriptionRequest): boolean => (status.placements ?? []).length > 0;

/** The plan that every call was made for, whatever spec means by now: what has ended by it has ended. */
export function plannedCalls({ status: { plan, placements = [] } }: UnsubscriptionRequest): Plan | undefined {
  const isOfAll = placements.length > 0 && placements.every((entry) => entry.plan === plan?.id);
  return isOfAll ? plan : undefined;
}

/** The plan in status, if it is the one that every call belongs to and that spec still means. */
function recordedPlan(snapshot: Snapshot): Plan | undefined {
  const plan = plannedCalls(snapshot.request);
  return plan !== undefined && idOf(snapshot, plan.orders) === plan.id ? plan : undefined;
}

const ordersToCome = (plan: Plan, { request: { status } }: Snapshot): PlannedOrder[] =>
  plan.orders.filter((_, index) => progressOf(status.placements ?? [], index + 1).kind === 'Next');

/** Whether every order of the recorded plan that concerns a server was placed, or has failed for good. */
export function isOrdered({ status }: UnsubscriptionRequest, name: string): boolean {
  const journal = status.placements ?? [];
  if (journal.length === 0 || status.plan === undefined) return false;
  return status.plan.orders.every(
    ({ servers }, index) => !servers.includes(name) || progressOf(journal, index + 1).kind !== 'Next',
  );
}

const inWords = ({ servers, serverUids, resourceIds, relyingOn }: PlannedOrder): string =>
  JSON.stringify([servers, serverUids, resourceIds, relyingOn]);

/** Digest of what the approver agrees to: the calls, and all of spec that bears on them. Estimates stay outside. */
function idOf({ request: { spec, metadata } }: Snapshot, orders: PlannedOrder[]): string {
  return planId({
    namespace: metadata.namespace,
    // A recorded plan that has no uids yet keeps the id that it was approved by.
    orders: orders.map(({ serverUids = [], resourceIds, relyingOn }) => [resourceIds, relyingOn, ...serverUids]),
    scope: spec.scope,
    reason: [spec.reason.type, spec.reason.text ?? ''],
    refund: spec.refund === undefined ? null : [spec.refund.minimum, spec.refund.currency],
  });
}

function ordersFor(found: FoundServer[], snapshot: Snapshot): PlannedOrder[] {
  const separately = snapshot.request.spec.secondaryResources === 'Separately';
  const seen = new Set<string>();
  return found.flatMap((entry) => {
    if (seen.has(entry.name)) return [];
    const { portfolio } = entry.server.spec;
    const group = portfolio === undefined ? [entry] : found.filter(({ server }) => server.spec.portfolio === portfolio);
    for (const { name } of group) seen.add(name);
    const secondaries = separately ? group.flatMap((member) => secondaryOrders(member, snapshot)) : [];
    return [...secondaries, orderFor(group, snapshot)];
  });
}

function orderFor(group: FoundServer[], snapshot: Snapshot): PlannedOrder {
  const members = [...group].sort((a, b) => (a.name < b.name ? -1 : 1));
  return {
    servers: members.map(({ name }) => name),
    serverUids: members.map(({ server }) => server.metadata.uid),
    resourceIds: members.map(({ server }) => server.spec.resourceId).sort(),
    relyingOn: members.flatMap(({ server }) => statementsOn(server, snapshot)),
  };
}

/** For some time the cloud may go on showing what it has taken away: what orders of ours gave back is not there, whatever it says. */
export const secondariesLeft = ({ status }: DCCServer, { secondaries }: Subscription): Subscription['secondaries'] =>
  secondaries.filter(({ resourceId }) => status.secondariesGivenBack?.includes(resourceId) !== true);

function secondaryOrders({ name, server, observation }: FoundServer, snapshot: Snapshot): PlannedOrder[] {
  if (observation.subscription.kind === 'Unreadable') return [];
  const ids = secondariesLeft(server, observation.subscription.value).map(({ resourceId }) => resourceId);
  const relyingOn = statementsOn(server, snapshot);
  const serverUids = [server.metadata.uid];
  return ids.sort().map((resourceId) => ({ servers: [name], serverUids, resourceIds: [resourceId], relyingOn }));
}
