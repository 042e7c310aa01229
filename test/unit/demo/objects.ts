import type { DCCServerStatus } from '../../../operator/api/dccserver.ts';
import type { DCCServer, UnsubscriptionRequest } from '../../../operator/api/objects.ts';
import type {
  BlockerStatus,
  Placement,
  UnsubscriptionRequestStatus,
} from '../../../operator/api/unsubscriptionrequest.ts';
import { aSeenMachine, aServer, machinesSeen } from '../../builders/dccserver.ts';
import { lookedAt } from '../../builders/metadata.ts';
import { aPlacement, aRequest } from '../../builders/unsubscriptionrequest.ts';

const ready = (reason: string, message: string) => ({
  type: 'Ready',
  status: 'False' as const,
  reason,
  message,
  lastTransitionTime: lookedAt.toISOString(),
});

/** A server in use with these machines on it, as `kubectl get` shows it. */
export const observed = (name: string, machines: string[], changes: DCCServerStatus = {}): DCCServer =>
  aServer(name, {
    status: {
      subscription: { status: 'InUse' },
      virtualMachines: machinesSeen(...machines.map((machine) => aSeenMachine(machine))),
      conditions: [ready('Observed', 'The server is observed.')],
      ...changes,
    },
  });

export const inState = (reason: string, message = 'It is so.') => ({ conditions: [ready(reason, message)] });

/** A request in this state. */
export const requested = (
  name: string,
  state: string,
  changes: UnsubscriptionRequestStatus = {},
): UnsubscriptionRequest => aRequest({ status: { ...inState(state), ...changes } }, name);

export const aBlocker = (message: string, changes: Partial<BlockerStatus> = {}): BlockerStatus => ({
  condition: 'DependentsDrained',
  reason: 'VirtualMachinesRemain',
  server: 'server-1',
  message,
  remedy: 'Delete it.',
  since: lookedAt.toISOString(),
  ...changes,
});

export const aPlan = {
  id: 'plan-0123456789abcdef01234567',
  orders: [{ servers: ['dcc-host-01'], resourceIds: ['dcc-1'], relyingOn: [] }],
};

/** A call that the cloud accepted as order CS1. */
export const accepted = (state: string, changes: Partial<Placement> = {}, refund = {}): Placement =>
  aPlacement({ state: 'Accepted', orders: [{ orderId: 'CS1', state, ...refund }], ...changes });
