import { expect, test } from 'vitest';
import { seconds, systemClock } from '../../../operator/clock.ts';
import { aWorld } from '../../huaweicloud/seed.ts';
import { aRequest } from './manifests.ts';
import { openScenario, type Scenario } from './scenario.ts';

const many = Array.from({ length: 20 }, (_, index) => `host-${String(index + 1).padStart(2, '0')}`);
const few = many.slice(0, 2);

const callsSoFar = ({ cloud }: Scenario): Map<string, number> =>
  new Map(
    Object.entries(cloud.counts).map(([operation, endings]) => [
      operation,
      Object.values(endings).reduce((total, count) => total + count, 0),
    ]),
  );

/** Calls to each operation of the cloud during so many polls of a second. */
async function callsDuring(scenario: Scenario, polls: number): Promise<Map<string, number>> {
  const before = callsSoFar(scenario);
  await systemClock.sleep(seconds(polls));
  const after = callsSoFar(scenario);
  return new Map([...after].map(([operation, count]) => [operation, count - (before.get(operation) ?? 0)]));
}

const sumOf = (calls: Map<string, number>): number => [...calls.values()].reduce((total, count) => total + count, 0);

test('what stands still costs no write, and as many calls to the cloud for twenty servers as for two', async () => {
  const world = aWorld().withVault('vault-01');
  for (const host of many)
    world
      .withServer({ name: host })
      .withVm({ name: `vm-on-${host}` }, host)
      .withBackup(`vm-on-${host}`);
  await using scenario = await openScenario({ world, flags: { 'leader-election': 'Lease' } });
  const converge = async (hosts: readonly string[]) => {
    await scenario.applyServers(...hosts);
    await scenario.apply(...hosts.map((host) => aRequest(`retire-${host}`, [host])));
    await Promise.all(
      hosts.map((host) =>
        scenario.expectRequest(`retire-${host}`).toBeBlockedOnlyBy('AwaitingApproval', 'VirtualMachinesRemain'),
      ),
    );
  };
  const polls = 4;

  await converge(few);
  await scenario.expectNoWriteFor(seconds(2));
  const forFew = await callsDuring(scenario, polls);

  await converge(many.slice(2));
  await scenario.expectNoWriteFor(seconds(3));
  const forMany = await callsDuring(scenario, polls);

  // A reading of the project begins with the account, so this counts the readings; one may be cut off at each end.
  const readings = (calls: Map<string, number>) => calls.get('iam.listDomains') ?? 0;
  expect(readings(forFew)).toBeGreaterThan(1);
  expect(readings(forMany), 'readings of the project').toBeLessThanOrEqual(2 * (polls + 1));
  const atMost = sumOf(forFew) / (readings(forFew) - 1);
  expect(sumOf(forMany) / (readings(forMany) + 1), 'calls for one reading').toBeLessThanOrEqual(atMost);

  // Converging took a constant number of writes an object: it was created, held, and reported a few times.
  for (const [name, versions] of scenario.objects.histories()) expect(versions.length, name).toBeLessThanOrEqual(8);
});
