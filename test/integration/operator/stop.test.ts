import { describe, expect, test } from 'vitest';
import { seconds, systemClock } from '../../../operator/clock.ts';
import { aWorld } from '../../huaweicloud/seed.ts';
import type { Settings } from '../../huaweicloud/settings.ts';
import type { OperatorProcess } from '../../operator-process.ts';
import { eventually } from './expectations.ts';
import { aRequest } from './manifests.ts';
import { stopWithin } from './operators.ts';
import { openScenarioWithoutOperator, type Scenario } from './scenario.ts';

const open = (settings: Partial<Settings> = {}) =>
  openScenarioWithoutOperator({ world: aWorld().withServer({ name: 'host-01' }), settings });

async function expectToStopWithoutAnswers(scenario: Scenario, operator: OperatorProcess): Promise<void> {
  await scenario.control.addFault({ operation: '*', effect: { kind: 'delay', milliseconds: 600_000 } });
  await systemClock.sleep(seconds(2));
  expect(await stopWithin(seconds(5), operator)).toBe(0);
}

async function awaitingApproval(scenario: Scenario): Promise<OperatorProcess> {
  const operator = await scenario.operators.start();
  await scenario.applyServers('host-01');
  await scenario.apply(aRequest('retire', ['host-01']));
  await scenario.expectRequest('retire').toReach('AwaitingApproval');
  return operator;
}

describe.concurrent('told to stop by SIGTERM, the operator ends with exit code 0', () => {
  test('at once when it has nothing to do', async () => {
    await using scenario = await open();
    const operator = await awaitingApproval(scenario);
    expect(await stopWithin(seconds(3), operator)).toBe(0);
    expect(scenario.operators.log.at(-1)).toContain('"msg":"stopped"');
  });

  test('after it has written what became of a call that was under way', async () => {
    await using scenario = await open();
    const operator = await awaitingApproval(scenario);
    const effect = { kind: 'delay', milliseconds: 2_000 } as const;
    await scenario.control.addFault({ operation: 'billing.unsubscribe', times: 1, effect });
    await scenario.approve('retire');
    await eventually(() => expect(scenario.cloud.faults.list()).toEqual([]));
    expect(await stopWithin(seconds(6), operator)).toBe(0);
    await scenario.expectRequest('retire').toHaveCall('Accepted');
    await scenario.operators.start();
    await scenario.expectRequest('retire').toReach('Complete');
    expect(scenario.orders).toHaveLength(1);
  });

  test('within seconds while the cloud does not answer its reads', async () => {
    await using scenario = await open();
    const operator = await awaitingApproval(scenario);
    await expectToStopWithoutAnswers(scenario, operator);
  });

  test('within seconds while the cloud does not answer what became of an order', async () => {
    await using scenario = await open({ orderProcessing: seconds(60) });
    const operator = await awaitingApproval(scenario);
    await scenario.approve('retire');
    await scenario.expectRequest('retire').toReach('OrderInProgress');
    await expectToStopWithoutAnswers(scenario, operator);
  });
});

test('started with settings that cannot be used, it says what to write and ends with exit code 1', async () => {
  await using scenario = await openScenarioWithoutOperator({ mayLogErrors: true });
  await expect(scenario.operators.start({ 'poll-interval': 'often' })).rejects.toThrow(
    /ended with 1:\n--poll-interval: write a duration such as 90s, 15m or 1h30m/,
  );
  const endpoints = 'everything=http://127.0.0.1:1,*=http://127.0.0.1:1';
  await expect(scenario.operators.start({ endpoints })).rejects.toThrow(
    /ended with 1:\n--endpoints: there is no service everything\. Write one of billing/,
  );
  const taken = new URL(scenario.cloud.url).host;
  await expect(scenario.operators.start({ 'health-address': taken })).rejects.toThrow(/ended with 1:(.|\n)*EADDRINUSE/);
});
