import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type DCCServerStatus, dccServerStatusSchema } from '../../../operator/api/dccserver.ts';
import { byName, departedMachines, type JudgeBackup, presentMachines } from '../../../operator/inventory/ledger.ts';
import type { BackupJudgement } from '../../../operator/inventory/observation.ts';
import { aDepartedMachine, aSeenMachine, machinesSeen } from '../../builders/dccserver.ts';
import { lookedAt, minutesLater } from '../../builders/metadata.ts';
import { aMachine, backedUp, dependents, unreadable } from '../../builders/observation.ts';

const judging =
  (judgement: BackupJudgement): JudgeBackup =>
  () =>
    judgement;
const nobody: ReadonlySet<string> = new Set();
const missing: BackupJudgement = { kind: 'Unprotected', problem: 'BackupMissing' };

describe('the machines on a server', () => {
  test('are listed and counted by service', () => {
    const machines = [aMachine('a'), aMachine('b', { service: 'CCE' }), aMachine('c', { status: 'InRecycleBin' })];
    expect(presentMachines(dependents({ machines }), undefined, lookedAt)).toEqual({
      total: 3,
      byService: { ECS: 2, CCE: 1 },
      remaining: [
        { id: 'id-of-a', name: 'a', service: 'ECS', status: 'ACTIVE' },
        { id: 'id-of-b', name: 'b', service: 'CCE', status: 'ACTIVE' },
        { id: 'id-of-c', name: 'c', service: 'ECS', status: 'InRecycleBin' },
      ],
      omitted: 0,
      observedTime: lookedAt.toISOString(),
    });
  });

  test('beyond the five hundredth are counted, not listed', () => {
    const machines = Array.from({ length: 501 }, (_, index) => aMachine(`vm-${index}`));
    const present = presentMachines(dependents({ machines }), undefined, lookedAt);
    expect([present.total, present.remaining.length, present.omitted]).toEqual([501, 500, 1]);
  });

  test('keep the time of the observation that first found them so', () => {
    const found = dependents({ machines: [aMachine('a'), aMachine('b', { service: 'CCE' })] });
    const first = presentMachines(found, undefined, lookedAt);
    expect(presentMachines(found, first, minutesLater(5))).toEqual(first);
    const stopped = dependents({ machines: [aMachine('a', { status: 'SHUTOFF' }), aMachine('b', { service: 'CCE' })] });
    expect(presentMachines(stopped, first, minutesLater(5)).observedTime).toBe(minutesLater(5).toISOString());
  });

  test('keep it also when the API server gives the counts back in another order', () => {
    const found = dependents({ machines: [aMachine('a', { service: 'RDS' }), aMachine('b', { service: 'CCE' })] });
    const first = presentMachines(found, undefined, lookedAt);
    const back = { ...first, byService: { CCE: 1, RDS: 1 } };
    expect(presentMachines(found, back, minutesLater(5)).observedTime).toBe(lookedAt.toISOString());
  });

  test('are sorted by name, then by id', () => {
    const machines = [aMachine('b'), aMachine('a', { id: '2' }), aMachine('a', { id: '1' })];
    expect(machines.sort(byName).map(({ id }) => id)).toEqual(['1', '2', 'id-of-b']);
  });
});

