import { Big } from 'big.js';
import { describe, expect, onTestFinished, test } from 'vitest';
import { milliseconds, seconds } from '../../../operator/clock.ts';
import { type AccountOptions, type HuaweiAccount, openAccount } from '../../../operator/huaweicloud/account.ts';
import { sendUnsubscription, signUnsubscription } from '../../../operator/huaweicloud/billing-unsubscribe.ts';
import { staticCredentials } from '../../../operator/huaweicloud/credentials.ts';
import { type Service, services } from '../../../operator/huaweicloud/endpoints.ts';
import { openTransport } from '../../../operator/huaweicloud/transport.ts';
import type { UnsubscriptionOutcome } from '../../../operator/huaweicloud/unsubscription-outcome.ts';
import { controlClient } from '../../huaweicloud/control-client.ts';
import { aWorld, seeded, type WorldBuilder } from '../../huaweicloud/seed.ts';
import { startHuaweiCloud } from '../../huaweicloud/server.ts';
import type { Settings } from '../../huaweicloud/settings.ts';

const host = 'dcc00000-0000-4000-8000-000000000001';
const zone = seeded.availabilityZone;

/** A simulated cloud, its controls, and our own clients pointed at it; all of it ends with the test. */
async function aCloud(world: WorldBuilder, settings: Partial<Settings> = {}, options: Partial<AccountOptions> = {}) {
  const cloud = await startHuaweiCloud({ world: world.build(), settings });
  const transport = openTransport();
  onTestFinished(async () => {
    transport.close();
    await cloud.stop();
  });
  const account = openAccount({
    credentials: staticCredentials({ HUAWEICLOUD_SDK_AK: seeded.accessKey, HUAWEICLOUD_SDK_SK: seeded.secretKey })
      .provider,
    region: seeded.region,
    site: 'china',
    endpoints: Object.fromEntries(services.map((service) => [service, cloud.url])) as Record<Service, string>,
    transport,
    random: () => 0,
    deadlines: { attempt: seconds(3), call: seconds(10) },
    ...options,
  });
  return { account, control: controlClient(cloud.url), cloud };
}

const oneServer = () => aWorld().withServer({ name: 'dcc-host-01' });
const order = { resourceIds: [host], scope: 1, reasonType: 5, reasonText: 'decommission' } as const;

/** Learns the billing centre's time, signs and sends. */
async function place(account: HuaweiAccount, deadline = seconds(2)): Promise<UnsubscriptionOutcome> {
  await account.billing.balances();
  return await sendUnsubscription(await signUnsubscription(account.orderChannel, order), { deadline });
}

describe('identity', () => {
  test('project and domain are found from the credentials', async () => {
    const { account } = await aCloud(oneServer());
    expect(await account.projectId()).toBe(seeded.projectId);
    expect(await account.domainId()).toBe(seeded.domainId);
    expect(await account.iam.domain()).toEqual({ id: seeded.domainId, enabled: true });
  });

  test('a wrong secret is refused as Credentials, and tried once', async () => {
    const { account, control } = await aCloud(
      oneServer(),
      {},
      {
        credentials: staticCredentials({ HUAWEICLOUD_SDK_AK: seeded.accessKey, HUAWEICLOUD_SDK_SK: 'wrong' }).provider,
      },
    );
    await expect(account.iam.domain()).rejects.toMatchObject({ class: 'Credentials', httpStatus: 401 });
    expect(await control.calls()).toMatchObject({ 'iam.listDomains': { 401: 1 } });
  });

  test('the probe passes on the own site and fails on another', async () => {
    const own = await aCloud(oneServer());
    await own.account.billing.probeSite();
    const other = await aCloud(oneServer(), { servedSite: 'international' });
    await expect(other.account.billing.probeSite()).rejects.toMatchObject({ class: 'WrongSite' });
  });
});

