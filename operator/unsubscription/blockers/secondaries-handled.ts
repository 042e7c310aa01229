import { progressOf } from '../placement/journal.ts';
import { countedPlan, secondariesLeft } from '../plan.ts';
import type { Snapshot } from '../snapshot.ts';
import { eachServer, unreadable } from './rule.ts';

/** The cloud unsubscribes secondary resources together with their primary: a person says what is to happen to them. */
export const secondariesHandled = eachServer<'SecondariesHandled'>((found, snapshot) => {
  const reading = found.observation.subscription;
  const base = { condition: 'SecondariesHandled', status: 'False', server: found.name } as const;
  if (reading.kind === 'Unreadable') return [{ ...base, reason: 'CannotRead', ...unreadable(reading.failure) }];
  const separately = snapshot.request.spec.secondaryResources === 'Separately';
  const left = secondariesLeft(found.server, reading.value).filter(
    ({ resourceId }) => !separately || !isOrderedFirst(resourceId, snapshot),
  );
  return left.map(({ name, resourceId, type }) => ({
    ...base,
    reason: 'SecondaryResourcesPresent',
    message: `${name === '' ? resourceId : name} (${type}) would be unsubscribed together with the server.`,
    remedy: 'Unsubscribe or detach it first, or create a request with secondaryResources: Separately.',
  }));
});

/**
 * Whether an order of its own for this resource is still to come or under way. One that failed leaves its resource to be
 * taken by the order for the server, and one that came after the plan was fixed is in no order.
 */
function isOrderedFirst(resourceId: string, snapshot: Snapshot): boolean {
  const orders = countedPlan(snapshot)?.orders ?? [];
  const number = orders.findIndex(({ resourceIds }) => resourceIds.includes(resourceId)) + 1;
  if (number === 0) return false;
  const { kind } = progressOf(snapshot.request.status.placements ?? [], number);
  return kind !== 'Done' && kind !== 'Failed';
}
