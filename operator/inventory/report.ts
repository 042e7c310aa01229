import { conditionList } from '../api/condition-list.ts';
import type { DCCServerStatus } from '../api/dccserver.ts';
import type { DCCServer, UnsubscriptionRequest } from '../api/objects.ts';
import { claimFor } from './claim.ts';
import { serverConditions } from './conditions.ts';
import { departedMachines, isLedgerIncomplete, presentMachines } from './ledger.ts';
import { excludedIds } from './machines.ts';
import type { Dependents, Subscription } from './observation.ts';
import type { ServerPass } from './pass.ts';

/** The status of a server after a pass. What could not be read keeps its last known value; the conditions say so. */
export function reportServer(pass: ServerPass): DCCServerStatus {
  const { server, observation } = pass;
  const previous = server.status;
  const { dependents, subscription } = observation;
  const claim = claimFor(previous.claim, pass.namingRequests, pass.unreadableRequests);
  const unsubscription = unsubscriptionOf(server, pass.namingRequests);
  const secondariesGivenBack = secondariesGivenBackOf(server, pass.namingRequests);
  const status: DCCServerStatus = {
    ...previous,
    observedGeneration: server.metadata.generation,
    ...(subscription.kind === 'Read' ? { subscription: subscriptionStatus(subscription.value) } : {}),
    ...(dependents.kind === 'Read' ? machines(pass, dependents.value) : {}),
    ...(unsubscription === undefined ? {} : { unsubscription }),
    ...(secondariesGivenBack.length === 0 ? {} : { secondariesGivenBack: [...secondariesGivenBack] }),
    claim,
  };
  const conditions = serverConditions(pass, status);
  return {
    ...status,
    conditions: conditionList(conditions, previous.conditions, observation.observedAt, server.metadata.generation),
  };
}

function machines({ server, observation, judgeBackup }: ServerPass, dependents: Dependents): Partial<DCCServerStatus> {
  const at = observation.observedAt;
  const virtualMachines = presentMachines(dependents, server.status.virtualMachines, at);
  const departed = departedMachines(server.status, dependents, judgeBackup, at, excludedIds(server));
  const incomplete = isLedgerIncomplete(server.status, virtualMachines, departed);
  return { virtualMachines, departed, ...(incomplete ? { ledgerIncomplete: true } : {}) };
}

function subscriptionStatus(subscription: Subscription): DCCServerStatus['subscription'] {
  const { status, effectiveTime, expireTime, autoRenewal, secondaries } = subscription;
  return {
    status,
    ...(effectiveTime === undefined ? {} : { effectiveTime }),
    ...(expireTime === undefined ? {} : { expireTime }),
    autoRenewal,
    secondaries: secondaries.slice(0, 100).map(({ resourceId, name, type }) => ({ resourceId, name, type })),
  };
}

/** The secondary resources that orders of their own gave back: those known already and new ones, the last hundred. Pure. */
export function secondariesGivenBackOf(
  { metadata, spec, status }: DCCServer,
  namingRequests: readonly UnsubscriptionRequest[],
): readonly string[] {
  const calls = namingRequests
    .filter((request) => request.spec.scope === 'ResourceAndRenewals')
    .flatMap((request) => request.status.placements ?? [])
    .filter(({ servers, resourceIds }) => servers.includes(metadata.name) && !resourceIds.includes(spec.resourceId));
  const completed = calls.filter(({ result }) => result === 'Completed').flatMap(({ resourceIds }) => resourceIds);
  return [...new Set([...(status.secondariesGivenBack ?? []), ...completed.sort()])].slice(-100);
}

/**
 * The last call that was to give this server back, from the journal of the request that made it; what is known already when
 * that request is gone. Cancelled renewals leave it where it is: they must not let its machines be forgotten. Pure.
 */
export function unsubscriptionOf(
  server: DCCServer,
  namingRequests: readonly UnsubscriptionRequest[],
): DCCServerStatus['unsubscription'] {
  const givingBack = namingRequests.filter(({ spec }) => spec.scope === 'ResourceAndRenewals');
  const calls = givingBack.flatMap(({ metadata, status }) =>
    (status.placements ?? [])
      .filter(({ resourceIds }) => resourceIds.includes(server.spec.resourceId))
      .map((call) => ({ request: metadata.name, uid: metadata.uid, call })),
  );
  const last = calls.sort((a, b) => a.call.signedAt.localeCompare(b.call.signedAt)).at(-1);
  const { unsubscription: known, claim } = server.status;
  // A later call of a request that is gone. Whoever claims the server came after it, whatever the clocks say.
  const isOlder = last !== undefined && last.call.signedAt < (known?.signedAt ?? '') && last.uid !== claim?.uid;
  if (last === undefined || isOlder) return known;
  const { resourceId } = server.spec;
  // A call can be accepted for others and refused for this one, which then stays with all that is on it.
  const refused = last.call.failed?.find((failed) => failed.resourceId === resourceId);
  const { signedAt } = last.call;
  const others = last.call.resourceIds.filter((id) => id !== resourceId);
  const orderedWith = others.length > 0 ? { orderedWith: others } : {};
  if (refused !== undefined)
    return { request: last.request, state: 'Refused', code: refused.code, ...orderedWith, signedAt };
  const order = last.call.orders?.at(-1);
  const refund =
    order?.refund !== undefined && order.currency !== undefined
      ? { refund: { amount: order.refund, currency: order.currency } }
      : {};
  return {
    request: last.request,
    ...(order === undefined ? {} : { orderId: order.orderId }),
    state: last.call.result ?? order?.state ?? last.call.state,
    ...(last.call.code === undefined ? {} : { code: last.call.code }),
    ...orderedWith,
    signedAt,
    ...refund,
  };
}
