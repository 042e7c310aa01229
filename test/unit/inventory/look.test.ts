import { describe, expect, test } from 'vitest';
import { minutes } from '../../../operator/clock.ts';
import { lookAt, unreadableLook } from '../../../operator/inventory/look.ts';
import type { ProjectInventory } from '../../../operator/inventory/project.ts';
import { aDepartedMachine, aServer, type ServerChanges } from '../../builders/dccserver.ts';
import { lookedAt, minutesLater } from '../../builders/metadata.ts';
import { aSubscription, read, unreadable } from '../../builders/observation.ts';
import { everyMinute } from '../../builders/polls.ts';
import { aCloudServer, aProject } from '../../builders/project.ts';
import { createVirtualClock } from '../../virtual-clock.ts';

const backup = (ageInHours: number) => ({
  id: 'backup-1',
  machineId: 'id-of-vm-1',
  createdAt: minutesLater(-60 * ageInHours),
  expiresAt: undefined,
  available: true,
  vaultAvailable: true,
  restorable: true,
  skipped: false,
});
const judged = (ageInHours: number, changes: ServerChanges = {}) =>
  lookAt(aServer('server-1', changes), aProject({ backups: read([backup(ageInHours)]) })).judgeBackup(
    'id-of-vm-1',
    lookedAt,
  );

describe('a look at a server', () => {
  test('is as old as the reading of its project', () => {
    expect(lookAt(aServer(), aProject({ readAt: minutesLater(-3) })).observation.observedAt).toEqual(minutesLater(-3));
  });

  test('has its own billing row, and calls it absent when there is none', () => {
    expect(lookAt(aServer(), aProject()).observation.subscription).toEqual(read(aSubscription()));
    const none = lookAt(aServer(), aProject({ subscriptions: read(new Map()) })).observation.subscription;
    expect(none).toMatchObject({
      kind: 'Read',
      value: { status: 'Absent', isPrimary: true, autoRenewal: false, secondaries: [] },
    });
  });

  test('does not call a row absent that could not be read', () => {
    const dark = lookAt(aServer(), aProject({ subscriptions: unreadable() })).observation.subscription;
    expect(dark).toEqual(unreadable());
  });

  test('judges the backup of each machine that is there', () => {
    const project = aProject({ machines: read([aCloudServer('vm-1')]), backups: read([backup(1)]) });
    expect(lookAt(aServer(), project).observation.dependents).toMatchObject({
      value: { machines: [{ name: 'vm-1', backup: { kind: 'Protected', id: 'backup-1' } }] },
    });
  });

  // Else a project would cost the square of what is in it: 6 ms a server with 2,000 machines, each time.
  test('goes through the ids of a project once for all its servers', () => {
    const reads = { machines: 0, backups: 0 };
    const host = (place: number) => ({ hypervisorHostname: `host-${place}`, hostId: undefined });
    const machines = places.map((place) =>
      counted(aCloudServer(`vm-${place}`, host(place)), 'id', () => (reads.machines += 1)),
    );
    const backups = places.map((place) =>
      counted({ ...backup(1), machineId: `id-of-vm-${place}` }, 'machineId', () => (reads.backups += 1)),
    );
    const project = aProject({ machines: read(machines), backups: read(backups) });
    const look = (place: number) =>
      lookAt(
        aServer(`server-${place}`, { spec: { virtualMachines: { hypervisorHostnames: [`host-${place}`] } } }),
        project,
      ).observation.dependents;
    const expectOne = (place: number) =>
      expect(look(place)).toMatchObject({
        value: { machines: [{ name: `vm-${place}`, backup: { kind: 'Protected' } }] },
      });

    expectOne(0);
    Object.assign(reads, { machines: 0, backups: 0 });
    expectOne(1);
    expect(reads.machines).toBeLessThan(10);
    expect(reads.backups).toBeLessThan(10);
  });
});

const places = Array.from({ length: 100 }, (_, place) => place);

/** The same, and tells each time when the field is read. */
function counted<T extends object>(object: T, field: keyof T, onRead: () => void): T {
  const value = object[field];
  return Object.defineProperty({ ...object }, field, {
    enumerable: true,
    get: () => {
      onRead();
      return value;
    },
  });
}

describe('a backup', () => {
  test('may be a day old when spec says nothing', () => {
    expect(judged(24).kind).toBe('Protected');
    expect(judged(25)).toEqual({ kind: 'Unprotected', problem: 'BackupTooOld' });
  });

  test('may be as old as spec says', () => {
    expect(judged(47, { spec: { backup: { maxAge: '48h' } } }).kind).toBe('Protected');
    expect(judged(2, { spec: { backup: { maxAge: '1h' } } }).kind).toBe('Unprotected');
  });

  test('is neither there nor missing while CBR cannot be read', () => {
    const { judgeBackup } = lookAt(aServer(), aProject({ backups: unreadable('Permission', 'CBR backups') }));
    expect(judgeBackup('id-of-vm-1', lookedAt)).toEqual(unreadable('Permission', 'CBR backups'));
  });
});

describe('a machine that left', () => {
  const gone = { status: { departed: [aDepartedMachine('vm-1'), aDepartedMachine('moved', { fate: 'Migrated' })] } };
  const judgedAnew = (changes: ServerChanges, backups: ProjectInventory['backups']) =>
    lookAt(aServer('server-1', changes), aProject({ backups })).observation.departed;

  test('is judged by the backups there are now, one that moved is not', () => {
    expect(judgedAnew(gone, read([backup(1)]))).toMatchObject({ value: [{ fate: 'Deleted' }, { fate: 'Migrated' }] });
    expect(judgedAnew(gone, read([]))).toMatchObject({ value: [{ problem: 'BackupMissing' }, { fate: 'Migrated' }] });
  });

  test('is neither protected nor lost while CBR cannot be read', () => {
    expect(judgedAnew(gone, unreadable('Permission', 'CBR backups'))).toEqual(unreadable('Permission', 'CBR backups'));
  });

  test('needs no backup when it moved, or a person excluded it', () => {
    const moved = { status: { departed: [aDepartedMachine('moved', { fate: 'Migrated' })] } };
    expect(judgedAnew(moved, unreadable()).kind).toBe('Read');
    const exclude = [{ id: 'id-of-vm-1', service: 'ECS' as const, reason: 'A test machine.' }];
    expect(judgedAnew({ ...gone, spec: { virtualMachines: { exclude } } }, unreadable()).kind).toBe('Read');
  });

  test('has moved when it is found alive elsewhere, though it was taken for deleted', () => {
    const project = aProject({ machines: read([aCloudServer('vm-1', { availabilityZone: 'cn-north-4b' })]) });
    expect(lookAt(aServer('server-1', gone), project).observation.departed).toMatchObject({
      value: [{ name: 'vm-1', fate: 'Migrated' }, { name: 'moved' }],
    });
  });
});

test('of a server whose account cannot be opened nothing is known of anything', () => {
  const { failure } = unreadable('Credentials');
  const gone = aServer('server-1', { status: { departed: [aDepartedMachine('vm-1')] } });
  const clock = createVirtualClock(lookedAt);
  const { observation, judgeBackup } = unreadableLook(gone, failure, { clock, polls: everyMinute(clock) });
  const dark = { kind: 'Unreadable', failure };
  expect(observation).toEqual({
    observedAt: lookedAt,
    readBy: 0,
    nextPollAt: minutes(1),
    account: dark,
    subscription: dark,
    dependents: dark,
    autoPlacement: false,
    departed: dark,
  });
  expect(judgeBackup('id-of-vm-1', lookedAt)).toEqual(dark);
});
