import type { ConditionNow } from '../api/condition-list.ts';
import type { DCCServerStatus } from '../api/dccserver.ts';
import { drainedCondition, inWords, ledgerCondition } from './drain-conditions.ts';
import { firstFailure, type Reading, type Subscription } from './observation.ts';
import type { ServerPass } from './pass.ts';
import { holdsOn } from './release.ts';

/** The conditions of a server after a pass that leads to this status: its life first, then what is known of it. Pure. */
export function serverConditions(pass: ServerPass, status: DCCServerStatus): ConditionNow[] {
  const { server, observation } = pass;
  return [
    ...lifeConditions({ ...pass, server: { ...server, status } }),
    subscriptionCondition(observation.subscription),
    drainedCondition(observation.dependents),
    ledgerCondition(server, status, observation.departed),
  ];
}

function lifeConditions(pass: ServerPass): ConditionNow[] {
  const { server, observation } = pass;
  const failure = firstFailure(observation);
  const condition = (type: string, value: 'True' | 'False', reason: string, message: string): ConditionNow => ({
    type,
    status: value,
    reason,
    message,
  });
  if (server.metadata.deletionTimestamp !== undefined) {
    const message =
      `Deletion waits until no virtual machine is left, the data of those that left is safe, and no order is open. ${holdsOn(pass).join(' ')}`.trimEnd();
    return [condition('Ready', 'False', 'Deleting', message), condition('Reconciling', 'True', 'Deleting', message)];
  }
  if (failure !== undefined) {
    const message = inWords(failure);
    return [
      condition('Ready', 'False', 'CannotRead', message),
      condition('Reconciling', 'True', 'CannotRead', message),
    ];
  }
  if (server.status.unsubscription?.state === 'Completed') {
    const { request, orderId } = server.status.unsubscription;
    return [condition('Ready', 'True', 'Unsubscribed', `Unsubscribed by ${request} with order ${orderId}.`)];
  }
  return [condition('Ready', 'True', 'Observed', 'The server is observed.')];
}

function subscriptionCondition(reading: Reading<Subscription>): ConditionNow {
  const type = 'SubscriptionActive';
  if (reading.kind === 'Unreadable') {
    return { type, status: 'Unknown', reason: 'CannotRead', message: inWords(reading.failure) };
  }
  const { status } = reading.value;
  const message = `The billing centre says ${status}.`;
  if (status === 'Unknown') return { type, status, reason: status, message };
  return { type, status: status === 'InUse' ? 'True' : 'False', reason: status, message };
}