describe('inventory', () => {
  test('a server with a secondary is read as a primary and its secondary', async () => {
    const { account, control } = await aCloud(oneServer().withSecondary('disk-01', 'dcc-host-01'));
    const rows = await account.billing.subscriptionsOf([host]);
    expect(rows.map(({ isPrimary, status, parentResourceId }) => [isPrimary, status, parentResourceId])).toEqual(
      expect.arrayContaining([
        [true, 'InUse', undefined],
        [false, 'InUse', host],
      ]),
    );
    expect(rows).toHaveLength(2);
    expect(await account.billing.frozenResources()).toBe(0);
    await control.freezeServer('dcc-host-01');
    expect(await account.billing.subscriptionsOf([host])).toContainEqual(expect.objectContaining({ status: 'Frozen' }));
    expect(await account.billing.frozenResources()).toBeGreaterThan(0);
  });

  test('arrears are read', async () => {
    const { account, control } = await aCloud(oneServer());
    expect((await account.billing.balances()).debt.toString()).toBe('0');
    await control.setDebt('120.50');
    const { debt, currency } = await account.billing.balances();
    expect([debt.toFixed(2), currency]).toEqual(['120.50', 'CNY']);
  });

  test('the pool counts hosts and instances', async () => {
    const { account } = await aCloud(oneServer().withServer({ name: 'b' }).withVm({ name: 'vm' }, 'b'));
    expect(await account.dcc.resourceClusters()).toMatchObject([
      { availabilityZone: zone, hostTotal: 2, instanceTotal: 1 },
    ]);
  });

  test('a virtual machine comes with its host, and is found in the recycle bin after its deletion', async () => {
    const world = aWorld(new Date(), {}, { recycleBin: true }).withServer({ name: 'a' }).withVm({ name: 'vm' }, 'a');
    const { account, control } = await aCloud(world, { vmDeletion: milliseconds(0) });
    const [machine] = await account.ecs.servers(zone);
    expect(machine).toMatchObject({
      name: 'vm',
      status: 'ACTIVE',
      availabilityZone: zone,
      hypervisorHostname: 'nova001@101',
      chargingMode: 'PayPerUse',
      inRecycleBin: false,
    });
    expect(machine?.hostId).toMatch(/^01fc3c/);
    expect(machine?.created).toBeInstanceOf(Date);
    expect(await account.ecs.recycleBin()).toEqual([]);
    await control.deleteVm('vm');
    expect(await account.ecs.servers(zone)).toEqual([]);
    expect(await account.ecs.recycleBin()).toMatchObject([{ id: machine?.id, availabilityZone: zone }]);
  });

  test('1,234 machines come whole from both lists, and zones are told apart', async () => {
    const world = oneServer().withServer({ name: 'elsewhere', availabilityZone: 'cn-north-4b' });
    for (let n = 0; n < 1_234; n += 1) world.withVm({ name: `vm-${n}` }, n === 0 ? 'elsewhere' : 'dcc-host-01');
    const { account, control } = await aCloud(world);
    expect(await account.ecs.servers(zone)).toHaveLength(1_233);
    expect(await account.ecs.servers()).toHaveLength(1_234);
    // 13 pages and an empty one by marker, for each of two lists; two pages by number, twice.
    expect(await control.calls()).toMatchObject({
      'ecs.listServers': { 200: 28 },
      'ecs.listServersDetails': { 200: 4 },
    });
  });

  test('a page that is missing makes the list unreadable, never shorter', async () => {
    const world = oneServer();
    for (let n = 0; n < 1_100; n += 1) world.withVm({ name: `vm-${n}` }, 'dcc-host-01');
    const { account, control } = await aCloud(world);
    await control.addFault({ operation: 'ecs.listServersDetails', skip: 1, effect: { kind: 'missingPage' } });
    await expect(account.ecs.servers()).rejects.toMatchObject({ class: 'Unparsable' });
  });

  test('a dedicated host shows its machines, and is gone after its end', async () => {
    const { account } = await aCloud(
      aWorld().withServer({ name: 'deh', hostType: 'DeH' }).withVm({ name: 'vm' }, 'deh'),
    );
    const state = await account.deh.dedicatedHost(host);
    expect(state).toMatchObject({ kind: 'Present', host: { id: host, state: 'available', instanceTotal: 1 } });
    expect(await account.deh.serversOf(host)).toMatchObject([{ name: 'vm', status: 'ACTIVE' }]);
    expect((await account.ecs.servers()).map((machine) => machine.dedicatedHostId)).toEqual([host]);
    expect(await account.deh.dedicatedHost('5e296a59-7128-403e-a9c6-50bb82f67525')).toEqual({ kind: 'Gone' });
  });

  test('CCE nodes are tied to their machines', async () => {
    const { account } = await aCloud(oneServer().withCceNode('node', 'dcc-host-01'));
    const [cluster] = await account.cce.clusters();
    const nodes = await account.cce.nodes(cluster?.uid ?? '');
    const [machine] = await account.ecs.servers();
    expect(nodes).toMatchObject([{ name: 'node', serverId: machine?.id, phase: 'Active', availabilityZone: zone }]);
    expect(machine?.tags['CCE-Cluster-ID']).toBe(cluster?.uid);
  });

  test.each(['page', 'record'] as const)(
    'MRS clusters of all named enterprise projects and their nodes (offset counts a %s)',
    async (mrsNodeOffset) => {
      const world = oneServer().withMrsNode('one', 'dcc-host-01').withMrsNode('two', 'dcc-host-01', 'ep-2');
      const { account } = await aCloud(world, { mrsNodeOffset });
      expect(await account.mrs.clusters(['0'])).toHaveLength(1);
      const clusters = await account.mrs.clusters(['0', 'ep-2']);
      expect(clusters.map((cluster) => cluster.enterpriseProjectId)).toEqual(['0', 'ep-2']);
      const nodes = await account.mrs.nodes(clusters[1]?.id ?? '');
      expect(nodes).toMatchObject([{ serverType: 'ECS', serverId: expect.stringMatching(/^ec50/) }]);
    },
  );

  test('RDS instances tell only their zones; their machine stays hidden', async () => {
    const { account } = await aCloud(oneServer().withRdsInstance('db', 'dcc-host-01'));
    expect(await account.rds.instances()).toMatchObject([{ name: 'db', status: 'ACTIVE', availabilityZones: [zone] }]);
    expect(await account.ecs.servers()).toEqual([]);
    expect(await account.dcc.resourceClusters()).toMatchObject([{ instanceTotal: 1 }]);
  });

  test('backups, their vault and their checkpoint are read, also after the machine is gone', async () => {
    const world = oneServer().withVm({ name: 'vm' }, 'dcc-host-01').withVault('vault-01').withBackup('vm');
    const { account, control } = await aCloud(world);
    const id = (await account.ecs.servers())[0]?.id ?? '';
    await control.deleteVm('vm', { immediately: true });
    const [backup, ...others] = await account.cbr.backupsOf(id);
    expect(others).toEqual([]);
    expect(backup).toMatchObject({ resourceId: id, status: 'available', restoreMode: 'backup', imageType: 'backup' });
    expect(Math.abs(Date.now() - 3_600_000 - (backup?.createdAt.getTime() ?? 0))).toBeLessThan(60_000);
    const [vault] = await account.cbr.vaults();
    expect(vault).toMatchObject({ id: backup?.vaultId, status: 'available', resourceIds: [id] });
    expect(await account.cbr.checkpoint(backup?.checkpointId ?? '')).toMatchObject({
      status: 'available',
      skippedResources: [],
    });
    await control.freezeVault('vault-01');
    expect(await account.cbr.vaults()).toMatchObject([{ status: 'frozen' }]);
  });
});

