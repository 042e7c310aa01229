import type { Clock } from '../../clock.ts';
import { hours } from '../../clock.ts';
import type { HuaweiAccount } from '../../huaweicloud/account.ts';
import { CloudError } from '../../huaweicloud/errors.ts';
import type { Call } from '../../huaweicloud/permissions.ts';
import { type Nothing, type Outcome, ok, skipped, warning } from '../outcome.ts';
import type { Target } from './targets.ts';

/** What a source is read with. */
export interface SourceContext {
  readonly account: HuaweiAccount;
  readonly target: Target;
  readonly clock: Pick<Clock, 'now'>;
  readonly signal: AbortSignal;
}

/** One of the operator's sources in the cloud: the calls that it takes, and how to try them. */
export interface Source {
  readonly check: string;
  readonly calls: readonly Call[];
  /** Throws a `CloudError` for what may not be read. */
  readonly read: (context: SourceContext) => Promise<Outcome<Nothing>>;
}

const found = (text: string): Outcome<Nothing> => ok(text, undefined);

/** The sources of the account, in the order in which people read them. All of them only read. */
export const accountSources: readonly Source[] = [
  {
    check: 'cloud/billing/balances',
    calls: ['billing.ShowCustomerAccountBalances'],
    async read({ account, signal }) {
      const { debt, currency } = await account.billing.balances(signal);
      if (debt.lte(0)) return found('no arrears');
      return warning(
        `arrears of ${debt.toFixed()} ${currency}: no order leaves`,
        'Top the account up in the Billing Center.',
        undefined,
      );
    },
  },
  {
    check: 'cloud/billing/subscriptions',
    calls: ['billing.ListPayPerUseCustomerResources'],
    async read({ account, target, signal }) {
      const { resourceIds } = target;
      if (resourceIds.length === 0) return found(`${await account.billing.frozenResources(signal)} frozen resource(s)`);
      const rows = await account.billing.subscriptionsOf(resourceIds, signal);
      const absent = resourceIds.filter((id) => !rows.some(({ resourceId }) => resourceId === id));
      const told = `${resourceIds.length - absent.length} of ${resourceIds.length} server(s) have a billing row`;
      if (absent.length === 0) return found(told);
      return warning(
        `${told}; none has ${absent.slice(0, 3).join(', ')}`,
        'Compare spec.resourceId with Billing Center > Renewals.',
        undefined,
      );
    },
  },
  {
    check: 'cloud/billing/orders',
    calls: ['billing.ListCustomerOrders'],
    read: async ({ account, signal }) => found(`${(await account.billing.pendingOrders(signal)).length} open order(s)`),
  },
  {
    check: 'cloud/billing/refunds',
    calls: ['billing.ShowCustomerOrderDetails', 'billing.ShowRefundOrderDetails'],
    async read({ account, clock, signal }) {
      // The list takes a year at most.
      const since = new Date(clock.now().getTime() - hours(364 * 24));
      const orders = await account.billing.unsubscriptionOrdersSince(since, signal);
      const order = orders.find(({ status }) => status === 'Completed');
      if (order === undefined) return skipped('there is no completed unsubscription of the last year to try it on');
      await account.billing.refundOf(await account.billing.orderDetails(order.orderId, signal), signal);
      return found(`order ${order.orderId} and its refund`);
    },
  },
  {
    check: 'cloud/billing/bill',
    calls: ['billing.ListCustomerselfResourceRecords'],
    async read({ account, target, clock, signal }) {
      const [resourceId] = target.resourceIds;
      if (resourceId === undefined) return skipped('there is no DCCServer to try it on');
      const cycle = clock.now().toISOString().slice(0, 7);
      const lines = await account.billing.feeRecords({ cycle, resourceId }, signal);
      return found(`${lines.length} line(s) of ${cycle} for ${resourceId}`);
    },
  },
];

/** The sources of the project, in the order in which people read them. All of them only read. */
export const projectSources: readonly Source[] = [
  {
    check: 'cloud/dcc/pools',
    calls: ['dcc.ShowResourceClusters'],
    read: async ({ account, signal }) => found(`${(await account.dcc.resourceClusters(signal)).length} pool(s)`),
  },
  {
    check: 'cloud/deh/hosts',
    calls: ['deh.ShowDedicatedHost', 'deh.ListServersDedicatedHost'],
    async read({ account, target, signal }) {
      const [id] = target.hostIds;
      if (id === undefined) return skipped('there is no DCCServer of type DeH to try it on');
      const host = await account.deh.dedicatedHost(id, signal);
      if (host.kind === 'Gone') return found(`the host ${id} does not exist any more`);
      return found(`${(await account.deh.serversOf(id, signal)).length} machine(s) on the host ${id}`);
    },
  },
  {
    check: 'cloud/ecs/machines',
    calls: ['ecs.ListCloudServers', 'ecs.ListServersDetails'],
    read: async ({ account, signal }) => found(`${(await account.ecs.servers(undefined, signal)).length} machine(s)`),
  },
  {
    check: 'cloud/ecs/recycle-bin',
    calls: ['ecs.ListRecycleBinServers', 'ecs.ListCloudServers'],
    read: async ({ account, signal }) => found(`${(await account.ecs.recycleBin(signal)).length} machine(s)`),
  },
  {
    check: 'cloud/cce/nodes',
    calls: ['cce.ListClusters', 'cce.ListNodes'],
    async read({ account: { cce }, signal }) {
      const clusters = await cce.clusters(signal);
      const [first] = clusters;
      if (first === undefined) return found('no cluster, so no list of nodes to try');
      const nodes = await cce.nodes(first.uid, signal);
      return found(`${clusters.length} cluster(s); ${nodes.length} node(s) in ${first.name}`);
    },
  },
  {
    check: 'cloud/mrs/nodes',
    calls: ['mrs.ListClusters', 'mrs.ListNodes'],
    async read({ account: { mrs }, signal }) {
      const clusters = await mrs.clusters(['0'], signal);
      const [first] = clusters;
      if (first === undefined) return found('no cluster in the default enterprise project, so no list of nodes to try');
      const nodes = await mrs.nodes(first.id, signal);
      return found(`${clusters.length} cluster(s); ${nodes.length} node(s) in ${first.name}`);
    },
  },
  {
    check: 'cloud/rds/instances',
    calls: ['rds.ListInstances'],
    read: async ({ account, signal }) => found(`${(await account.rds.instances(signal)).length} instance(s)`),
  },
  {
    check: 'cloud/cbr/backups',
    calls: ['cbr.ListBackups', 'cbr.ListVault', 'cbr.ShowCheckpoint'],
    async read({ account: { cbr }, signal }) {
      const [backups, vaults] = await Promise.all([cbr.availableBackups(signal), cbr.vaults(signal)]);
      const checkpoint = backups.find(({ checkpointId }) => checkpointId !== undefined)?.checkpointId;
      const told = `${backups.length} backup(s) in ${vaults.length} vault(s)`;
      if (checkpoint === undefined) return found(`${told}; no checkpoint to try`);
      await unlessGone(cbr.checkpoint(checkpoint, signal));
      return found(`${told}, and a checkpoint`);
    },
  },
];

/** A checkpoint may be deleted before its backups: whoever may ask is told so. */
async function unlessGone(read: Promise<unknown>): Promise<void> {
  try {
    await read;
  } catch (error) {
    if (!(error instanceof CloudError) || error.class !== 'NotFound') throw error;
  }
}
