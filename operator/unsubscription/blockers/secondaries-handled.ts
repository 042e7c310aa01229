import { progressOf } from '../placement/journal.ts';
import { countedPlan, secondariesLeft } from '../plan.ts';
import { givesServersBack, type Snapshot } from '../snapshot.ts';
import { eachServer, unreadable } from './rule.ts';

/**
 * The cloud unsubscribes secondary resources together with their primary: a person says what is to happen to them. Whether it cancels their
 * renewals together with those of the primary it does not say, so they say that, too.
 */
export const secondariesHandled = eachServer<'SecondariesHandled'>((found, snapshot) => {
  const reading = found.observation.subscription;
  const base = { condition: 'SecondariesHandled', status: 'False', server: found.name } as const;
  if (reading.kind === 'Unreadable') return [{ ...base, reason: 'CannotRead', ...unreadable(reading.failure) }];
  const separately = snapshot.request.spec.secondaryResources === 'Separately';
  const left = secondariesLeft(found.server, reading.value).filter(
    ({ resourceId }) => !separately || !hasOrderOfItsOwn(resourceId, snapshot),
  );
  const fate = givesServersBack(snapshot)
    ? 'would be unsubscribed together with the server'
    : 'may lose its renewals together with the server';
  return left.map(({ name, resourceId, type }) => ({
    ...base,
    reason: 'SecondaryResourcesPresent',
    message: `${name === '' ? resourceId : name} (${type}) ${fate}.`,
    remedy: 'Unsubscribe or detach it first, or create a request with secondaryResources: Separately.',
  }));
});

/**
 * Whether an order of its own for this resource is still to come or under way; of renewals also when it is done, because the resource stays. One
 * that failed leaves its resource to be taken by the order for the server, and one that came after the plan was fixed is in no order.
 */
function hasOrderOfItsOwn(resourceId: string, snapshot: Snapshot): boolean {
  const orders = countedPlan(snapshot)?.orders ?? [];
  const number = orders.findIndex(({ resourceIds }) => resourceIds.includes(resourceId)) + 1;
  if (number === 0) return false;
  const { kind } = progressOf(snapshot.request.status.placements ?? [], number);
  return kind === 'Done' ? !givesServersBack(snapshot) : kind !== 'Failed';
}
