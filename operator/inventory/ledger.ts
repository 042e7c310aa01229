import { isDeepStrictEqual } from 'node:util';
import type { DCCServerStatus, DepartedVirtualMachine, VirtualMachine } from '../api/dccserver.ts';
import type { BackupJudgement, DependentMachine, Dependents } from './observation.ts';

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
 * The ledger after one more look: machines that were listed and are gone enter it, those whose fate was open are looked
 * at again, those that came back leave it. A machine once in it with a known fate keeps it. One that a person excluded
 * is not listed, wherever it is: its fate stays open, so that it is looked at should the exclusion be taken back.
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
  const left = (previous.virtualMachines?.remaining ?? []).filter(
    ({ id, service }) => service !== 'RDS' && !present.has(id) && !knownIds.has(id),
  );
  const followed = [
    ...known.map((entry) => (entry.fate === 'Unknown' ? fateOf(entry, entry.leftAt) : entry)),
    ...left.map((machine) => fateOf(machine, at.toISOString())),
  ];
  return followed.sort((a, b) => a.id.localeCompare(b.id)).slice(0, mostDeparted);

  function fateOf({ id, name, service }: Omit<VirtualMachine, 'status'>, leftAt: string): DepartedVirtualMachine {
    const entry = { id, name, service, leftAt };
    if (excluded.has(id)) return { ...entry, fate: 'Unknown' };
    if (dependents.aliveElsewhere.has(id)) return { ...entry, fate: 'Migrated' };
    const backup = judge(id, new Date(leftAt));
    switch (backup.kind) {
      case 'Protected':
        return { ...entry, fate: 'Deleted', backup: { id: backup.id, createdAt: backup.createdAt } };
      case 'Unprotected':
        return { ...entry, fate: 'Deleted', problem: backup.problem };
      case 'Unreadable':
        return { ...entry, fate: 'Unknown' };
    }
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
