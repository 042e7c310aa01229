import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { drainFinalizer, placementFinalizer } from '../../../operator/api/names.ts';
import { aWorld } from '../../huaweicloud/seed.ts';
import { aRequest } from './manifests.ts';
import type { Version } from './observed-objects.ts';
import { openScenario, type Scenario } from './scenario.ts';

let scenario: Scenario;
beforeAll(async () => {
  const world = aWorld().withVault('vault-01').withServer({ name: 'host-01' }).withServer({ name: 'host-02' });
  for (const vm of ['web-01', 'web-02']) world.withVm({ name: vm }, 'host-01').withBackup(vm);
  // All that it can write is written, and the end of the scenario looks for secrets in it.
  scenario = await openScenario({ world, flags: { 'log-level': 'debug', 'leader-election': 'Lease' } });
});
afterAll(() => scenario.close());

describe('the main job', () => {
  test('a server with virtual machines is drained, approved, ordered once, and its refund read back', async () => {
    const { control, expectRequest, expectServer } = scenario;
    await scenario.applyServers('host-01', 'host-02');
    await scenario.apply(aRequest('retire', ['host-01']));
    await expectServer('host-01').toShow({ virtualMachines: { total: 2, byService: { ECS: 2 }, omitted: 0 } });
    const blocked = await expectRequest('retire').toBeBlockedBy({
      condition: 'DependentsDrained',
      reason: 'VirtualMachinesRemain',
      server: 'host-01',
      message: /^web-01 \(ECS\) is on the server\.$/,
      remedy: /^Delete web-01 in ECS, or migrate it\.$/,
    });
    expect(blocked.metadata.finalizers ?? [], 'nothing was intended yet').not.toContain(placementFinalizer);

    await control.deleteVm('web-01');
    await control.migrateVm('web-02', 'host-02');
    await expectRequest('retire').toReach('AwaitingApproval');
    await expectServer('host-01').toShow({
      virtualMachines: { total: 0 },
      departed: [
        { name: 'web-01', fate: 'Deleted', backup: { createdAt: expect.any(String) } },
        { name: 'web-02', fate: 'Migrated' },
      ],
    });
    expect(scenario.orders).toEqual([]);

    await scenario.approve('retire');
    const request = await expectRequest('retire').toReach('Complete');
    expect(scenario.orders).toMatchObject([
      {
        placedBy: 'api',
        resourceIds: ['dcc00000-0000-4000-8000-000000000001'],
        unsubscribeType: 1,
        reasonType: 5,
        reason: 'end of the project',
      },
    ]);
    const orderId = scenario.orders[0]?.orderId;
    const { refund, commission } = refundOf(orderId);
    expect(request.status.placements).toMatchObject([
      {
        id: '1.1',
        state: 'Accepted',
        result: 'Completed',
        orders: [{ orderId, state: 'Completed', refund, fee: commission }],
      },
    ]);
    expect(request.status.refund).toBe(`${refund} CNY`);
    await expectServer('host-01').toShow({
      subscription: { status: 'Closed' },
      unsubscription: { request: 'retire', orderId, state: 'Completed', refund: { amount: refund, currency: 'CNY' } },
    });
    await expectServer('host-01').toSay({ type: 'Ready', status: 'True', reason: 'Unsubscribed' });
  });

  test('kubectl wait sees the end, and kubectl get tells it in one line', async () => {
    await scenario.kubectl('wait', '--for=condition=Complete', '--timeout=5s', 'unsub/retire');
    const [header, line] = (await scenario.kubectl('get', 'unsub', 'retire')).split('\n');
    expect(header).toMatch(/^NAME +SERVERS +STATE +BLOCKERS +PLAN +APPROVED +REFUND +AGE/);
    expect(line).toMatch(/^retire +host-01 +Complete +0 +plan-[0-9a-f]{24} +True +\d+\.\d\d CNY/);
  });

  test('the events tell the story in order', async () => {
    const listed = await scenario.kubectl(
      'get',
      'events.events.k8s.io',
      '--field-selector=regarding.kind=UnsubscriptionRequest',
      '--sort-by=.eventTime',
      '-o=jsonpath={.items[*].reason}',
    );
    const told = listed.split(' ');
    expect(told).toContain('Planned');
    const story = ['Blocked', 'AwaitingApproval', 'OrderAccepted', 'OrderCompleted', 'Complete'];
    expect(told.filter((reason, index) => story.includes(reason) && told.indexOf(reason) === index)).toEqual(story);
  });

  test('the request was held before the intent was written, and is free when all is done', async () => {
    const versions = historyOf('UnsubscriptionRequest retire');
    const intended = versions.findIndex(({ object }) => JSON.stringify(object).includes('"Intended"'));
    expect(intended).toBeGreaterThan(0);
    expect(versions[intended]?.object.metadata.finalizers).toContain(placementFinalizer);
    await scenario.kubectl('delete', 'unsub', 'retire', '--timeout=10s');
    await scenario.expectRequest('retire').toBeGone();
  });

  test('a server was held before it was first reported, and the unsubscribed one goes when it is deleted', async () => {
    const reported = historyOf('DCCServer host-01').find(({ object }) => object['status'] !== undefined);
    expect(reported?.object.metadata.finalizers).toContain(drainFinalizer);
    await scenario.kubectl('delete', 'dccs', 'host-01', '--timeout=10s');
    await scenario.expectServer('host-01').toBeGone();
    expect(scenario.orders).toHaveLength(1);
  });
});

const historyOf = (key: string): readonly Version[] => scenario.objects.histories().get(key) ?? [];

/** What the simulated cloud paid back and kept for an order. */
function refundOf(orderId: string | undefined) {
  const order = scenario.cloud.world.orders.find((candidate) => candidate.orderId === orderId);
  const fees = order?.lineItems.map(({ commissionAmount }) => Number(commissionAmount)) ?? [];
  const commission = fees.reduce((total, fee) => total + fee, 0).toFixed(2);
  return { refund: order?.unsubscription?.refund, commission };
}
