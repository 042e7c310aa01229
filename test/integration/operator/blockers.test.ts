import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { DCCServerSpec } from '../../../operator/api/dccserver.ts';
import { aWorld } from '../../huaweicloud/seed.ts';
import { eventually } from './expectations.ts';
import { aRequest, type Changes } from './manifests.ts';
import { openScenario, type Scenario } from './scenario.ts';

let scenario: Scenario;
beforeAll(async () => {
  const hourOld = { createdAt: new Date(Date.now() - 3_600_000).toISOString() };
  const world = aWorld().withVault('vault-01');
  for (const host of ['drained', 'overdue', 'frozen', 'unbacked', 'stale', 'unrestorable', 'unapproved', 'binned']) {
    world.withServer({ name: host });
  }
  for (const account of ['of-debtor', 'of-frozen', 'of-refused', 'of-disabled']) world.withServer({ name: account });
  world.withVm({ name: 'web-01' }, 'drained').withBackup('web-01');
  world.withVm({ name: 'slow-01' }, 'overdue').withBackup('slow-01');
  world.withVm({ name: 'lost-01' }, 'unbacked');
  world.withVm({ name: 'old-01' }, 'stale').withBackup('old-01', hourOld);
  world.withVm({ name: 'sealed-01' }, 'unrestorable').withBackup('sealed-01', { restoreMode: 'na' });
  world.withVm({ name: 'bin-01' }, 'binned').withBackup('bin-01');
  scenario = await openScenario({ world, expectedRefusals: 1 });
});
afterAll(() => scenario.close());

/** What a test ordered, besides what others did. */
const ordersFor = (server: string) =>
  scenario.orders.filter(({ resourceIds }) => resourceIds.includes(resourceIdOf(server)));
const resourceIdOf = (server: string) =>
  scenario.cloud.world.servers.find(({ name }) => name === server)?.resourceId ?? '';

/** Applies a server and a request for it. */
async function requestFor(server: string, changes: Changes<DCCServerSpec> = {}) {
  await scenario.apply(scenario.server(server, changes), aRequest(`retire-${server}`, [server]));
  return scenario.expectRequest(`retire-${server}`);
}

/** The same, approved at once, so that only what the test is about keeps it back. */
async function approvedRequestFor(server: string, changes?: Changes<DCCServerSpec>) {
  const request = await requestFor(server, changes);
  await scenario.approve(`retire-${server}`);
  return request;
}

describe('nothing is ordered, although it is approved, while', () => {
  test('a virtual machine remains; when it is gone the order is placed', async () => {
    const request = await approvedRequestFor('drained');
    await request.toBeBlockedBy({
      condition: 'DependentsDrained',
      reason: 'VirtualMachinesRemain',
      message: /web-01/,
      remedy: /Delete web-01 in ECS, or migrate it/,
    });
    await request.toBeBlockedOnlyBy('VirtualMachinesRemain');
    expect(ordersFor('drained')).toEqual([]);
    await scenario.control.deleteVm('web-01');
    await request.toReach('Complete');
    expect(ordersFor('drained')).toHaveLength(1);
  });

  test('it remains for longer than the request allows: that is said aloud, and changes nothing else', async () => {
    const overdue = aRequest('retire-overdue', ['overdue'], { drainTimeout: '2s' });
    await scenario.apply(scenario.server('overdue'), overdue);
    await scenario.approve('retire-overdue');
    await eventually(() =>
      expect(scenario.objects.request('retire-overdue')?.status.conditions).toContainEqual(
        expect.objectContaining({
          type: 'DrainOverdue',
          status: 'True',
          message: 'Virtual machines remain for longer than 2s. Nothing is ordered before they are gone.',
        }),
      ),
    );
    await scenario.expectRequest('retire-overdue').toBeBlockedOnlyBy('VirtualMachinesRemain');
    expect(ordersFor('overdue')).toEqual([]);
    await scenario.control.deleteVm('slow-01');
    const { status } = await scenario.expectRequest('retire-overdue').toReach('Complete');
    expect(status.conditions?.map(({ type }) => type)).not.toContain('DrainOverdue');
  });

  test('a deleted machine lies in the recycle bin', async () => {
    const [project] = scenario.cloud.world.projects;
    if (project !== undefined) project.recycleBin = true;
    const request = await approvedRequestFor('binned');
    await scenario.control.deleteVm('bin-01');
    await request.toBeBlockedBy({
      condition: 'DependentsDrained',
      reason: 'RecycleBinNotEmpty',
      message: /bin-01 is in the ECS recycle bin/,
      remedy: /Delete bin-01 from the recycle bin/,
    });
    expect(ordersFor('binned')).toEqual([]);
    if (project !== undefined) project.recycleBin = false;
    await scenario.control.purgeVm('bin-01');
    await request.toReach('Complete');
  });

  test('the server is frozen; when it is thawed the order is placed', async () => {
    await scenario.control.freezeServer('frozen');
    const request = await approvedRequestFor('frozen');
    await request.toBeBlockedBy({
      condition: 'ServersActive',
      reason: 'ServerFrozen',
      message: /is frozen/,
      remedy: /Settle what froze it/,
    });
    await request.toBeBlockedOnlyBy('ServerFrozen');
    expect(ordersFor('frozen')).toEqual([]);
    await scenario.control.thawServer('frozen');
    await request.toReach('Complete');
    expect(ordersFor('frozen')).toHaveLength(1);
  });

  describe('a machine that was deleted', () => {
    test('had no backup, until a person says that its data may go and the plan with that is approved', async () => {
      const request = await approvedRequestFor('unbacked');
      const missing = { condition: 'DataProtected', reason: 'BackupMissing' } as const;
      await request.toBeBlockedBy({ ...missing, message: /still on the server/, remedy: /Back lost-01 up in CBR/ });
      await scenario.control.deleteVm('lost-01');
      await request.toBeBlockedBy({
        ...missing,
        message: /lost-01 was deleted without/,
        remedy: /lost for good.*exclude/,
      });
      await request.toBeBlockedOnlyBy('BackupMissing');
      expect(ordersFor('unbacked')).toEqual([]);
      const [machine] = (await scenario.expectServer('unbacked').toShow({})).status.departed ?? [];
      const exclude = [{ id: machine?.id, service: 'ECS', reason: 'scratch data only' }];
      await scenario.patch('dccs', 'unbacked', { spec: { virtualMachines: { exclude } } });
      await request.toBeBlockedOnlyBy('ApprovedPlanDiffers');
      await scenario.approve('retire-unbacked');
      await request.toReach('Complete');
    });

    test('had a backup that was too old', async () => {
      const request = await approvedRequestFor('stale', { backup: { requirement: 'Required', maxAge: '10m' } });
      await scenario.control.deleteVm('old-01');
      await request.toBeBlockedBy({
        condition: 'DataProtected',
        reason: 'BackupTooOld',
        message: /old-01 was deleted with a backup older than spec\.backup\.maxAge/,
        remedy: /exclude|Waived/,
      });
      expect(ordersFor('stale')).toEqual([]);
      await scenario.patch('dccs', 'stale', { spec: { backup: { requirement: 'Waived' } } });
      await request.toBeBlockedOnlyBy('ApprovedPlanDiffers');
      await scenario.approve('retire-stale');
      await request.toReach('Complete');
    });

    test('had a backup that cannot be restored', async () => {
      const request = await approvedRequestFor('unrestorable');
      await scenario.control.deleteVm('sealed-01');
      await request.toBeBlockedBy({
        condition: 'DataProtected',
        reason: 'BackupNotRestorable',
        message: /sealed-01 was deleted with a backup that cannot be restored/,
        remedy: /exclude|Waived/,
      });
      await request.toBeBlockedOnlyBy('BackupNotRestorable');
      expect(ordersFor('unrestorable')).toEqual([]);
    });
  });
});

