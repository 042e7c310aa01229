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
    ...cannotRead(found),
    ...ledger(found)
      .filter(({ id }) => !excluded.has(id))
      .flatMap(departed),
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

/** Said once, not for each machine whose backup is asked for. */
function cannotRead({ observation }: FoundServer): Problem[] {
  const there = machinesThere(observation).map(({ backup }) => backup);
  const dark = [observation.departed, ...there].find((reading) => reading.kind === 'Unreadable');
  return dark === undefined ? [] : [{ reason: 'CannotRead', ...unreadable(dark.failure) }];
}

/** What the backups say now; when they cannot be read, what stands of each machine. */
const ledger = ({ server, observation: { departed } }: FoundServer): readonly DepartedVirtualMachine[] =>
  departed.kind === 'Read' ? departed.value : (server.status.departed ?? []);

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
  const problem = machine.problem ?? 'BackupMissing';
  const rescue = problem === 'VaultFrozen' ? 'Make the vault available again (CBR console). ' : '';
  return [
    {
      reason: problem,
      message: `${labelOf(machine)} was deleted ${withoutBackup[problem]}.`,
      remedy: `${rescue}Its data may be lost for good. If that is acceptable, exclude ${machine.id} in spec.virtualMachines.exclude with the reason, or set spec.backup.requirement to Waived.`,
    },
  ];
}

const withoutBackup = {
  BackupMissing: 'without a backup',
  BackupTooOld: 'with a backup older than spec.backup.maxAge',
  BackupNotRestorable: 'with a backup that cannot be restored',
  VaultFrozen: 'with a backup whose vault is frozen, locked, in error or being deleted',
} as const;

/** Said while the machine is still there, because afterwards it is too late. */
const present = ({ observation }: FoundServer): Problem[] => machinesThere(observation).flatMap(presentProblem);

/** CBR does not back up RDS instances: they have backups of their own. */
const machinesThere = ({ dependents }: FoundServer['observation']): DependentMachine[] =>
  dependents.kind === 'Unreadable' ? [] : dependents.value.machines.filter(({ service }) => service !== 'RDS');

function presentProblem(machine: DependentMachine): Problem[] {
  const { backup } = machine;
  if (backup.kind !== 'Unprotected') return [];
  const label = labelOf(machine);
  return [
    {
      reason: backup.problem,
      message: `${label} is still on the server ${withoutBackup[backup.problem]}.`,
      remedy: `Back ${label} up in CBR before it is deleted, or migrate it.`,
    },
  ];
}
