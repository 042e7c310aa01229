import { isDeepStrictEqual } from 'node:util';
import type { DCCServerStatus, DepartedVirtualMachine } from '../api/dccserver.ts';
import type { BackupJudgement, DependentMachine, Dependents, Reading } from './observation.ts';
import { combine } from './reading.ts';

/** Most machines that the status lists as present, and most that the ledger of departed ones holds. */
const mostRemaining = 500;
const mostDeparted = 1000;

type VirtualMachines = NonNullable<DCCServerStatus['virtualMachines']>;

/** Finds the backup that protects a machine which left, at the time it was found missing. */
export type JudgeBackup = (machineId: string, leftAt: Date) => BackupJudgement;

/** The machines on the server as the status lists them; `observedTime` stays while nothing changed. */
export function presentMachines(
  dependents: Dependents,
  previous: VirtualMachines | undefined,
  at: Date,
): VirtualMachines {
  const all = dependents.machines.map(({ id, name, service, status }) => ({ id, name, service, status }));
  const byService: VirtualMachines['byService'] = {};
  for (const { service } of all) byService[service] = (byService[service] ?? 0) + 1;
  const remaining = all.slice(0, mostRemaining);
  const now = { total: all.length, byService, remaining, omitted: all.length - remaining.length };
  const same = previous !== undefined && isDeepStrictEqual(previous, { ...now, observedTime: previous.observedTime });
  return same ? previous : { ...now, observedTime: at.toISOString() };
}

/**
 * The ledger after one more look: machines that were listed and are gone enter it, all in it are judged anew, those that
 * came back leave it. One whose backups cannot be read keeps what stands.
 */
export function departedMachines(
  previous: DCCServerStatus,
  dependents: Dependents,
  judge: JudgeBackup,
  at: Date,
  excluded: ReadonlySet<string>,
): DepartedVirtualMachine[] {
  const present = new Set(dependents.machines.map(({ id }) => id));
  const known = (previous.departed ?? []).filter(({ id }) => !present.has(id));
  const knownIds = new Set(known.map(({ id }) => id));
  const left = (previous.virtualMachines?.remaining ?? [])
    .filter(({ id, service }) => service !== 'RDS' && !present.has(id) && !knownIds.has(id))
    .map(({ id, name, service }) => ({ id, name, service, leftAt: at.toISOString(), fate: 'Unknown' as const }));
  const { aliveElsewhere } = dependents;
  return [...known, ...left]
    .map((entry) => {
      const now = fateNow(entry, { judge, aliveElsewhere, excluded });
      return now.kind === 'Read' ? now.value : entry;
    })
    .sort((a, b) => a.id.localeCompare(b.id))
    .slice(0, mostDeparted);
}

/** The ledger as it stands in a status, judged anew; unreadable when a machine in it cannot be judged. */
export function judgedAnew(
  departed: readonly DepartedVirtualMachine[],
  evidence: FateEvidence,
): Reading<readonly DepartedVirtualMachine[]> {
  return combine(
    departed.map((entry) => fateNow(entry, evidence)),
    (...entries: DepartedVirtualMachine[]) => entries,
  );
}

/** By what the fate of a machine is told. */
export interface FateEvidence {
  judge: JudgeBackup;
  aliveElsewhere: Dependents['aliveElsewhere'];
  excluded: ReadonlySet<string>;
}

/**
 * What became of one machine. Once seen alive elsewhere it stays `Migrated`, also when it disappears there later: its data
 * left this server whole, and what happens to it on another is not this server's doing. One that a person excluded is not
 * listed, wherever it is: what stands of it stays, so that it is looked at should the exclusion be taken back.
 */
function fateNow(
  entry: DepartedVirtualMachine,
  { judge, aliveElsewhere, excluded }: FateEvidence,
): Reading<DepartedVirtualMachine> {
  const { id, name, service, leftAt } = entry;
  const machine = { id, name, service, leftAt };
  if (entry.fate === 'Migrated' || excluded.has(id)) return { kind: 'Read', value: entry };
  if (aliveElsewhere.has(id)) return { kind: 'Read', value: { ...machine, fate: 'Migrated' } };
  const backup = judge(id, new Date(leftAt));
  switch (backup.kind) {
    case 'Protected': {
      const { id: backupId, createdAt } = backup;
      return { kind: 'Read', value: { ...machine, fate: 'Deleted', backup: { id: backupId, createdAt } } };
    }
    case 'Unprotected':
      return { kind: 'Read', value: { ...machine, fate: 'Deleted', problem: backup.problem } };
    case 'Unreadable':
      return backup;
  }
}

/**
 * Whether machines were seen that neither list holds. It stays so: who was left out is not known, and may be deleted
 * without a trace while the lists become short again.
 */
export const isLedgerIncomplete = (
  previous: DCCServerStatus,
  { omitted }: VirtualMachines,
  departed: readonly DepartedVirtualMachine[],
): boolean => previous.ledgerIncomplete === true || omitted > 0 || departed.length >= mostDeparted;

/** Sorted by name, then id, as people read them and so that the status does not change with the order of answers. */
export const byName = (a: Pick<DependentMachine, 'id' | 'name'>, b: Pick<DependentMachine, 'id' | 'name'>): number =>
  a.name.localeCompare(b.name) || a.id.localeCompare(b.id);
