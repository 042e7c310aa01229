import { expect, test } from 'vitest';
import type { Backup } from '../../../operator/huaweicloud/cbr.ts';
import { createCheckpoints } from '../../../operator/inventory/checkpoints.ts';
import { anAccount } from '../../builders/account.ts';
import { aWorld } from '../../huaweicloud/seed.ts';

const hoursAgo = (hours: number) => new Date(Date.now() - hours * 3_600_000).toISOString();

/** Three machines in one vault: `web` and `db` with a backup of an hour ago, `db` with another of two hours ago. */
async function start() {
  const world = aWorld().withServer({ name: 'host' }).withVault('vault');
  for (const name of ['web', 'db']) world.withVm({ name }, 'host').withBackup(name);
  world.withBackup('db', { createdAt: hoursAgo(2) });
  const { account, cloud, control } = await anAccount(world);
  const { backups, virtualMachines, checkpoints } = cloud.world;
  const older = backups.findLast(({ resourceName }) => resourceName === 'db');
  // Two runs: the seed puts what it makes into one.
  const [run] = checkpoints;
  if (older === undefined || run === undefined) throw new Error('the world has no backup');
  older.checkpointId = 'run-2';
  checkpoints.push({ ...run, id: 'run-2', skipped: [] });
  const memory = createCheckpoints();
  const idOf = (name: string) => virtualMachines.find((machine) => machine.name === name)?.id ?? '';
  return {
    cloud,
    control,
    run,
    older,
    skip: (checkpoint: typeof run, name: string) => checkpoint.skipped.push({ id: idOf(name), name, reason: 'error' }),
    second: checkpoints.find(({ id }) => id === 'run-2') ?? run,
    newest: (name: string) => backups.find(({ resourceName }) => resourceName === name)?.id,
    calls: () => Object.values(cloud.counts['cbr.showCheckpoint'] ?? {}).reduce((sum, count) => sum + count, 0),
    read: async (change: (all: Backup[]) => Backup[] = (all) => all) => [
      ...(await memory.skippedIn(account, change(await account.cbr.availableBackups()), new AbortController().signal)),
    ],
  };
}

test('each run is read once', async () => {
  const { read, calls } = await start();
  expect(await read()).toEqual([]);
  expect(await read()).toEqual([]);
  expect(calls()).toBe(2);
});

test('backups whose machine their run left out are named, the newest and older ones', async () => {
  const { read, second, skip, older } = await start();
  skip(second, 'db');
  expect(await read()).toEqual([older.id]);
  const again = await start();
  again.skip(again.run, 'db');
  again.skip(again.second, 'db');
  expect((await again.read()).sort()).toEqual([again.newest('db'), again.older.id].sort());
});

test('a run that is gone says nothing; one that cannot be read is an error, which is not remembered', async () => {
  const { read, cloud, control, run, skip, newest } = await start();
  skip(run, 'db');
  await control.addFault({ operation: 'cbr.showCheckpoint', times: 1, effect: { kind: 'malformed' } });
  await expect(read()).rejects.toMatchObject({ class: 'Unparsable' });
  expect(await read()).toEqual([newest('db')]);
  cloud.world.checkpoints.length = 0;
  expect(await (await start()).read((all) => all.map((backup) => ({ ...backup, checkpointId: 'gone' })))).toEqual([]);
});

test.each([
  ['a proxy', { code: 404, message: 'Blocked by policy.' }],
  ['the gateway', { error_code: 'APIGW.0101', error_msg: 'The API does not exist.' }],
])('nor is one gone because %s says so in the place of the service', async (_, body) => {
  const { read, control, run, skip, newest } = await start();
  skip(run, 'db');
  await control.addFault({ operation: 'cbr.showCheckpoint', effect: { kind: 'answer', status: 404, body } });
  await expect(read()).rejects.toMatchObject({ httpStatus: 404 });
  await control.clearFaults();
  expect(await read()).toEqual([newest('db')]);
});

test('a backup that names no run is as good as its word', async () => {
  const { read, calls } = await start();
  expect(await read((all) => all.map((backup) => ({ ...backup, checkpointId: undefined })))).toEqual([]);
  expect(calls()).toBe(0);
});

test('runs whose backups are all gone are forgotten', async () => {
  const { read, calls } = await start();
  await read();
  expect(await read(() => [])).toEqual([]);
  await read();
  expect(calls()).toBe(4);
});
