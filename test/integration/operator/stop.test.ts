import { describe, expect, inject, test } from 'vitest';
import { type Milliseconds, minutes, seconds, systemClock } from '../../../operator/clock.ts';
import { aWorld } from '../../huaweicloud/seed.ts';
import type { Settings } from '../../huaweicloud/settings.ts';
import { type OperatorProcess, startOperatorProcess } from '../../operator-process.ts';
import { eventually } from './expectations.ts';
import { healthOf } from './health-client.ts';
import { aRequest } from './manifests.ts';
import { stopWithin } from './operators.ts';
import { openProxiedCluster } from './proxied-cluster.ts';
import { openScenarioWithoutOperator, type Scenario, type ScenarioOptions } from './scenario.ts';

const open = (settings: Partial<Settings> = {}, options: Partial<ScenarioOptions> = {}) =>
  openScenarioWithoutOperator({ world: aWorld().withServer({ name: 'host-01' }), settings, ...options });

/** Approves the request, whose order the cloud then answers after so long; resolves when the cloud has got it. */
async function orderAnsweredAfter(delay: Milliseconds, scenario: Scenario): Promise<void> {
  const effect = { kind: 'delay', milliseconds: delay } as const;
  await scenario.control.addFault({ operation: 'billing.unsubscribe', times: 1, effect });
  await scenario.approve('retire');
  await eventually(() => expect(scenario.cloud.faults.list()).toEqual([]));
}

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

/** Several operators at once, and some one after the other: a busy machine takes its time. */
const timeout = minutes(4);

describe.concurrent('told to stop by SIGTERM, the operator ends with exit code 0', { timeout }, () => {
  test('at once when it has nothing to do', async () => {
    await using scenario = await open();
    const operator = await awaitingApproval(scenario);
    expect(await stopWithin(seconds(3), operator)).toBe(0);
    expect(scenario.operators.log.at(-1)).toContain('"msg":"stopped"');
  });

  test('after it has written what became of a call that was under way', async () => {
    await using scenario = await open();
    const operator = await awaitingApproval(scenario);
    await orderAnsweredAfter(seconds(2), scenario);
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

describe.concurrent('told to stop by SIGTERM', { timeout }, () => {
  test('it is unready at once and alive to the end, writes that a call has no answer, and ends with exit code 0', async () => {
    await using scenario = await open();
    const operator = await awaitingApproval(scenario);
    const health = await healthOf(operator);
    await orderAnsweredAfter(minutes(10), scenario);
    const exited = operator.end('SIGTERM');
    expect(await health.expectProbe('/readyz', 503)).toBe('shutdown: it is stopping\n');
    expect(await health.ask('/livez')).toMatchObject({ status: 200 });
    expect(await exited).toBe(0);
    await scenario.expectRequest('retire').toHaveCall('Unknown');
  });

  test('it gives up on a pass that does not end in time: names it, marks nothing, and ends with exit code 1', async () => {
    const flags = { 'call-timeout': '60s', 'shutdown-timeout': '2s' };
    await using scenario = await open({}, { mayLogErrors: true, flags });
    const operator = await awaitingApproval(scenario);
    await orderAnsweredAfter(seconds(8), scenario);
    expect(await stopWithin(seconds(15), operator)).toBe(1);
    const line = operator.lines.find((one) => one.includes('the time to stop is over')) ?? '';
    const passes = [{ controller: 'unsubscriptionrequests', object: `${scenario.namespace}/retire` }];
    expect(JSON.parse(line)).toMatchObject({ level: 'error', passes });
    await scenario.expectRequest('retire').toHaveCall('Intended');
    await expectToGoOn(scenario);
  });

  test('and told again, it ends at once with exit code 1', async () => {
    await using scenario = await open({}, { flags: { 'call-timeout': '60s' } });
    const operator = await awaitingApproval(scenario);
    await orderAnsweredAfter(seconds(8), scenario);
    const exited = operator.end('SIGTERM');
    await eventually(() => expect(operator.lines.join('\n')).toContain('told to stop: finishing'));
    process.kill(operator.pid, 'SIGTERM');
    expect(await exited).toBe(1);
    expect(operator.lines.at(-1)).toContain('told to stop again');
    await scenario.expectRequest('retire').toHaveCall('Intended');
    await expectToGoOn(scenario);
  });

  test('it ends with exit code 0 while the API server does not answer a write', async () => {
    await using cluster = await openProxiedCluster();
    await using scenario = await open({}, { mayLogErrors: true, flags: { kubeconfig: cluster.kubeconfig } });
    const operator = await awaitingApproval(scenario);
    const health = await healthOf(operator);
    cluster.proxy.swallowAnswers();
    await scenario.control.createVm({ name: 'web-01', server: 'host-01' });
    await eventually(async () => {
      const { requests } = (await health.state()).openRequests;
      expect(requests).toContainEqual(expect.objectContaining({ method: 'PUT' }));
    });
    expect(await stopWithin(seconds(45), operator)).toBe(0);
  });

  test.each(['refuses connections', 'does not answer'])(
    'before its caches are filled, because the API server %s, it ends within seconds with exit code 0',
    async (trouble) => {
      await using cluster = await openProxiedCluster();
      if (trouble === 'does not answer') cluster.proxy.swallowAnswers();
      else cluster.proxy.open = false;
      await using scenario = await open({}, { mayLogErrors: true });
      const { kubeconfig } = cluster;
      const operator = startOperatorProcess({
        program: inject('operatorProgram'),
        kubeconfig,
        cloudUrl: scenario.cloud.url,
        namespace: scenario.namespace,
      });
      const health = await healthOf(operator);
      await eventually(() => expect(operator.lines.join('\n')).toContain('filling the caches'));
      expect(await health.expectProbe('/readyz', 503)).toContain('caches-filled: dccservers is not listed yet\n');
      expect(await stopWithin(seconds(10), operator)).toBe(0);
    },
  );
});

/** The next operator finds out what became of the call, and orders nothing twice. */
async function expectToGoOn(scenario: Scenario): Promise<void> {
  await scenario.operators.start();
  await scenario.expectRequest('retire').toReach('Complete', seconds(60));
  expect(scenario.orders).toHaveLength(1);
}

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