describe('placement', () => {
  const fast = { orderProcessing: milliseconds(0) };

  test('an order is accepted, followed to its end, and its refund read to the last fen', async () => {
    const { account, control } = await aCloud(oneServer(), fast);
    const before = new Date(Date.now() - 60_000);
    const outcome = await place(account);
    if (outcome.kind !== 'Accepted') throw new Error(`expected an acceptance, got ${JSON.stringify(outcome)}`);
    const [orderId = ''] = outcome.orderIds;
    expect((await account.billing.unsubscriptionOrdersSince(before)).map((one) => one.orderId)).toEqual([orderId]);
    const details = await account.billing.orderDetails(orderId);
    expect(details).toMatchObject({ orderId, type: 'Unsubscription', status: 'Completed', currency: 'CNY' });
    const refund = await account.billing.refundOf(details);
    const refunded = refund.filter((row) => row.amount.lt(0)).reduce((sum, row) => sum.minus(row.amount), new Big(0));
    expect(refunded.gt(0)).toBe(true);
    const paid = refunded.plus(details.amounts.consumed ?? 0).plus(details.amounts.commission ?? 0);
    expect(paid.toFixed(2)).toBe('36000.00');
    const bill = await account.billing.feeRecords({ cycle: cycleOf(new Date()), billType: 4, resourceId: host });
    expect(bill.map((record) => record.orderId)).toContain(orderId);
    const rows = await account.billing.subscriptionsOf([host]);
    expect(rows.filter((row) => row.status === 'InUse')).toEqual([]);
    expect((await control.ledger()).accepted).toHaveLength(1);
  });

  test('a running order shows as pending, and the refusal of a second one because of it is not certain', async () => {
    const { account } = await aCloud(oneServer(), { orderProcessing: seconds(60) });
    const first = await place(account);
    expect(first.kind).toBe('Accepted');
    expect(await account.billing.pendingOrders()).toMatchObject([{ status: 'Processing', type: 'Unsubscription' }]);
    const second = await place(account);
    expect(second).toMatchObject({ kind: 'Unknown', message: expect.stringContaining('CBC.99003651') });
  });

  test('a finished one is refused as gone', async () => {
    const { account } = await aCloud(oneServer(), fast);
    await place(account);
    expect(await place(account)).toMatchObject({ kind: 'Rejected', class: 'Gone' });
  });

  test.each([
    ['a frozen server', 'FrozenResource', async ({ control }: Cloud) => control.freezeServer('dcc-host-01')],
    ['an unpaid order', 'UnpaidOrder', async ({ control }: Cloud) => control.createUnpaidOrder('dcc-host-01')],
    [
      'throttling',
      'Throttled',
      async ({ control }: Cloud) =>
        control.addFault({ operation: 'billing.unsubscribe', effect: { kind: 'throttled' } }),
    ],
  ])('%s is a certain refusal', async (_, errorClass, prepare) => {
    const cloud = await aCloud(oneServer());
    await prepare(cloud);
    expect(await place(cloud.account)).toMatchObject({ kind: 'Rejected', class: errorClass });
    expect((await cloud.control.ledger()).accepted).toEqual([]);
  });

  test('another transaction is none: it may be the order of this very call', async () => {
    const cloud = await aCloud(oneServer());
    await cloud.control.startTransaction('dcc-host-01');
    expect(await place(cloud.account)).toMatchObject({ kind: 'Unknown' });
  });

  test.each([
    ['a reset after the effect', { kind: 'reset', when: 'after' }, 1],
    ['a reset before the effect', { kind: 'reset', when: 'before' }, 0],
    ['a 5xx after the effect', { kind: 'serverError', when: 'after' }, 1],
    ['a lost answer', { kind: 'lostAnswer' }, 1],
    ['a malformed answer', { kind: 'malformed' }, 1],
    ['a truncated answer', { kind: 'truncated' }, 1],
  ] as const)('%s is Unknown, was sent once, and reading back tells the truth', async (_, effect, orders) => {
    const { account, control } = await aCloud(oneServer());
    await control.addFault({ operation: 'billing.unsubscribe', effect });
    const before = new Date(Date.now() - 60_000);
    expect((await place(account, milliseconds(500))).kind).toBe('Unknown');
    const calls = Object.values((await control.calls())['billing.unsubscribe'] ?? {});
    expect(calls).toEqual([1]);
    expect(await account.billing.unsubscriptionOrdersSince(before)).toHaveLength(orders);
    expect((await control.ledger()).accepted).toHaveLength(orders);
  });
});