describe('a machine that was on the server and is not any more', () => {
  const before: DCCServerStatus = { virtualMachines: machinesSeen(aSeenMachine('vm-1')) };
  const entry = { id: 'id-of-vm-1', name: 'vm-1', service: 'ECS', leftAt: lookedAt.toISOString() };
  const gone = (judgement: BackupJudgement, found = dependents()) =>
    departedMachines(before, found, judging(judgement), lookedAt, nobody);

  test('has migrated when it is alive elsewhere, whatever its backups', () => {
    const elsewhere = dependents({ aliveElsewhere: new Set(['id-of-vm-1']) });
    expect(gone(missing, elsewhere)).toEqual([{ ...entry, fate: 'Migrated' }]);
  });

  test('was deleted with its backup', () => {
    const backup = { id: 'backup-1', createdAt: '2026-03-01T03:00:00Z' };
    expect(gone(backedUp)).toEqual([{ ...entry, fate: 'Deleted', backup }]);
  });

  test('was deleted with the problem of its backup', () => {
    expect(gone(missing)).toEqual([{ ...entry, fate: 'Deleted', problem: 'BackupMissing' }]);
  });

  test('has an unknown fate while the backups cannot be read', () => {
    expect(gone(unreadable())).toEqual([{ ...entry, fate: 'Unknown' }]);
  });

  test('is judged by the time at which it was first found missing', () => {
    const asked: [string, Date][] = [];
    const judge: JudgeBackup = (id, leftAt) => {
      asked.push([id, leftAt]);
      return unreadable();
    };
    const first = departedMachines(before, dependents(), judge, lookedAt, nobody);
    departedMachines({ departed: first }, dependents(), judge, minutesLater(600), nobody);
    expect(asked).toEqual([
      ['id-of-vm-1', lookedAt],
      ['id-of-vm-1', lookedAt],
    ]);
  });

  test('is judged anew in each look: its backup may be deleted, or become available, later', () => {
    const departed = [aDepartedMachine('vm-1')];
    const lost = departedMachines({ departed }, dependents(), judging(missing), minutesLater(5), nobody);
    expect(lost).toEqual([{ ...entry, fate: 'Deleted', problem: 'BackupMissing' }]);
    const found = departedMachines({ departed: lost }, dependents(), judging(backedUp), minutesLater(10), nobody);
    expect(found).toEqual([
      { ...entry, fate: 'Deleted', backup: { id: 'backup-1', createdAt: '2026-03-01T03:00:00Z' } },
    ]);
  });

  test('keeps what stands while the backups cannot be read', () => {
    const departed = [aDepartedMachine('vm-1')];
    expect(departedMachines({ departed }, dependents(), judging(unreadable()), minutesLater(5), nobody)).toEqual(
      departed,
    );
  });

  test('has migrated after all when it is found alive elsewhere later, and stays so', () => {
    const departed = [aDepartedMachine('vm-1', { backup: undefined, problem: 'BackupMissing' })];
    const elsewhere = dependents({ aliveElsewhere: new Set(['id-of-vm-1']) });
    const moved = departedMachines({ departed }, elsewhere, judging(missing), minutesLater(5), nobody);
    expect(moved).toEqual([{ ...entry, fate: 'Migrated' }]);
    expect(departedMachines({ departed: moved }, dependents(), judging(missing), minutesLater(9), nobody)).toEqual(
      moved,
    );
  });

  test('leaves the ledger when it comes back', () => {
    const back = dependents({ machines: [aMachine('vm-1')] });
    expect(
      departedMachines({ departed: [aDepartedMachine('vm-1')] }, back, judging(missing), lookedAt, nobody),
    ).toEqual([]);
  });

  test('is not called deleted when a person excluded it: its fate is asked for again once it is not', () => {
    const excluded = new Set(['id-of-vm-1']);
    const first = departedMachines(before, dependents(), judging(missing), lookedAt, excluded);
    expect(first).toEqual([{ ...entry, fate: 'Unknown' }]);
    const later = departedMachines({ departed: first }, dependents(), judging(missing), minutesLater(5), nobody);
    expect(later).toEqual([{ ...entry, fate: 'Deleted', problem: 'BackupMissing' }]);
  });

  test('is not followed when it is an RDS instance: CBR does not back those up', () => {
    const database = { virtualMachines: machinesSeen(aSeenMachine('db', { service: 'RDS' })) };
    expect(departedMachines(database, dependents(), judging(missing), lookedAt, nobody)).toEqual([]);
  });
});

test('the ledger holds a thousand machines at most, as the API server demands', () => {
  const seen = Array.from({ length: 500 }, (_, index) => aSeenMachine(`b-${index}`));
  const departed = Array.from({ length: 600 }, (_, index) => aDepartedMachine(`a-${index}`));
  const ledger = departedMachines(
    { virtualMachines: machinesSeen(...seen), departed },
    dependents(),
    judging(missing),
    lookedAt,
    nobody,
  );
  expect(ledger).toHaveLength(1_000);
});

test('no machine once seen is ever lost, whatever comes and goes and whatever can be read', () => {
  const names = ['a', 'b', 'c', 'd'];
  const look = fc.record({
    present: fc.subarray(names),
    alive: fc.subarray(names),
    excluded: fc.subarray(names),
    judgement: fc.constantFrom<BackupJudgement>(backedUp, missing, unreadable()),
  });
  fc.assert(
    fc.property(fc.array(look, { maxLength: 40, size: 'max' }), (looks) => {
      const seen = new Set<string>();
      let status: DCCServerStatus = {};
      for (const [index, { present, alive, excluded, judgement }] of looks.entries()) {
        const without = new Set(excluded.map((name) => `id-of-${name}`));
        const machines = present.filter((name) => !excluded.includes(name)).map((name) => aMachine(name));
        const found = dependents({ machines, aliveElsewhere: new Set(alive.map((name) => `id-of-${name}`)) });
        const at = minutesLater(index);
        const virtualMachines = presentMachines(found, status.virtualMachines, at);
        status = { virtualMachines, departed: departedMachines(status, found, judging(judgement), at, without) };
        for (const { id } of machines) seen.add(id);
        const here = virtualMachines.remaining.map(({ id }) => id);
        const left = (status.departed ?? []).map(({ id }) => id);
        expect(new Set([...here, ...left])).toEqual(seen);
        expect(here.length + left.length).toBe(seen.size);
        expect(dccServerStatusSchema.safeParse(status).success).toBe(true);
      }
    }),
  );
});
