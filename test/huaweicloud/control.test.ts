import { describe, expect, it } from 'vitest';
import { seeded } from './seed.ts';
import { aCloud, aTestWorld, serverId, vmId } from './test-cloud.ts';

const world = () =>
  aTestWorld().withServer({ name: 'host-01' }).withServer({ name: 'host-02' }).withVm({ name: 'web-01' }, 'host-01');

describe('the control of the simulated cloud', () => {
  it('makes a machine, of any service and with any id', async () => {
    const { control } = await aCloud(world());
    const made = await control.createVm({ name: 'db-01', server: 'host-02', id: vmId(7), service: 'RDS' });
    expect(made).toEqual({ id: vmId(7), name: 'db-01', serverId: serverId(2), status: 'ACTIVE' });
    expect((await control.world()).virtualMachines[1]).toMatchObject({ service: 'RDS', listedByEcs: false });
  });

  it('purges a machine from the recycle bin', async () => {
    const cloud = await aCloud(
      aTestWorld({}, { recycleBin: true }).withServer({ name: 'host-01' }).withVm({ name: 'web-01' }, 'host-01'),
    );
    await cloud.control.deleteVm('web-01');
    await expect(cloud.control.purgeVm('web-01')).rejects.toThrow('web-01 is not in the recycle bin');
    cloud.clock.advance(cloud.cloud.settings.vmDeletion);
    await cloud.control.purgeVm('web-01');
    expect((await cloud.control.world()).virtualMachines).toEqual([]);
  });

  it('expires and deletes backups, and freezes vaults', async () => {
    const { control } = await aCloud(world().withVault('vault-01').withBackup('web-01'));
    await control.expireBackup('web-01-backup');
    await control.freezeVault('vault-01');
    expect(await control.world()).toMatchObject({
      backups: [{ expiredAt: '2026-06-15T08:30:00.000Z' }],
      vaults: [{ billingStatus: 'frozen' }],
    });
    await control.deleteBackup('web-01-backup');
    await control.thawVault('vault-01');
    expect(await control.world()).toMatchObject({ backups: [], vaults: [{ billingStatus: 'available' }] });
  });

  it('disables an account, which can then only be looked at, and enables it again', async () => {
    const cloud = await aCloud(world());
    const pools = async () => (await cloud.get(`/v1/${seeded.projectId}/dcc/resource_clusters`)).status;
    const domains = async () => (await cloud.get('/v3/auth/domains')).body['domains'];
    expect(await cloud.control.enableAccount(false)).toEqual({ domainId: seeded.domainId, enabled: false });
    expect(await pools()).toBe(401);
    expect(await domains()).toMatchObject([{ enabled: false }]);
    await cloud.control.enableAccount(true, { account: seeded.domainId });
    expect(await pools()).toBe(200);
    expect(await domains()).toMatchObject([{ enabled: true }]);
  });

  it('renews a resource until a year from now, also one that had ended, and makes no order of it', async () => {
    const cloud = await aCloud(aTestWorld().withServer({ name: 'host-01' }, { daysAgo: 400 }));
    const { orders } = await cloud.control.world();
    const row = async () => (await cloud.post('/v2/orders/suscriptions/resources/query')).body['data'];
    expect(await row()).toMatchObject([{ status: 5, expire_time: '2026-05-11T08:30:00Z' }]);
    const renewed = { resourceId: serverId(1), expireTime: '2027-06-15T08:30:00.000Z' };
    expect(await cloud.control.renew('host-01')).toEqual(renewed);
    expect(await row()).toMatchObject([{ status: 2, expire_time: '2027-06-15T08:30:00Z' }]);
    expect((await cloud.control.world()).orders).toEqual(orders);
  });

  it('says which things there are when one is not found', async () => {
    const { control } = await aCloud(world());
    await expect(control.deleteVm('web-99')).rejects.toThrow(
      'vm: no virtual machine is called "web-99". Choose one of: web-01.',
    );
    await expect(control.migrateVm('web-01', 'host-99')).rejects.toMatchObject({ field: 'to' });
  });

  it('asks for an id when a name is not unique', async () => {
    const { control } = await aCloud(world().withVm({ name: 'web-01' }, 'host-02'));
    await expect(control.deleteVm('web-01')).rejects.toThrow(
      '2 virtual machines are called "web-01". Give the id instead.',
    );
    expect(await control.deleteVm(vmId(2))).toMatchObject({ id: vmId(2) });
  });

  it.each([
    ['a machine that is there already', 'vm/migrate', { vm: 'web-01', to: 'host-01' }, 'to', 'already on host-01'],
    ['an id that is taken', 'vm/create', { name: 'a', server: 'host-01', id: vmId(1) }, 'id', 'exists'],
    ['a misspelt field', 'vm/delete', { machine: 'web-01' }, 'vm', 'Invalid input'],
    ['an account that is half disabled', 'account/enable', { enabled: 'half' }, 'enabled', 'expected boolean'],
    ['an account that nobody knows', 'account/enable', { account: 'x', enabled: true }, 'account', 'no account'],
    ['a renewal of what was not bought', 'resource/renew', { resource: 'web-01' }, 'resource', 'no '],
    ['an amount that is no money', 'account/debt', { amount: '12' }, 'amount', 'two places'],
    [
      'an unknown operation',
      'fault/add',
      { operation: 'ecs.x', effect: { kind: 'throttled' } },
      'operation',
      'no operation',
    ],
    ['an unknown effect', 'fault/add', { operation: '*', effect: { kind: 'x' } }, 'effect.kind', 'Invalid'],
    [
      'a stale write',
      'fault/add',
      { operation: 'billing.unsubscribe', effect: { kind: 'stale' } },
      'operation',
      'no read',
    ],
    ['an unknown fault', 'fault/clear', { id: 'fault-9' }, 'id', 'no fault has the id'],
    ['an order that waits for nothing', 'refund/approve', { order: 'CS2603071630AAAAA' }, 'order', 'no order'],
    ['an unknown command', 'vm/explode', {}, 'command', 'unknown'],
  ])('refuses %s, with field, fault and next step', async (_, command, input, field, fault) => {
    const { cloud } = await aCloud(world());
    const response = await fetch(`${cloud.url}/_control/${command}`, { method: 'POST', body: JSON.stringify(input) });
    expect(response.status).toBe(400);
    expect(await response.json()).toEqual({
      error: { field, fault: expect.stringContaining(fault), nextStep: expect.stringMatching(/\.$/) },
    });
  });

  it('refuses what is no JSON and what is no POST', async () => {
    const { cloud } = await aCloud(world());
    const garbage = await fetch(`${cloud.url}/_control/ledger`, { method: 'POST', body: '{' });
    expect(await garbage.json()).toMatchObject({ error: { field: 'body' } });
    expect(await (await fetch(`${cloud.url}/_control/ledger`)).json()).toMatchObject({ error: { field: 'method' } });
  });
});
