import { expect, test } from 'vitest';
import type { HuaweiAccount } from '../../../../operator/huaweicloud/account.ts';
import type { Fields } from '../../../huaweicloud/official-python/client.ts';
import { accessKey, domainId, projectId, recordedCloud, type SeenRequest, secretKey } from '../recorded-cloud.ts';
import { officialClients } from './clients.ts';

const clients = officialClients();

const id = '8f8e2c4e-0f0c-4a3f-9b7e-2f0f4b0c1d2e';
const since = new Date('2026-01-02T03:04:05.678Z');
const expect_fields = ['tenancy', 'dedicated_host_id', 'metadata', 'tags', 'market_info', 'enterprise_project_id'];
const backups = {
  resource_type: 'OS::Nova::Server',
  status: 'available',
  sort: 'created_at:desc',
  enterprise_project_id: 'all_granted_eps',
};

/** Each read of ours, and the same one as the official client is asked for it, in its own words. */
const reads: [string, Fields, (account: HuaweiAccount) => Promise<unknown>][] = [
  ['iam.KeystoneListProjects', { name: 'cn-north-4' }, ({ iam }) => iam.projectOfRegion('cn-north-4')],
  ['iam.KeystoneListAuthDomains', {}, ({ iam }) => iam.domain()],
  ['billing.ListServiceTypes', { limit: 1 }, ({ billing }) => billing.probeSite()],
  [
    'billing.ListPayPerUseCustomerResources',
    { resource_ids: [id], only_main_resource: 0, offset: 0, limit: 100 },
    ({ billing }) => billing.subscriptionsOf([id]),
  ],
  [
    'billing.ListPayPerUseCustomerResources',
    { status_list: [4], only_main_resource: 0, offset: 0, limit: 1 },
    ({ billing }) => billing.frozenResources(),
  ],
  ['billing.ShowCustomerAccountBalances', {}, ({ billing }) => billing.balances()],
  [
    'billing.ListCustomerOrders',
    { order_type: '4', create_time_begin: '2026-01-02T03:04:05Z', order_by: '-createTime', offset: 0, limit: 100 },
    ({ billing }) => billing.unsubscriptionOrdersSince(since),
  ],
  [
    'billing.ListCustomerOrders',
    { status: 1, order_by: '-createTime', offset: 0, limit: 100 },
    ({ billing }) => billing.pendingOrders(),
  ],
  [
    'billing.ShowCustomerOrderDetails',
    { order_id: 'CS2601020304ABCDE', offset: 0, limit: 100 },
    ({ billing }) => billing.orderDetails('CS2601020304ABCDE'),
  ],
  [
    'billing.ListCustomerselfResourceRecords',
    { cycle: '2026-01', bill_type: 4, resource_id: id, offset: 0, limit: 100 },
    ({ billing }) => billing.feeRecords({ cycle: '2026-01', billType: 4, resourceId: id }),
  ],
  [
    'billing.ListCustomerselfResourceRecords',
    { cycle: '2026-01', bill_type: 4, trade_id: 'CS2601020304ABCDE', offset: 0, limit: 100 },
    ({ billing }) => billing.feeRecords({ cycle: '2026-01', billType: 4, orderId: 'CS2601020304ABCDE' }),
  ],
  [
    'billing.ShowRefundOrderDetails',
    { order_id: 'CS2601020304ABCDE' },
    ({ billing }) => billing.refundOf({ orderId: 'CS2601020304ABCDE', currency: 'CNY' }),
  ],
  ['dcc.ShowResourceClusters', { service_type: 'ecs' }, ({ dcc }) => dcc.resourceClusters()],
  ['deh.ShowDedicatedHost', { dedicated_host_id: id }, ({ deh }) => deh.dedicatedHost(id)],
  ['deh.ListServersDedicatedHost', { dedicated_host_id: id, limit: 100 }, ({ deh }) => deh.serversOf(id)],
  [
    'ecs.ListCloudServers',
    { enterprise_project_id: 'all_granted_eps', availability_zone_eq: 'cn-north-4a', expect_fields, limit: 100 },
    ({ ecs }) => ecs.servers('cn-north-4a'),
  ],
  [
    'ecs.ListServersDetails',
    { enterprise_project_id: 'all_granted_eps', limit: 1_000, offset: 1 },
    ({ ecs }) => ecs.servers('cn-north-4a'),
  ],
  ['ecs.ListRecycleBinServers', { limit: 100 }, ({ ecs }) => ecs.recycleBin()],
  [
    'ecs.ListCloudServers',
    { enterprise_project_id: 'all_granted_eps', in_recycle_bin: true, expect_fields, limit: 100 },
    ({ ecs }) => ecs.recycleBin(),
  ],
  ['cce.ListClusters', {}, ({ cce }) => cce.clusters()],
  ['cce.ListNodes', { cluster_id: id, limit: 2_000 }, ({ cce }) => cce.nodes(id)],
  [
    'mrs.ListClusters',
    { cluster_state: 'existing', page_size: '100', current_page: '1', enterprise_project_id: 'ep 2/ü' },
    ({ mrs }) => mrs.clusters(['ep 2/ü']),
  ],
  ['mrs.ListNodes', { cluster_id: id, limit: 100, offset: 1 }, ({ mrs }) => mrs.nodes(id)],
  ['rds.ListInstances', { limit: 100, offset: 0 }, ({ rds }) => rds.instances()],
  ['cbr.ListBackups', { ...backups, offset: 0, limit: 1_000 }, ({ cbr }) => cbr.availableBackups()],
  ['cbr.ListBackups', { ...backups, resource_id: id, limit: 10 }, ({ cbr }) => cbr.backupsOf(id)],
  [
    'cbr.ListVault',
    { object_type: 'server', enterprise_project_id: 'all_granted_eps', limit: 1_000, offset: 0 },
    ({ cbr }) => cbr.vaults(),
  ],
  ['cbr.ShowCheckpoint', { checkpoint_id: id }, ({ cbr }) => cbr.checkpoint(id)],
];

/** Every list that a read may look for, so that a read of two lists gets to the end of both. */
const emptyLists = { count: 0, total_count: 0, servers: [], order_infos: [] };

/** What a cloud can tell two requests apart by; the order of the fields in a body is not part of it. */
const wire = ({ method, target, headers, body }: SeenRequest) => ({
  method,
  target,
  project: headers['x-project-id'],
  domain: headers['x-domain-id'],
  contentType: headers['content-type'],
  body: body === '' ? undefined : JSON.parse(body),
});

test.each(reads)('%s %j', async (name, input, read) => {
  await using cloud = await recordedCloud(() => ({ json: emptyLists }));
  // What shows one thing fails, which is of no interest here.
  await read(cloud.account).catch(() => undefined);
  const ours = cloud.requests.splice(0).map(wire);
  const account = { url: cloud.address, accessKey, secretKey, projectId, domainId };
  expect(await clients().call(account, name, input)).toMatchObject({ kind: 'Answered' });
  const [official] = cloud.requests.map(wire);
  // IAM is asked before either id is known, as the official core does it; its client sends the account's id.
  const expected = name.startsWith('iam.') ? { ...official, domain: undefined } : official;
  expect(ours).toContainEqual(expected);
});