describe('approval', () => {
  test('is waited for, must be of the plan as it stands, and may be given later', async () => {
    await scenario.apply(scenario.server('unapproved'), aRequest('retire-unapproved', ['unapproved']));
    const request = scenario.expectRequest('retire-unapproved');
    const { status } = await request.toBeBlockedBy({
      condition: 'Approved',
      reason: 'AwaitingApproval',
      message: /Nobody has approved plan-[0-9a-f]{24}/,
      remedy: /set spec\.approvedPlan to plan-[0-9a-f]{24}/,
    });
    await request.toReach('AwaitingApproval');

    const another = `plan-${'0'.repeat(24)}`;
    await scenario.patch('unsub', 'retire-unapproved', { spec: { approvedPlan: another } });
    await request.toBeBlockedBy({
      condition: 'Approved',
      reason: 'ApprovedPlanDiffers',
      message: new RegExp(`${another} is not the plan as it stands now, ${status.plan?.id}`),
      remedy: /approve it anew/,
    });
    expect(ordersFor('unapproved')).toEqual([]);
    await scenario.approve('retire-unapproved');
    await request.toReach('Complete');
  });
});

describe('the account, whose state blocks every server', () => {
  test('is in arrears; when they are paid the order is placed', async () => {
    await scenario.control.setDebt('120.00');
    const request = await approvedRequestFor('of-debtor');
    await request.toBeBlockedBy({
      condition: 'AccountActive',
      reason: 'AccountInArrears',
      message: /in arrears/,
      remedy: /Top the account up/,
    });
    await request.toBeBlockedOnlyBy('AccountInArrears');
    expect(ordersFor('of-debtor')).toEqual([]);
    await scenario.control.setDebt('0.00');
    await request.toReach('Complete');
  });

  test('is frozen together with its resources; when it is thawed the order is placed', async () => {
    await scenario.control.freezeAccount({ scope: 'accountAndResources' });
    const request = await approvedRequestFor('of-frozen');
    await request.toBeBlockedBy({ condition: 'ServersActive', reason: 'ServerFrozen' });
    expect(ordersFor('of-frozen')).toEqual([]);
    await scenario.control.thawAccount();
    await request.toReach('Complete');
  });

  test('is frozen in a way that only the refusal of an order shows: the request fails and says so', async () => {
    await scenario.control.freezeAccount({ scope: 'account' });
    const request = await approvedRequestFor('of-refused');
    const { status } = await request.toReach('Failed');
    await scenario.control.thawAccount();
    expect(status.placements).toMatchObject([{ state: 'Rejected', code: 'CBC.30000052' }]);
    expect(status.conditions).toContainEqual(
      expect.objectContaining({
        type: 'Failed',
        message: expect.stringMatching(/frozen.*Unfreeze the resource or the account/),
      }),
    );
    expect(ordersFor('of-refused')).toEqual([]);
  });

  test('is disabled; when it is enabled the order is placed', async () => {
    const [account] = scenario.cloud.world.accounts;
    if (account === undefined) expect.fail('the world has no account');
    account.enabled = false;
    const request = await requestFor('of-disabled');
    await request.toBeBlockedBy({
      condition: 'AccountActive',
      reason: 'AccountFrozen',
      message: /it is disabled/,
      remedy: /account manager or service desk/,
    });
    expect(ordersFor('of-disabled')).toEqual([]);
    account.enabled = true;
    await scenario.approve('retire-of-disabled');
    await request.toReach('Complete');
  });
});
