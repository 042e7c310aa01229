import { expect, test } from 'vitest';
import { drainFinalizer } from '../../../operator/api/names.ts';
import { milliseconds, seconds } from '../../../operator/clock.ts';
import { createFirstLooks } from '../../../operator/inventory/first-looks.ts';
import { createInventory } from '../../../operator/inventory/inventory.ts';
import { reconcileServer } from '../../../operator/inventory/reconcile.ts';
import { anAccount } from '../../builders/account.ts';
import { aServer, resourceIdOf } from '../../builders/dccserver.ts';
import { read } from '../../builders/observation.ts';
import { everyMinute } from '../../builders/polls.ts';
import { aWorld, seeded } from '../../huaweicloud/seed.ts';
import { createVirtualClock } from '../../virtual-clock.ts';
import { aServerContext } from './server-context.ts';

/** Servers that are deleted at once, looked at through the real clients and a simulated cloud by one worker. */
async function deletedAtOnce(count: number) {
  const names = Array.from({ length: count }, (_, index) => `server-${index + 1}`);
  const world = aWorld();
  for (const name of names) world.withServer({ name, resourceId: resourceIdOf(name) });
  const { account, cloud } = await anAccount(world);
  // Asked once for each key, by the call that each reading begins with.
  await account.keyOwner();
  const servers = names.map((name) =>
    aServer(name, {
      metadata: { finalizers: [drainFinalizer], deletionTimestamp: '2026-03-01T11:00:00Z' },
      spec: { projectId: seeded.projectId, availabilityZone: seeded.availabilityZone },
    }),
  );
  const readings = () => Object.values(cloud.counts['iam.listDomains'] ?? {}).reduce((total, each) => total + each, 0);
  const clock = createVirtualClock();
  const { signal } = new AbortController();
  const accounts = { accountOf: async () => read(account) };
  const inventory = createInventory({ accounts, clock, polls: everyMinute(clock), allServers: () => servers, signal });
  const { context, released } = aServerContext(servers, { inventory, clock });
  const due = new Map(names.map((name) => [name, 0]));
  const work = async (name: string) => {
    const result = await reconcileServer(context, 'datacenter', name, signal);
    // Each pass writes to the API server.
    await clock.advance(milliseconds(10));
    due.delete(name);
    if (result.kind === 'RequeueAfter') due.set(name, clock.elapsed() + result.after);
  };
  const before = readings();
  while (due.size > 0 && clock.elapsed() < seconds(60)) {
    for (const [name, at] of [...due]) if (at <= clock.elapsed()) await work(name);
    await clock.advance(milliseconds(10));
  }
  return { names, released, readings: readings() - before };
}

test.each([1, 60])('%i servers that are deleted at once cost two readings of their project', async (count) => {
  const { names, released, readings } = await deletedAtOnce(count);
  expect([...released].sort()).toEqual([...names].sort());
  expect(readings).toBe(2);
});

test('the first look at a server that went another way is forgotten', async () => {
  const server = aServer('server-1');
  const firstLooks = createFirstLooks(seconds(5));
  const notRead = { look: () => Promise.reject(new Error('a server that is gone is not looked at')) };
  const { context } = aServerContext([], { inventory: notRead, clock: createVirtualClock(), firstLooks });
  firstLooks.note(server, seconds(1));
  expect(firstLooks.secondFrom(server)).toBe(seconds(6));
  await reconcileServer(context, 'datacenter', 'server-1', new AbortController().signal);
  expect(firstLooks.secondFrom(server)).toBeUndefined();
});
