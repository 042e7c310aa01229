import { type Milliseconds, minutes } from '../clock.ts';
import type { BackupJudgement } from './observation.ts';

/** A backup of a whole machine, as CBR lists it. */
export interface MachineBackup {
  id: string;
  machineId: string;
  /** CBR writes its times without a zone; they are taken for UTC (API notes, section 8). */
  createdAt: Date;
  expiresAt: Date | undefined;
  available: boolean;
  restorable: boolean;
}

/** How far a time of CBR may be off: it has no zone, and clocks differ. */
const slack = minutes(5);

/**
 * Whether the newest usable backup of a machine protects its data at the moment it leaves: it is available, restorable,
 * not expired then, and not older than `maxAge`. Pure.
 */
export function judgeBackups(
  backups: readonly MachineBackup[],
  machineId: string,
  leftAt: Date,
  maxAge: Milliseconds,
): BackupJudgement {
  const own = backups.filter((backup) => backup.machineId === machineId && backup.available && isAlive(backup, leftAt));
  if (own.length === 0) return { kind: 'Unprotected', problem: 'BackupMissing' };
  const restorable = own.filter((backup) => backup.restorable);
  if (restorable.length === 0) return { kind: 'Unprotected', problem: 'BackupNotRestorable' };
  const newest = restorable.reduce((latest, backup) => (backup.createdAt > latest.createdAt ? backup : latest));
  if (leftAt.getTime() - newest.createdAt.getTime() > maxAge + slack) {
    return { kind: 'Unprotected', problem: 'BackupTooOld' };
  }
  return { kind: 'Protected', id: newest.id, createdAt: newest.createdAt.toISOString() };
}

const isAlive = ({ createdAt, expiresAt }: MachineBackup, at: Date): boolean =>
  createdAt.getTime() <= at.getTime() + slack && (expiresAt === undefined || expiresAt > at);
