import { type DepartedVirtualMachine, labelOf } from '../../api/dccserver.ts';
import { type DependentMachine, type FoundServer, givesServersBack } from '../snapshot.ts';
import { type Blocker, eachServer, unreadable } from './rule.ts';

type Found = Blocker<'DataProtected'>;

/** Every virtual machine once seen on the server is alive elsewhere, or was backed up when it left. */
export const dataProtected = eachServer<'DataProtected'>((found, snapshot) => {
  const { spec } = found.server;
  if (!givesServersBack(snapshot) || spec.backup?.requirement === 'Waived') return [];
  const excluded = new Set(spec.virtualMachines?.exclude?.map(({ id }) => id));
  const problems = [
    ...unobserved(found),
    ...(found.server.status.departed ?? []).filter(({ id }) => !excluded.has(id)).flatMap(departed),
    ...unaccounted(found)
      .filter(({ id }) => !excluded.has(id))
      .map(lost),
    ...present(found),
  ];
  return problems.map((problem) => ({ condition: 'DataProtected', status: 'False', server: found.name, ...problem }));
});

type Problem = Pick<Found, 'reason' | 'message' | 'remedy'> & Partial<Pick<Found, 'status'>>;

function unobserved({ server }: FoundServer): Problem[] {
  const { virtualMachines, ledgerIncomplete } = server.status;
  if (virtualMachines === undefined) {
    return [
      {
        status: 'Unknown',
        reason: 'FateUnknown',
        message: 'The server has not been observed yet.',
        remedy: 'Wait for the first observation, or see the conditions of the DCCServer.',
      },
    ];
  }
  if (ledgerIncomplete !== true) return [];
  return [
    {
      status: 'Unknown',
      reason: 'LedgerFull',
      message: 'More virtual machines were seen on the server than can be followed.',
      remedy: 'Check the backups by hand, then set spec.backup.requirement to Waived.',
    },
  ];
}

/** Machines that were there at the last written observation and are neither there now nor in the ledger. */
function unaccounted({ server, observation }: FoundServer): { id: string; name: string }[] {
  if (observation.dependents.kind === 'Unreadable') return [];
  const known = new Set([
    ...observation.dependents.value.machines.map(({ id }) => id),
    ...(server.status.departed ?? []).map(({ id }) => id),
  ]);
  return (server.status.virtualMachines?.remaining ?? []).filter(({ id }) => !known.has(id));
}

const lost = (machine: { id: string; name: string }): Problem => ({
  status: 'Unknown',
  reason: 'FateUnknown',
  message: `What became of ${labelOf(machine)} is not known yet.`,
  remedy: 'Wait for the next observation of the server.',
});

function departed(machine: DepartedVirtualMachine): Problem[] {
  if (machine.fate === 'Unknown') return [lost(machine)];
  if (machine.fate === 'Migrated' || machine.backup !== undefined) return [];
  return [
    {
      reason: machine.problem ?? 'BackupMissing',
      message: `${labelOf(machine)} was deleted ${withoutBackup[machine.problem ?? 'BackupMissing']}.`,
      remedy: `Its data may be lost for good. If that is acceptable, exclude ${machine.id} in spec.virtualMachines.exclude with the reason, or set spec.backup.requirement to Waived.`,
    },
  ];
}

const withoutBackup = {
  BackupMissing: 'without a backup',
  BackupTooOld: 'with a backup older than spec.backup.maxAge',
  BackupNotRestorable: 'with a backup that cannot be restored',
} as const;

/** Said while the machine is still there, because afterwards it is too late. */
function present({ observation }: FoundServer): Problem[] {
  if (observation.dependents.kind === 'Unreadable') return [];
  return observation.dependents.value.machines.flatMap((machine) => presentProblem(machine) ?? []);
}

function presentProblem(machine: DependentMachine): Problem | undefined {
  const { backup, service } = machine;
  const label = labelOf(machine);
  if (backup.kind === 'Protected' || service === 'RDS') return undefined;
  if (backup.kind === 'Unreadable') return { reason: 'CannotRead', ...unreadable(backup.failure) };
  return {
    reason: backup.problem,
    message: `${label} is still on the server ${withoutBackup[backup.problem]}.`,
    remedy: `Back ${label} up in CBR before it is deleted, or migrate it.`,
  };
}
