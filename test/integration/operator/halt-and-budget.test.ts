import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { minutes, seconds } from '../../../operator/clock.ts';
import { aWorld } from '../../huaweicloud/seed.ts';
import { eventually, stays } from './expectations.ts';
import { aRequest } from './manifests.ts';
import { openScenario, type Scenario } from './scenario.ts';

const worldOf = (...hosts: string[]) => hosts.reduce((world, name) => world.withServer({ name }), aWorld());

/** Applies a server and the request for it, approved. */
async function approved(scenario: Scenario, host: string) {
  await scenario.applyServers(host);
  await scenario.apply(aRequest(`retire-${host}`, [host]));
  await scenario.approve(`retire-${host}`);
  return scenario.expectRequest(`retire-${host}`);
}

describe('the ConfigMap that halts the operator', () => {
  let scenario: Scenario;
  beforeAll(async () => {
    scenario = await openScenario({ world: worldOf('host-01', 'host-02') });
  });
  afterAll(() => scenario.close());
  const halt = ['configmap', 'dcc-operator-halt'] as const;

  test('stops all ordering from when it is made until it is deleted, and tells why', async () => {
    await scenario.kubectl('create', ...halt, '--from-literal=reason=INC-42, Anna');
    const request = await approved(scenario, 'host-01');
    await request.toReach('Halted');
    await request.toBeBlockedOnlyBy('Halted');
    await request.toBeBlockedBy({
      condition: 'PlacementAllowed',
      reason: 'Halted',
      message: new RegExp(`ConfigMap ${scenario.namespace}/dcc-operator-halt: INC-42, Anna\\.$`),
      remedy: /delete it or set halted in it to "false"/,
    });
    await stays(() => expect(scenario.orders).toEqual([]), seconds(3));
    await scenario.kubectl('delete', ...halt);
    await request.toReach('Complete');
  });

  test('kept in Git stops nothing while it says halted: "false"', async () => {
    await scenario.kubectl('create', ...halt, '--from-literal=halted=true');
    const request = await approved(scenario, 'host-02');
    await request.toReach('Halted');
    await scenario.patch('configmap', 'dcc-operator-halt', { data: { halted: 'false' } });
    await request.toReach('Complete');
  });
});

describe('the budget', () => {
  test(
    'lets no more orders be open at a time than it says, and the next one goes as soon as one has ended',
    async () => {
      await using scenario = await openScenario({
        world: worldOf('host-01', 'host-02', 'host-03'),
        settings: { orderProcessing: seconds(4) },
        flags: { 'max-open-orders': '1' },
      });
      const hosts = ['host-01', 'host-02', 'host-03'];
      const requests = await Promise.all(hosts.map((host) => approved(scenario, host)));
      const held = () => hosts.flatMap((host) => scenario.objects.request(`retire-${host}`)?.status.blockers ?? []);
      await eventually(() =>
        expect(held()).toContainEqual(
          expect.objectContaining({ reason: 'BudgetExceeded', message: expect.stringMatching(/at a time: 1\.$/) }),
        ),
      );
      await Promise.all(requests.map((request) => request.toReach('Complete', seconds(60))));
      // Each was signed when the one before it had ended: only then did the journals have room.
      const calls = hosts
        .flatMap((host) => scenario.objects.requestVersions(`retire-${host}`))
        .map(({ status }) => status);
      const open = calls.map(({ placements = [] }) => placements.filter(({ result }) => result === undefined).length);
      expect(Math.max(...open)).toBe(1);
      const times = scenario.orders.map(({ time }) => Date.parse(time)).sort((a, b) => a - b);
      const gaps = times.slice(1).map((time, index) => time - (times[index] ?? 0));
      expect(Math.min(...gaps), 'the time between two orders, each of which is processed for 4 s').toBeGreaterThan(
        3_500,
      );
    },
    minutes(2),
  );

  test(
    'lets no more orders be placed within an hour than it says, also after a restart and without the first request',
    async () => {
      await using scenario = await openScenario({
        world: worldOf('host-01', 'host-02'),
        flags: { 'max-orders-per-hour': '1' },
      });
      await (await approved(scenario, 'host-01')).toReach('Complete');
      await scenario.kubectl('delete', 'unsub', 'retire-host-01');
      await scenario.operators.stop();
      await scenario.operators.start();
      const second = await approved(scenario, 'host-02');
      await second.toReach('BudgetExceeded');
      await second.toBeBlockedBy({
        condition: 'PlacementAllowed',
        reason: 'BudgetExceeded',
        message: /placed within an hour as may be: 1\.$/,
        remedy: /--max-orders-per-hour/,
      });
      await stays(() => expect(scenario.orders).toHaveLength(1), seconds(3));
      await scenario.operators.stop();
      await scenario.operators.start({ 'max-orders-per-hour': '2' });
      await second.toReach('Complete');
    },
    minutes(2),
  );
});
