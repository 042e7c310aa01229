import type { HuaweiAccount } from '../../../operator/huaweicloud/account.ts';
import { full } from './full-world.ts';

/** A read of ours, and what its result says is there. */
export interface AnyRead {
  readonly name: string;
  /** The keys of everything that it found: who sees fewer than there are has been misled. */
  readonly found: (account: HuaweiAccount) => Promise<readonly string[]>;
}

const [host01 = '', host02 = ''] = full.servers;
const since = new Date(Date.now() - 3_600_000);
const ids = (rows: readonly { readonly id: string }[]) => rows.map(({ id }) => id);

/** Every read of every service, against the ids of `fullWorld`. `order` and `month` are those of its first purchase. */
export const allReads = (order: string, month: string): readonly AnyRead[] => [
  { name: 'iam.projectOfRegion', found: async ({ iam }) => [await iam.projectOfRegion('cn-north-4')] },
  { name: 'iam.domain', found: async ({ iam }) => [(await iam.domain()).id] },
  {
    name: 'billing.subscriptionsOf',
    found: async ({ billing }) =>
      (await billing.subscriptionsOf([host01, host02])).map((row) => `${row.resourceId} ${row.isPrimary}`),
  },
  { name: 'billing.frozenResources', found: async ({ billing }) => [`${await billing.frozenResources()} frozen`] },
  { name: 'billing.balances', found: async ({ billing }) => [`owes ${(await billing.balances()).debt}`] },
  {
    name: 'billing.pendingOrders',
    found: async ({ billing }) => (await billing.pendingOrders()).map((one) => one.orderId),
  },
  {
    name: 'billing.unsubscriptionOrdersSince',
    found: async ({ billing }) => (await billing.unsubscriptionOrdersSince(since)).map((one) => one.orderId),
  },
  { name: 'billing.orderDetails', found: async ({ billing }) => ids((await billing.orderDetails(order)).lines) },
  {
    name: 'billing.feeRecords',
    found: async ({ billing }) => {
      const records = await billing.feeRecords({ cycle: month, billType: 1, resourceId: host01 });
      return records.map((record, place) => `${place} ${record.amount}`);
    },
  },
  {
    name: 'dcc.resourceClusters',
    found: async ({ dcc }) => (await dcc.resourceClusters()).map((pool) => `${pool.hostType} ${pool.instanceTotal}`),
  },
  {
    name: 'deh.dedicatedHost',
    found: async ({ deh }) => {
      const state = await deh.dedicatedHost(full.dedicatedHost);
      return state.kind === 'Gone' ? [] : [`${state.host.id} ${state.host.instanceTotal}`];
    },
  },
  { name: 'deh.serversOf', found: async ({ deh }) => ids(await deh.serversOf(full.dedicatedHost)) },
  { name: 'ecs.servers', found: async ({ ecs }) => ids(await ecs.servers()) },
  { name: 'ecs.recycleBin', found: async ({ ecs }) => ids(await ecs.recycleBin()) },
  { name: 'cce.clusters', found: async ({ cce }) => (await cce.clusters()).map(({ uid }) => uid) },
  {
    name: 'cce.nodes',
    found: async ({ cce }) => (await cce.nodes('cce00000-0000-4000-8000-000000000001')).map(({ uid }) => uid),
  },
  { name: 'mrs.clusters', found: async ({ mrs }) => ids(await mrs.clusters(full.enterpriseProjects)) },
  {
    name: 'mrs.nodes',
    found: async ({ mrs }) => (await mrs.nodes('43510000-0000-4000-8000-000000000001')).map(({ serverId }) => serverId),
  },
  { name: 'rds.instances', found: async ({ rds }) => ids(await rds.instances()) },
  { name: 'cbr.availableBackups', found: async ({ cbr }) => ids(await cbr.availableBackups()) },
  { name: 'cbr.backupsOf', found: async ({ cbr }) => ids(await cbr.backupsOf('ec500000-0000-4000-8000-000000000001')) },
  { name: 'cbr.vaults', found: async ({ cbr }) => ids(await cbr.vaults()) },
  {
    name: 'cbr.checkpoint',
    found: async ({ cbr }) => ids((await cbr.checkpoint('c4ec0000-0000-4000-8000-000000000001')).skippedResources),
  },
];
