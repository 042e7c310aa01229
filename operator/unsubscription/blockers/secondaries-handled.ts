import { eachServer, unreadable } from './rule.ts';

/** The cloud unsubscribes secondary resources together with their primary: a person says what is to happen to them. */
export const secondariesHandled = eachServer<'SecondariesHandled'>((found, { request }) => {
  const reading = found.observation.subscription;
  const base = { condition: 'SecondariesHandled', status: 'False', server: found.name } as const;
  if (reading.kind === 'Unreadable') return [{ ...base, reason: 'CannotRead', ...unreadable(reading.failure) }];
  const planned = new Set(request.status.plan?.orders.flatMap(({ resourceIds }) => resourceIds));
  const begun = (request.status.placements ?? []).length > 0;
  const separately = request.spec.secondaryResources === 'Separately';
  // Once orders were placed the plan is fixed: a secondary that came later is in none of its orders.
  const left = reading.value.secondaries.filter(({ resourceId }) => !separately || (begun && !planned.has(resourceId)));
  return left.map(({ name, resourceId, type }) => ({
    ...base,
    reason: 'SecondaryResourcesPresent',
    message: `${name === '' ? resourceId : name} (${type}) would be unsubscribed together with the server.`,
    remedy: 'Unsubscribe or detach it first, or create a request with secondaryResources: Separately.',
  }));
});
