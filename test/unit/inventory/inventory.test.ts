import { expect, test } from 'vitest';
import { milliseconds, seconds } from '../../../operator/clock.ts';
import { createInventory } from '../../../operator/inventory/inventory.ts';
import { anAccount } from '../../builders/account.ts';
import { aServer, resourceIdOf } from '../../builders/dccserver.ts';
import { read } from '../../builders/observation.ts';
import { everyMinute } from '../../builders/polls.ts';
import { aWorld } from '../../huaweicloud/seed.ts';
import { createVirtualClock } from '../../virtual-clock.ts';

/** Looks at a server through the real clients and a simulated cloud. */
async function start() {
  const world = aWorld().withServer({ name: 'host', resourceId: resourceIdOf('server-1') });
  const { account, cloud } = await anAccount(world);
  // Asked once for each key, by the call that each reading begins with.
  await account.keyOwner();
  const clock = createVirtualClock();
  const server = aServer('server-1');
  const { signal } = new AbortController();
  const inventory = createInventory({
    accounts: { accountOf: async () => read(account) },
    clock,
    polls: everyMinute(clock),
    allServers: () => [server],
    signal,
  });
  const readings = () =>
    Object.values(cloud.counts['iam.listDomains'] ?? {}).reduce((total, count) => total + count, 0);
  const look = (of = server, since = clock.elapsed(), that: 'Began' | 'Ended' = 'Began') =>
    inventory.look(of, { that, since }, signal);
  return { clock, server, readings, look };
}

test('all who ask for the same moment share a reading, and who asks for a later one gets a new one', async () => {
  const { clock, look, readings } = await start();
  const before = readings();
  await Promise.all([look(), look()]);
  await clock.advance(seconds(30));
  await look(undefined, seconds(0));
  expect(readings() - before).toBe(1);
  await look();
  expect(readings() - before).toBe(2);
});

test('who asks for a moment gets no reading that began before it, though that has ended since or not yet', async () => {
  const { clock, look, readings } = await start();
  const before = readings();
  const first = look();
  await clock.advance(seconds(10));
  await Promise.all([first, look(undefined, seconds(5))]);
  expect(readings() - before).toBe(2);
  await clock.advance(seconds(10));
  const third = look();
  await clock.advance(seconds(10));
  await third;
  await look(undefined, seconds(25));
  expect(readings() - before).toBe(4);
});

test('a poll makes do with a reading that has not ended, or ended since, however long it took', async () => {
  const { clock, look, readings } = await start();
  const before = readings();
  const first = look();
  await clock.advance(seconds(100));
  await Promise.all([first, look(undefined, seconds(90), 'Ended')]);
  const ended = clock.elapsed();
  expect(readings() - before).toBe(1);
  await clock.advance(seconds(30));
  await look(undefined, ended, 'Ended');
  expect(readings() - before).toBe(1);
  await look(undefined, milliseconds(ended + 1), 'Ended');
  expect(readings() - before).toBe(2);
  await clock.advance(seconds(1));
  await look(undefined, clock.elapsed(), 'Began');
  expect(readings() - before).toBe(3);
});

test('what one reading says of one version of a server is worked out once', async () => {
  const { clock, server, look } = await start();
  const first = await look();
  expect(await look()).toBe(first);
  expect(await look({ ...server })).not.toBe(first);
  await clock.advance(seconds(30));
  expect(await look()).not.toBe(first);
  expect(await look(undefined, seconds(0))).not.toBe(first);
});
