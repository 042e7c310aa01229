import { type ConditionNow, capped } from '../api/condition-list.ts';
import { type DCCServerStatus, type DepartedVirtualMachine, labelOf } from '../api/dccserver.ts';
import type { DCCServer } from '../api/objects.ts';
import {
  type Dependents,
  firstFailure,
  type Reading,
  type ServerObservation,
  type Subscription,
} from './observation.ts';
import type { ServerPass } from './pass.ts';

/** The conditions of a server: its life first, then what is known of it. Pure. */
export function serverConditions(
  { server, observation }: Pick<ServerPass, 'server' | 'observation'>,
  status: DCCServerStatus,
): ConditionNow[] {
  const drained = drainedCondition(observation.dependents);
  return [
    ...lifeConditions(server, observation, status, drained),
    subscriptionCondition(observation.subscription),
    drained,
    ledgerCondition(server, status.departed ?? []),
  ];
}

function lifeConditions(
  server: DCCServer,
  observation: ServerObservation,
  status: DCCServerStatus,
  drained: ConditionNow,
): ConditionNow[] {
  const failure = firstFailure(observation);
  const condition = (type: string, value: 'True' | 'False', reason: string, message: string): ConditionNow => ({
    type,
    status: value,
    reason,
    message,
  });
  if (server.metadata.deletionTimestamp !== undefined) {
    const message = `Deletion waits until no virtual machine is left and no order is open. ${drained.message}`;
    return [condition('Ready', 'False', 'Deleting', message), condition('Reconciling', 'True', 'Deleting', message)];
  }
  if (failure !== undefined) {
    const message = `${failure.source} cannot be read: ${failure.message} ${failure.remedy}`;
    return [
      condition('Ready', 'False', 'CannotRead', message),
      condition('Reconciling', 'True', 'CannotRead', message),
    ];
  }
  if (status.unsubscription?.state === 'Completed') {
    const { request, orderId } = status.unsubscription;
    return [condition('Ready', 'True', 'Unsubscribed', `Unsubscribed by ${request} with order ${orderId}.`)];
  }
  return [condition('Ready', 'True', 'Observed', 'The server is observed.')];
}

function subscriptionCondition(reading: Reading<Subscription>): ConditionNow {
  const type = 'SubscriptionActive';
  if (reading.kind === 'Unreadable') {
    return { type, status: 'Unknown', reason: 'CannotRead', message: reading.failure.message };
  }
  const { status } = reading.value;
  const message = `The billing centre says ${status}.`;
  return { type, status: status === 'InUse' ? 'True' : 'False', reason: status, message };
}

function drainedCondition(reading: Reading<Dependents>): ConditionNow {
  const type = 'Drained';
  if (reading.kind === 'Unreadable') {
    const { source, message, remedy } = reading.failure;
    return { type, status: 'Unknown', reason: 'CannotList', message: `${source} cannot be read: ${message} ${remedy}` };
  }
  const { machines: remaining, mismatch, basis } = reading.value;
  if (mismatch !== undefined) {
    const message = `${mismatch.source} counts ${mismatch.counted} instances but lists ${mismatch.listed}.`;
    return { type, status: 'False', reason: 'CountMismatch', message };
  }
  if (remaining.length === 0) {
    return { type, status: 'True', reason: 'NoVirtualMachineLeft', message: 'No virtual machine is on the server.' };
  }
  const names = remaining.map((machine) => `${labelOf(machine)} (${machine.service}).`);
  const zone = basis === 'WholeZone' ? ' The cloud does not tell which server of the zone they are on.' : '';
  const message = `Virtual machines remain: ${capped(names)}${zone} Delete or migrate them.`;
  return { type, status: 'False', reason: 'VirtualMachinesRemain', message };
}

function ledgerCondition(server: DCCServer, departed: readonly DepartedVirtualMachine[]): ConditionNow {
  const type = 'DataProtected';
  if (server.spec.backup?.requirement === 'Waived') {
    return { type, status: 'True', reason: 'Waived', message: 'A person waived the backups.' };
  }
  const excluded = new Set(server.spec.virtualMachines?.exclude?.map(({ id }) => id));
  const counted = departed.filter(({ id }) => !excluded.has(id));
  const open = counted.filter(({ fate }) => fate === 'Unknown').map((machine) => `${labelOf(machine)}.`);
  const lost = departed
    .filter(({ problem }) => problem !== undefined)
    .map((machine) => `${labelOf(machine)} (${machine.problem}).`);
  if (lost.length > 0) {
    return {
      type,
      status: 'False',
      reason: 'BackupMissing',
      message: `Deleted without a usable backup: ${capped(lost)}`,
    };
  }
  if (open.length > 0) {
    return { type, status: 'Unknown', reason: 'FateUnknown', message: `Not known what became of: ${capped(open)}` };
  }
  return {
    type,
    status: 'True',
    reason: 'Protected',
    message: 'Every machine that left is alive elsewhere or backed up.',
  };
}
