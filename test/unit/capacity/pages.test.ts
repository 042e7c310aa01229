import { expect, onTestFinished, test } from 'vitest';
import { milliseconds, systemClock } from '../../../operator/clock.ts';
import { openTransport } from '../../../operator/huaweicloud/transport.ts';
import { createCheckpoints } from '../../../operator/inventory/checkpoints.ts';
import { readProject } from '../../../operator/inventory/read-project.ts';
import { everyMinute } from '../../builders/polls.ts';
import { total } from '../../capacity/counters.ts';
import { accountsOf, type Fleet, pagesOf, serversOf, worldOf } from '../../capacity/fleet.ts';
import { watchTraffic } from '../../capacity/readings.ts';
import { startHuaweiCloud } from '../../huaweicloud/server.ts';
import { seededAccount } from '../huaweicloud/seeded-account.ts';

const one: Fleet = { servers: 1, accounts: 1, machinesPerServer: 1, requestsPerServer: 0, hostType: 'DCC' };

/** What the cloud saw and sent of the second reading of a fleet's only account. */
async function secondReading(fleet: Fleet) {
  const traffic = watchTraffic();
  const cloud = await startHuaweiCloud({
    ...{ world: worldOf(fleet, systemClock.now()), onAnswer: traffic.onAnswer },
    settings: { throttle: { rate: 10_000, operations: {} } },
  });
  const transport = openTransport();
  onTestFinished(async () => {
    transport.close();
    await cloud.stop();
  });
  const [account] = accountsOf(fleet);
  if (account === undefined) throw new Error('a fleet without an account');
  const ids = serversOf(fleet).map(({ resourceId }) => resourceId);
  const watched = { resourceIds: ids, hostIds: fleet.hostType === 'DeH' ? ids : [] };
  const surroundings = { clock: systemClock, polls: everyMinute(systemClock), checkpoints: createCheckpoints() };
  const opened = seededAccount(cloud.url, transport, {
    ...{ projectId: account.projectId, domainId: account.domainId, secretKey: account.secretKey },
    accessKey: account.accessKey,
  });
  const calls = () => Object.values(cloud.counts).reduce((sum, endings) => sum + total(endings), 0);
  const read = () => readProject(opened, watched, surroundings, new AbortController().signal);
  await read();
  const [before, from] = [calls(), systemClock.elapsed()];
  const project = await read();
  expect(project).toMatchObject({
    machines: { kind: 'Read' },
    subscriptions: { kind: 'Read' },
    backups: { kind: 'Read' },
  });
  // What was sent is told after it was received.
  await systemClock.sleep(milliseconds(50));
  return { calls: calls() - before, bytes: traffic.since(from, systemClock.elapsed()).bytes };
}

test.each([
  [{}, 19],
  [{ servers: 50, machinesPerServer: 2 }, 19],
  [{ servers: 51, machinesPerServer: 2 }, 21],
  [{ servers: 60, machinesPerServer: 20 }, 33],
  [{ servers: 5, machinesPerServer: 1, hostType: 'DeH' }, 34],
] as const)('a reading of %j takes %i calls, one for each page', async (changes, calls) => {
  const fleet = { ...one, ...changes };
  expect(pagesOf(fleet)).toBe(calls);
  expect((await secondReading(fleet)).calls).toBe(calls);
});

test('what it loads grows with the machines, and not faster', async () => {
  const bytesWith = async (machinesPerServer: number) =>
    (await secondReading({ ...one, servers: 10, machinesPerServer })).bytes;
  const [ten, forty] = [await bytesWith(10), await bytesWith(40)];
  expect(forty / ten).toBeGreaterThan(3);
  expect(forty / ten).toBeLessThan(4.1);
});
