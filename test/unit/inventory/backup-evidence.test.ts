import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hours, minutes } from '../../../operator/clock.ts';
import type { Backup, Vault } from '../../../operator/huaweicloud/cbr.ts';
import { judgeBackups, type MachineBackup, machineBackups } from '../../../operator/inventory/backup-evidence.ts';
import { lookedAt, minutesLater } from '../../builders/metadata.ts';

const leftAt = lookedAt;
const aBackup = (changes: Partial<MachineBackup> = {}): MachineBackup => ({
  id: 'backup-1',
  machineId: 'vm-1',
  createdAt: minutesLater(-60),
  expiresAt: undefined,
  available: true,
  vaultAvailable: true,
  restorable: true,
  skipped: false,
  ...changes,
});
const now = minutesLater(600);
const judged = (...backups: MachineBackup[]) => judgeBackups(backups, { machineId: 'vm-1', leftAt, now }, hours(24));
const protectedBy = (id: string, createdAt: Date) => ({ kind: 'Protected', id, createdAt: createdAt.toISOString() });

describe('a machine is protected', () => {
  test('by a backup that is available, restorable and fresh', () => {
    expect(judged(aBackup())).toEqual(protectedBy('backup-1', minutesLater(-60)));
  });

  test('by its newest backup, wherever it stands in the list', () => {
    const old = aBackup({ id: 'old', createdAt: minutesLater(-600) });
    expect(judged(old, aBackup(), old)).toEqual(protectedBy('backup-1', minutesLater(-60)));
  });

  test('by an older backup when the newest cannot be restored', () => {
    const old = aBackup({ id: 'old', createdAt: minutesLater(-600) });
    expect(judged(aBackup({ restorable: false }), old)).toEqual(protectedBy('old', minutesLater(-600)));
  });

  test('by a backup as old as allowed, and the five minutes by which clocks may differ', () => {
    const oldest = new Date(leftAt.getTime() - hours(24) - minutes(5));
    expect(judged(aBackup({ createdAt: oldest })).kind).toBe('Protected');
    expect(judged(aBackup({ createdAt: new Date(oldest.getTime() - 1) }))).toEqual(unprotected('BackupTooOld'));
  });

  test('by a backup that seems to be made just after it left, as clocks differ, but not later', () => {
    expect(judged(aBackup({ createdAt: minutesLater(5) })).kind).toBe('Protected');
    expect(judged(aBackup({ createdAt: minutesLater(6) }))).toEqual(unprotected('BackupMissing'));
  });

  test('by a backup in a vault that can be used, though another is in one that cannot', () => {
    const frozen = aBackup({ id: 'frozen', createdAt: minutesLater(-1), vaultAvailable: false });
    expect(judged(frozen, aBackup())).toEqual(protectedBy('backup-1', minutesLater(-60)));
  });

  test('by a backup that expires only later', () => {
    expect(judged(aBackup({ expiresAt: minutesLater(601) })).kind).toBe('Protected');
  });
});

describe('a machine is not protected', () => {
  test.each<[problem: string, what: string, backups: MachineBackup[]]>([
    ['BackupMissing', 'without any backup', []],
    ['BackupMissing', 'by the backup of another machine', [aBackup({ machineId: 'vm-2' })]],
    ['BackupMissing', 'by a backup that failed', [aBackup({ available: false })]],
    ['BackupMissing', 'by a backup that has expired since it left', [aBackup({ expiresAt: now })]],
    ['VaultFrozen', 'by a backup in a vault that cannot be used', [aBackup({ vaultAvailable: false })]],
    ['BackupNotRestorable', 'by a backup that cannot be restored', [aBackup({ restorable: false })]],
    ['BackupTooOld', 'by a backup of the day before yesterday', [aBackup({ createdAt: minutesLater(-2_880) })]],
  ])('but has the problem %s %s', (problem, _, backups) => {
    expect(judged(...backups)).toEqual(unprotected(problem));
  });
});

describe('a backup of CBR', () => {
  const stored: Backup = {
    id: 'backup-1',
    resourceId: 'vm-1',
    status: 'available',
    createdAt: minutesLater(-60),
    expiredAt: undefined,
    restoreMode: 'backup',
    imageType: 'backup',
    vaultId: 'vault-1',
    checkpointId: undefined,
  };
  const vaultIn = (status: string): Vault => ({
    id: 'vault-1',
    name: '',
    status,
    frozenScene: undefined,
    resourceIds: [],
  });
  const evidence = (backup: Partial<Backup>, ...vaults: Vault[]) =>
    machineBackups([{ ...stored, ...backup }], vaults, new Set())[0];

  test('is evidence in a vault that is available, also as a replica', () => {
    expect(evidence({}, vaultIn('available'))).toEqual(aBackup());
    expect(evidence({ imageType: 'replication' }, vaultIn('available'))).toEqual(aBackup());
  });

  test.each(['lock', 'frozen', 'deleting', 'error', 'of tomorrow'])('is none in a vault that is %s', (status) => {
    expect(evidence({}, vaultIn(status))?.vaultAvailable).toBe(false);
  });

  test('is none in a vault that CBR does not list, or in none', () => {
    expect(evidence({})?.vaultAvailable).toBe(false);
    expect(evidence({ vaultId: undefined }, vaultIn('available'))?.vaultAvailable).toBe(false);
  });

  test('is none when the run that should have made it says that it left the machine out', () => {
    const [backup] = machineBackups([stored], [vaultIn('available')], new Set([stored.id]));
    expect(backup).toEqual(aBackup({ skipped: true }));
    expect(judged(aBackup({ skipped: true }))).toEqual(unprotected('BackupMissing'));
    const older = aBackup({ id: 'older', createdAt: minutesLater(-120) });
    expect(judged(aBackup({ skipped: true }), older)).toEqual(protectedBy('older', minutesLater(-120)));
  });

  test('is none while it is being made, or when it is not said that it can be restored', () => {
    expect(evidence({ status: 'protecting' })?.available).toBe(false);
    expect(evidence({ restoreMode: 'na' })?.restorable).toBe(false);
    expect(evidence({ restoreMode: undefined })?.restorable).toBe(false);
  });
});

test('one more backup never takes protection away, and the order of the list does not matter', () => {
  const backup = fc.record({
    id: fc.uuid(),
    machineId: fc.constantFrom('vm-1', 'vm-2'),
    createdAt: fc.integer({ min: -3_000, max: 20 }).map(minutesLater),
    expiresAt: fc.option(fc.integer({ min: 590, max: 610 }).map(minutesLater), { nil: undefined }),
    available: fc.boolean(),
    vaultAvailable: fc.boolean(),
    restorable: fc.boolean(),
    skipped: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(backup), backup, (backups, more) => {
      const before = judged(...backups);
      expect(judged(...backups.toReversed()).kind).toBe(before.kind);
      if (before.kind === 'Protected') expect(judged(...backups, more).kind).toBe('Protected');
    }),
  );
});

function unprotected(problem: string) {
  return { kind: 'Unprotected', problem };
}
