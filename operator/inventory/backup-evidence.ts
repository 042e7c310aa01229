import { type Milliseconds, minutes } from '../clock.ts';
import type { Backup, Vault } from '../huaweicloud/cbr.ts';
import type { BackupJudgement } from './observation.ts';

/** A backup of a whole machine, as CBR lists it. */
export interface MachineBackup {
  id: string;
  machineId: string;
  /** CBR writes its times without a zone; they are taken for UTC. */
  createdAt: Date;
  expiresAt: Date | undefined;
  available: boolean;
  /** Whether the vault that it is in can be used; one that CBR does not list cannot. */
  vaultAvailable: boolean;
  restorable: boolean;
  /** Whether the run that should have made it says that it left the machine out. */
  skipped: boolean;
}

/**
 * The backups of a project as evidence, with the vaults that they are in. A replica in another region is as good as the
 * backup; a backup that says nothing of restoring is not restorable. Those whose machine was left out, `skipped` names by id. Pure.
 */
export function machineBackups(
  backups: readonly Backup[],
  vaults: readonly Vault[],
  skipped: ReadonlySet<string>,
): MachineBackup[] {
  const available = new Set(vaults.filter(({ status }) => status === 'available').map(({ id }) => id));
  return backups.map((backup) => ({
    id: backup.id,
    machineId: backup.resourceId,
    createdAt: backup.createdAt,
    expiresAt: backup.expiredAt,
    available: backup.status === 'available',
    vaultAvailable: backup.vaultId !== undefined && available.has(backup.vaultId),
    restorable: backup.restoreMode !== undefined && backup.restoreMode !== 'na',
    skipped: skipped.has(backup.id),
  }));
}

/** How far a time of CBR may be off: it has no zone, and clocks differ. */
const slack = minutes(5);

/** A machine that left, or would leave now, and when its backups are looked at. */
export interface Departure {
  machineId: string;
  leftAt: Date;
  now: Date;
}

/**
 * Whether the newest usable backup of a machine protects its data: it was made before the machine left, not longer than
 * `maxAge` before, and can be restored now. A backup that has expired or was deleted since, or whose vault was frozen, is
 * no evidence any more; one that was still being made when the machine left is, once it is available. Pure.
 */
export function judgeBackups(
  backups: readonly MachineBackup[],
  departure: Departure,
  maxAge: Milliseconds,
): BackupJudgement {
  const own = backups.filter((backup) => backup.available && !backup.skipped && isOf(backup, departure));
  if (own.length === 0) return { kind: 'Unprotected', problem: 'BackupMissing' };
  const kept = own.filter((backup) => backup.vaultAvailable);
  if (kept.length === 0) return { kind: 'Unprotected', problem: 'VaultFrozen' };
  const restorable = kept.filter((backup) => backup.restorable);
  if (restorable.length === 0) return { kind: 'Unprotected', problem: 'BackupNotRestorable' };
  const newest = restorable.reduce((latest, backup) => (backup.createdAt > latest.createdAt ? backup : latest));
  if (departure.leftAt.getTime() - newest.createdAt.getTime() > maxAge + slack) {
    return { kind: 'Unprotected', problem: 'BackupTooOld' };
  }
  return { kind: 'Protected', id: newest.id, createdAt: newest.createdAt.toISOString() };
}

const isOf = (backup: MachineBackup, { machineId, leftAt, now }: Departure): boolean =>
  backup.machineId === machineId &&
  backup.createdAt.getTime() <= leftAt.getTime() + slack &&
  (backup.expiresAt === undefined || backup.expiresAt > now);
