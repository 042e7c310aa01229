import { conditionList } from '../api/condition-list.ts';
import type { DCCServerStatus } from '../api/dccserver.ts';
import { partialUnsubscriptionOf, secondariesGivenBackOf, unsubscriptionOf } from './calls.ts';
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
  const partialUnsubscription = partialUnsubscriptionOf(server, pass.namingRequests);
  const secondariesGivenBack = secondariesGivenBackOf(server, pass.namingRequests);
  const status: DCCServerStatus = {
    ...previous,
    observedGeneration: server.metadata.generation,
    ...(subscription.kind === 'Read' ? { subscription: subscriptionStatus(subscription.value) } : {}),
    ...(dependents.kind === 'Read' ? machines(pass, dependents.value) : {}),
    ...(unsubscription === undefined ? {} : { unsubscription }),
    ...(partialUnsubscription === undefined ? {} : { partialUnsubscription }),
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
