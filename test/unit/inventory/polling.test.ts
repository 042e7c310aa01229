import { expect, test } from 'vitest';
import { drainFinalizer } from '../../../operator/api/names.ts';
import { milliseconds, minutes, type Random, seconds } from '../../../operator/clock.ts';
import { createInventory } from '../../../operator/inventory/inventory.ts';
import { reconcileServer } from '../../../operator/inventory/reconcile.ts';
import { createPolls } from '../../../operator/polls.ts';
import { anAccount } from '../../builders/account.ts';
import { aServer, resourceIdOf } from '../../builders/dccserver.ts';
import { read } from '../../builders/observation.ts';
import { aWorld, seeded } from '../../huaweicloud/seed.ts';
import { createSeededRandom } from '../../seeded-random.ts';
import { createVirtualClock } from '../../virtual-clock.ts';
import { aServerContext } from './server-context.ts';

/** Servers of one account for half an hour, looked at whenever their last pass said. Gives when the account was read. */
async function halfAnHourOf(names: readonly string[], random: Random) {
  const world = aWorld();
  for (const name of names) world.withServer({ name, resourceId: resourceIdOf(name) });
  const { account, cloud } = await anAccount(world);
  const metadata = { finalizers: [drainFinalizer] };
  const spec = { projectId: seeded.projectId, availabilityZone: seeded.availabilityZone };
  const servers = names.map((name) => aServer(name, { metadata, spec }));
  const readings = () => Object.values(cloud.counts['iam.listDomains'] ?? {}).reduce((total, each) => total + each, 0);
  const clock = createVirtualClock();
  const { signal } = new AbortController();
  const polls = createPolls({ clock, random, interval: minutes(1) });
  const accounts = { accountOf: async () => read(account) };
  const inventory = createInventory({ accounts, clock, polls, allServers: () => servers, signal });
  const { context } = aServerContext(servers, { inventory, clock, polls });
  const due = new Map(names.map((name) => [name, 0]));
  const readAt: number[] = [];
  let passes = 0;
  for (; clock.elapsed() < minutes(30); await clock.advance(milliseconds(250))) {
    for (const [name, at] of due) {
      if (at > clock.elapsed()) continue;
      const before = readings();
      const result = await reconcileServer(context, 'datacenter', name, signal);
      passes += 1;
      if (readings() > before) readAt.push(clock.elapsed());
      due.set(name, result.kind === 'RequeueAfter' ? clock.elapsed() + result.after : Number.POSITIVE_INFINITY);
    }
  }
  return { readAt, passes };
}

const names = Array.from({ length: 8 }, (_, index) => `server-${index + 1}`);

test('servers of an account go on sharing its readings, about an interval apart', async () => {
  const { readAt, passes } = await halfAnHourOf(names, createSeededRandom(1));
  const apart = readAt.slice(1).map((at, index) => at - (readAt[index] ?? 0));
  expect(Math.min(...apart)).toBeGreaterThanOrEqual(seconds(54));
  expect(Math.max(...apart)).toBeLessThanOrEqual(seconds(66.25));
  expect(passes).toBe(readAt.length * names.length);
});

test('accounts that are read for the first time together are read at other times soon', async () => {
  const [one, other] = await Promise.all([
    halfAnHourOf(names, createSeededRandom(1)),
    halfAnHourOf(names, createSeededRandom(2)),
  ]);
  expect(one.readAt[0]).toBe(other.readAt[0]);
  const [sixth = 0, sixthOfOther = 0] = [one.readAt[5], other.readAt[5]];
  expect(Math.abs(sixth - sixthOfOther)).toBeGreaterThan(seconds(3));
});
