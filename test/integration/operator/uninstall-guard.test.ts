import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { expect, inject, test } from 'vitest';
import { seconds } from '../../../operator/clock.ts';
import { aWorld } from '../../huaweicloud/seed.ts';
import { aRequest } from './manifests.ts';
import { openScenario } from './scenario.ts';

/** Runs the real operator as the chart's hook does before everything is removed. */
async function guard(kubeconfig: string, namespace: string) {
  const args = [inject('operatorProgram'), '--before-uninstall', `--kubeconfig=${kubeconfig}`];
  const child = spawn(process.execPath, [...args, `--namespaces=${namespace}`], { stdio: ['ignore', 'pipe', 'pipe'] });
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { code, output: `${stdout}${stderr}` };
}

test('an installation is kept while a call is open that nobody would follow, and let go when it has ended', async () => {
  await using scenario = await openScenario({ world: aWorld().withServer({ name: 'host-01' }) });
  const kubeconfig = inject('kubeconfig');
  await scenario.applyServers('host-01');
  await scenario.apply(aRequest('retire', ['host-01']));
  await scenario.expectRequest('retire').toReach('AwaitingApproval');
  expect(await guard(kubeconfig, scenario.namespace)).toEqual({
    code: 0,
    output: 'No call is open in 1 UnsubscriptionRequests: nothing is lost.\n',
  });
  const effect = { kind: 'reset', when: 'before' } as const;
  await scenario.control.addFault({ operation: 'billing.unsubscribe', times: 1, effect });
  await scenario.approve('retire');
  await scenario.expectRequest('retire').toReach('OutcomeUnknown');
  expect(await guard(kubeconfig, scenario.namespace)).toEqual({
    code: 1,
    output: expect.stringContaining(`  ${scenario.namespace}/retire: call 1.1 for host-01 is Unknown\n`),
  });
  await scenario.expectRequest('retire').toReach('Complete', seconds(45));
  expect(await guard(kubeconfig, scenario.namespace)).toMatchObject({ code: 0 });
});

test('an installation whose requests cannot be listed is kept', async () => {
  expect(await guard(inject('kubeconfig'), 'Not_a_namespace')).toMatchObject({ code: 1 });
  expect(await guard('/nowhere/kubeconfig', 'default')).toMatchObject({ code: 1 });
});
