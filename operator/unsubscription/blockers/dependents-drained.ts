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
  return [
    ...blockers,
    {
      ...base,
      reason: 'CountMismatch',
      message: `${mismatch.source} counts ${mismatch.counted} instances but lists ${mismatch.listed}: something on the server is hidden.`,
      remedy:
        'Look for instances of other services (RDS, GaussDB, DDS, DCS, MRS of another enterprise project) on the server in the console. A pool counts running machines only, so stopped ones are not among those listed.',
    },
  ];
});

function remaining(machine: DependentMachine, { basis }: Dependents): Pick<Found, 'reason' | 'message' | 'remedy'> {
  const label = labelOf(machine);
  if (machine.status === 'InRecycleBin') {
    return {
      reason: 'RecycleBinNotEmpty',
      message: `${label} is in the ECS recycle bin and may still occupy the server.`,
      remedy: `Delete ${label} from the recycle bin, or restore and migrate it.`,
    };
  }
  const zone = basis === 'WholeZone' ? ' may be' : ' is';
  return {
    reason: 'VirtualMachinesRemain',
    message: `${label} (${machine.service})${zone} on the server.`,
    remedy: basis === 'WholeZone' ? wholeZoneRemedy(machine) : `Delete ${label} in ${machine.service}, or migrate it.`,
  };
}

function wholeZoneRemedy({ service, id }: DependentMachine): string {
  if (service === 'RDS') {
    return `The cloud does not say on which server an RDS instance runs: delete it, or exclude ${id} in spec.virtualMachines.exclude with the reason.`;
  }
  return 'Delete or migrate it, or say in spec.virtualMachines.hypervisorHostnames which machines are on this server.';
}
