import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { seconds, systemClock } from '../../../operator/clock.ts';
import { loadKubeConfig, serverOf } from '../../../operator/kubernetes/kubeconfig.ts';
import { aWorld } from '../../huaweicloud/seed.ts';
import type { OperatorProcess } from '../../operator-process.ts';
import { kubeConfigVia } from '../kubernetes/cluster.ts';
import { startTcpProxy, type TcpProxy } from '../kubernetes/tcp-proxy.ts';
import { eventually, statesOfCall } from './expectations.ts';
import { aRequest } from './manifests.ts';
import { stopWithin } from './operators.ts';
import { openScenarioWithoutOperator, type Scenario } from './scenario.ts';

/** The operator's way to the API server, which can be cut while the tests still reach it. */
let proxy: TcpProxy;
let folder: string;
let scenario: Scenario;
let operator: OperatorProcess;
beforeAll(async () => {
  proxy = await startTcpProxy(serverOf(await loadKubeConfig(inject('kubeconfig'))));
  folder = await mkdtemp(join(tmpdir(), 'dcc-operator-outage-'));
  const kubeconfig = join(folder, 'kubeconfig');
  await writeFile(kubeconfig, (await kubeConfigVia(proxy.server)).exportConfig(), { mode: 0o600 });
  const world = aWorld().withServer({ name: 'host-01' }).withServer({ name: 'host-02' });
  scenario = await openScenarioWithoutOperator({ world, flags: { kubeconfig }, mayLogErrors: true });
  operator = await scenario.operators.start();
});
afterAll(async () => {
  await scenario.close();
  await proxy[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

function cut(): void {
  proxy.open = false;
  proxy.cut();
}

test('the outcome of a call is written as soon as the API server is back, and nothing is taken for lost', async () => {
  await scenario.applyServers('host-01');
  await scenario.apply(aRequest('retire', ['host-01']));
  await scenario.expectRequest('retire').toReach('AwaitingApproval');
  const effect = { kind: 'delay', milliseconds: 1_000 } as const;
  await scenario.control.addFault({ operation: 'billing.unsubscribe', times: 1, effect });
  await scenario.approve('retire');
  await eventually(() => expect(scenario.cloud.faults.list()).toEqual([]));
  cut();
  await eventually(() => expect(scenario.orders).toHaveLength(1));
  await systemClock.sleep(seconds(2));
  await scenario.expectRequest('retire').toHaveCall('Intended');
  proxy.open = true;
  const { status } = await scenario.expectRequest('retire').toReach('Complete');
  expect(status.placements?.[0]?.detail, 'read back instead of written').toBeUndefined();
  expect(statesOfCall(scenario.objects, '1.1')).toEqual(['Intended', 'Accepted', 'Completed']);
  expect(scenario.orders).toHaveLength(1);
});

test('what was applied during an outage is seen afterwards', async () => {
  cut();
  await scenario.applyServers('host-02');
  await systemClock.sleep(seconds(1));
  proxy.open = true;
  await scenario.expectServer('host-02').toSay({ type: 'Ready', status: 'True', reason: 'Observed' });
});

test('the operator stops within seconds while the API server is not to be reached', async () => {
  cut();
  await systemClock.sleep(seconds(1));
  expect(await stopWithin(seconds(8), operator)).toBe(0);
});
