import { type CountMismatch, inNumbers } from '../../api/count-mismatch.ts';
import { labelOf } from '../../api/dccserver.ts';
import { type DependentMachine, type Dependents, givesServersBack } from '../snapshot.ts';
import { type Blocker, eachServer, unreadable } from './rule.ts';

type Found = Blocker<'DependentsDrained'>;

/** No source shows a virtual machine on the server, the recycle bin included. */
export const dependentsDrained = eachServer<'DependentsDrained'>((found, snapshot) => {
  if (!givesServersBack(snapshot)) return [];
  const reading = found.observation.dependents;
  const base = { condition: 'DependentsDrained', status: 'False', server: found.name } as const;
  if (reading.kind === 'Unreadable') return [{ ...base, reason: 'CannotList', ...unreadable(reading.failure) }];
  const blockers: Found[] = reading.value.machines.map((machine) => ({
    ...base,
    ...remaining(machine, reading.value),
  }));
  const { mismatch } = reading.value;
  if (mismatch === undefined) return blockers;
  return [...blockers, { ...base, ...hidden(mismatch, reading.value) }];
});

/** A host counts what is on it; a pool has other servers, too. */
function hidden(mismatch: CountMismatch, { basis }: Dependents): Pick<Found, 'reason' | 'message' | 'remedy'> {
  const services = 'instances of other services (RDS, GaussDB, DDS, DCS, MRS of another enterprise project)';
  const onHost = `Look for ${services} on the host in the console, and delete or migrate them.`;
  const inPool = `Look for ${services} in the pool in the console. Delete what is on this server. Add each that is on another to spec.virtualMachines.exclude of the DCCServer, with its id, service Other and the reason. A pool counts running machines only, so stopped ones are not among those listed.`;
  return {
    reason: 'CountMismatch',
    message: `${inNumbers(mismatch)}: something on the server is hidden.`,
    remedy: basis === 'HostList' ? onHost : inPool,
  };
}

function remaining(machine: DependentMachine, { basis }: Dependents): Pick<Found, 'reason' | 'message' | 'remedy'> {
  const label = labelOf(machine);
  if (machine.status === 'InRecycleBin') {
    return {
      reason: 'RecycleBinNotEmpty',
      message: `${label} is in the ECS recycle bin and may still occupy the server.`,
      remedy: `Delete ${label} from the recycle bin, or restore and migrate it.`,
    };
  }
  const isHere = machine.placed === 'Here';
  return {
    reason: 'VirtualMachinesRemain',
    message: `${label} (${machine.service}) ${isHere ? 'is' : 'may be'} on the server.`,
    remedy: isHere ? `Delete ${label} in ${machine.service}, or migrate it.` : unplacedRemedy(machine, basis),
  };
}

/** Of a machine that may be on another server nobody is told to delete it, and no more. */
function unplacedRemedy({ service, id }: DependentMachine, basis: Dependents['basis']): string {
  const exclude = `add it to spec.virtualMachines.exclude of the DCCServer, with id ${id}, service ${service} and the reason`;
  if (service === 'RDS') {
    return `The cloud does not say on which server an RDS instance runs: delete it, or ${exclude}.`;
  }
  if (basis === 'WholeZone') {
    return 'Delete or migrate it, or say in spec.virtualMachines.hypervisorHostnames which machines are on this server.';
  }
  return `The cloud does not say on which server it runs: wait if it was made just now, else delete it, or ${exclude}.`;
}
