import { expect, test } from 'vitest';
import { seconds } from '../../../operator/clock.ts';
import { aWorld } from '../../huaweicloud/seed.ts';
import { eventually } from './expectations.ts';
import { aRequest } from './manifests.ts';
import { openScenario } from './scenario.ts';

test('a machine that appears while the order is on its way, which no client can exclude, is shouted out at once', async () => {
  await using scenario = await openScenario({
    world: aWorld().withServer({ name: 'host-01' }),
    settings: { orderProcessing: seconds(5) },
    expectedLosses: ['late-01'],
    mayLogErrors: true,
  });
  await scenario.applyServers('host-01');
  await scenario.apply(aRequest('retire', ['host-01']));
  await scenario.expectRequest('retire').toReach('AwaitingApproval');
  const effect = { kind: 'delay', milliseconds: 1_000 } as const;
  await scenario.control.addFault({ operation: 'billing.unsubscribe', times: 1, effect });
  await scenario.approve('retire');
  await eventually(() => expect(scenario.cloud.faults.list()).toEqual([]));
  await scenario.control.createVm({ name: 'late-01', server: 'host-01' });
  await eventually(async () =>
    expect(await scenario.kubectl('get', 'events.events.k8s.io', '-o', 'jsonpath={.items[*].note}')).toContain(
      'late-01 appeared on host-01 while it was being unsubscribed. Call the support of Huawei Cloud at once.',
    ),
  );
  expect(scenario.operators.log.join('\n')).toContain(
    'a virtual machine appeared while its server was being unsubscribed',
  );
  await scenario.expectRequest('retire').toReach('Complete');
});