describe('trouble', () => {
  test.each([
    ['throttling', { kind: 'throttled' }],
    ['a reset', { kind: 'reset', when: 'before' }],
    ['a 5xx', { kind: 'serverError', when: 'before', status: 503 }],
    ['a truncated answer', { kind: 'truncated' }],
  ] as const)('reads outlast %s', async (_, effect) => {
    const { account, control } = await aCloud(oneServer());
    await account.projectId();
    await control.addFault({ operation: 'dcc.showResourceClusters', times: 1, effect });
    expect(await account.dcc.resourceClusters()).toHaveLength(1);
  });

  test('an error inside status 200, or no JSON, is an error', async () => {
    const { account, control } = await aCloud(oneServer());
    await control.addFault({
      operation: 'billing.listOrders',
      times: 3,
      effect: { kind: 'errorInsideSuccess', code: 'CBC.3002' },
    });
    await expect(account.billing.pendingOrders()).rejects.toMatchObject({ code: 'CBC.3002', httpStatus: 200 });
    await control.addFault({ operation: 'rds.listInstances', times: 1, effect: { kind: 'malformed' } });
    await expect(account.rds.instances()).rejects.toMatchObject({ class: 'Unparsable' });
  });
});

type Cloud = Awaited<ReturnType<typeof aCloud>>;

/** Month of the bill, in UTC+8 as the billing centre counts. */
const cycleOf = (at: Date): string => new Date(at.getTime() + 8 * 3_600_000).toISOString().slice(0, 7);
