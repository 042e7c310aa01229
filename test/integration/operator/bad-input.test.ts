import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { aWorld } from '../../huaweicloud/seed.ts';
import { aRequest } from './manifests.ts';
import { openScenario, type Scenario } from './scenario.ts';

let scenario: Scenario;
beforeAll(async () => {
  const world = aWorld();
  for (const host of ['late', 'leaving', 'lost', 'moved', 'unknown']) {
    world.withServer({ name: host });
  }
  world.withVault('vault-01').withVm({ name: 'web-01' }, 'leaving').withBackup('web-01');
  scenario = await openScenario({ world });
});
afterAll(() => scenario.close());

const approvedRequest = async (name: string, servers: string[]) => {
  await scenario.apply(aRequest(name, servers, { approvedPlan: `plan-${'0'.repeat(24)}` }));
  return scenario.expectRequest(name);
};

describe('a request', () => {
  test('for a server that does not exist waits for it, and says so', async () => {
    const request = await approvedRequest('retire-late', ['late']);
    await request.toBeBlockedBy({
      condition: 'ServersResolved',
      reason: 'ServerNotFound',
      server: 'late',
      message: /There is no DCCServer late in this namespace/,
      remedy: /Apply a DCCServer named late, or delete this request/,
    });
    await scenario.applyServers('late');
    await request.toBeBlockedOnlyBy('ApprovedPlanDiffers');
    await scenario.approve('retire-late');
    await request.toReach('Complete');
  });

  test('for a server that is being deleted never orders', async () => {
    await scenario.applyServers('leaving');
    await scenario.expectServer('leaving').toShow({ virtualMachines: { total: 1 } });
    await scenario.kubectl('delete', 'dccs', 'leaving', '--wait=false');
    const request = await approvedRequest('retire-leaving', ['leaving']);
    await scenario.approve('retire-leaving');
    await request.toBeBlockedBy({
      condition: 'ServersResolved',
      reason: 'ServerDeleting',
      message: /leaving is being deleted/,
      remedy: /Let the deletion finish/,
    });
    await scenario.control.deleteVm('web-01');
    await scenario.expectServer('leaving').toBeGone();
    await request.toBeBlockedBy({ condition: 'ServersResolved', reason: 'ServerNotFound' });
    expect(ordersOf('leaving')).toEqual([]);
  });
});

describe('a server', () => {
  test('that the billing centre does not know is told as such', async () => {
    await scenario.apply(scenario.server('lost', { resourceId: 'no-such-resource' }));
    const request = await approvedRequest('retire-lost', ['lost']);
    await request.toBeBlockedBy({
      condition: 'ServersActive',
      reason: 'NotYearlyMonthly',
      message: /no yearly\/monthly resource no-such-resource/,
      remedy: /Compare spec\.resourceId and the account of the credentials/,
    });
  });

  test('in a region of the right form that does not exist is told which ones do', async () => {
    await scenario.apply(scenario.server('unknown', { region: 'cn-nowhere-1' }));
    const request = await approvedRequest('retire-unknown', ['unknown']);
    await request.toBeBlockedBy({
      condition: 'AccountActive',
      reason: 'CannotRead',
      message: /Huawei Cloud has no region cn-nowhere-1.*cn-north-4/,
      remedy: /Create a DCCServer with the right region/,
    });
    await scenario.expectServer('unknown').toSay({ type: 'Ready', status: 'False', reason: 'CannotRead' });
  });

  test('in another region than the billing centre says is not looked for in the wrong place', async () => {
    await scenario.apply(scenario.server('moved', { region: 'cn-south-1' }));
    const request = await approvedRequest('retire-moved', ['moved']);
    await request.toBeBlockedBy({
      condition: 'ServersActive',
      reason: 'RegionMismatch',
      message: /in region cn-north-4, not where spec says/,
      remedy: /Create a DCCServer with the right region and projectId/,
    });
  });
});

const ordersOf = (host: string) => {
  const id = scenario.cloud.world.servers.find(({ name }) => name === host)?.resourceId ?? '';
  return scenario.orders.filter(({ resourceIds }) => resourceIds.includes(id));
};
