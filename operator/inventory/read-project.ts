import type { Clock } from '../clock.ts';
import type { HuaweiAccount } from '../huaweicloud/account.ts';
import type { Order } from '../huaweicloud/billing-orders.ts';
import type { CceNode } from '../huaweicloud/cce.ts';
import { rangeOf } from '../huaweicloud/cloud-clock.ts';
import type { CloudServer } from '../huaweicloud/ecs.ts';
import type { Polls } from '../polls.ts';
import { type MachineBackup, machineBackups } from './backup-evidence.ts';
import type { Checkpoints } from './checkpoints.ts';
import type { AccountState, OpenOrder, ReadFailure, Reading, Subscription } from './observation.ts';
import type { HostedMachines, MrsMachine, ProjectInventory, Watched } from './project.ts';
import { reading } from './reading.ts';
import { assertSameAccount, keyOfAnother } from './same-account.ts';
import { subscriptionsIn } from './subscriptions.ts';

/** MRS lists the clusters of one enterprise project at a time, of this one unless another is named: https://support.huaweicloud.com/api-mrs/ListClusters.html */
const defaultEnterpriseProject = '0';

/**
 * Reads every source of a project once. The account itself comes first and alone: if it refuses us, a dozen calls would
 * lock the key, and a disabled one answers nothing else. The rest is read at the same time, and fails each by itself.
 */
export async function readProject(
  account: HuaweiAccount,
  watched: Watched,
  { clock, polls, checkpoints }: { clock: Clock; polls: Polls; checkpoints: Checkpoints },
  signal: AbortSignal,
): Promise<ProjectInventory> {
  const refusal = await refusalOf(account, signal);
  const sources =
    refusal === undefined
      ? await readWithSameKey(account, watched, checkpoints, signal)
      : allUnreadable(refusal, watched);
  return { readAt: clock.now(), readBy: clock.elapsed(), nextPollAt: polls.next(), watched, ...sources };
}

type Sources = Omit<ProjectInventory, 'readAt' | 'readBy' | 'nextPollAt' | 'watched'>;

/**
 * Why nothing of the account can be read, if so. Keys may be exchanged in place for those of another account, where every resource is
 * absent; calls go by the id that was set, or looked up with the first keys.
 */
async function refusalOf(account: HuaweiAccount, signal: AbortSignal): Promise<ReadFailure | undefined> {
  const domain = await reading(
    'The account',
    async () => ({ ...(await account.iam.domain(signal)), expected: await account.domainId(signal) }),
    signal,
  );
  if (domain.kind === 'Unreadable') return domain.failure;
  const { id, enabled, expected } = domain.value;
  if (id !== expected) return { source: 'The account', cause: 'Credentials', ...keyOfAnother(id, expected) };
  if (enabled) return undefined;
  const remedy = 'Have the account unfrozen: ask the account manager or service desk of Huawei Cloud.';
  return { source: 'The account', cause: 'AccountFrozen', message: 'it is disabled.', remedy };
}

/** What was read counts only when the keys are of the same account after it: they may have been exchanged meanwhile. */
async function readWithSameKey(
  account: HuaweiAccount,
  watched: Watched,
  checkpoints: Checkpoints,
  signal: AbortSignal,
): Promise<Sources> {
  const sources = await readSources(account, watched, checkpoints, signal);
  const same = await reading('The account', () => assertSameAccount(account, {}, signal), signal);
  return same.kind === 'Read' ? sources : allUnreadable(same.failure, watched);
}

function allUnreadable(failure: ReadFailure, { hostIds }: Watched): Sources {
  const unreadable = { kind: 'Unreadable', failure } as const;
  return {
    account: unreadable,
    subscriptions: unreadable,
    machines: unreadable,
    recycleBin: unreadable,
    pools: unreadable,
    cceNodes: unreadable,
    mrsNodes: unreadable,
    rdsInstances: unreadable,
    backups: unreadable,
    hosts: new Map(hostIds.map((id) => [id, unreadable])),
  };
}

async function readSources(
  account: HuaweiAccount,
  watched: Watched,
  checkpoints: Checkpoints,
  signal: AbortSignal,
): Promise<Sources> {
  const read = <Value>(source: string, call: () => Promise<Value>) => reading(source, call, signal);
  const machinesRead = read('ECS servers', () => account.ecs.servers(undefined, signal));
  const [accountState, subscriptions, machines, recycleBin, pools, cceNodes, mrsNodes, rdsInstances, backups, hosts] =
    await Promise.all([
      read('The account', () => readAccount(account, signal)),
      read('Billing rows', () => readSubscriptions(account, watched.resourceIds, signal)),
      machinesRead,
      read('The ECS recycle bin', () => account.ecs.recycleBin(signal)),
      read('DCC pools', () => account.dcc.resourceClusters(signal)),
      read('CCE nodes', () => readCceNodes(account, signal)),
      read('MRS nodes', () => readMrsNodes(account, machinesRead, signal)),
      read('RDS instances', () => account.rds.instances(signal)),
      read('CBR backups', () => readBackups(account, checkpoints, signal)),
      readHosts(account, watched.hostIds, signal),
    ]);
  return {
    account: accountState,
    subscriptions,
    machines,
    recycleBin,
    pools,
    cceNodes,
    mrsNodes,
    rdsInstances,
    backups,
    hosts,
  };
}

async function readAccount({ billing, billingTime }: HuaweiAccount, signal: AbortSignal): Promise<AccountState> {
  const [balances, orders] = await Promise.all([billing.balances(signal), billing.pendingOrders(signal)]);
  return {
    debt: balances.debt.toFixed(),
    currency: balances.currency,
    inArrears: balances.debt.gt(0),
    openOrders: orders.map(openOrder).sort((a, b) => a.orderId.localeCompare(b.orderId)),
    cloudTime: rangeOf(billingTime())?.earliest,
  };
}

function openOrder({ orderId, status, serviceTypeCode }: Order): OpenOrder {
  const state = status === 'Unpaid' || status === 'PendingApproval' ? status : 'Processing';
  return { orderId, state, serviceTypeCode };
}

async function readSubscriptions(
  { billing }: HuaweiAccount,
  resourceIds: readonly string[],
  signal: AbortSignal,
): Promise<Map<string, Subscription>> {
  return subscriptionsIn(resourceIds.length === 0 ? [] : await billing.subscriptionsOf(resourceIds, signal));
}

async function readCceNodes({ cce }: HuaweiAccount, signal: AbortSignal): Promise<CceNode[]> {
  const clusters = await cce.clusters(signal);
  return (await Promise.all(clusters.map(({ uid }) => cce.nodes(uid, signal)))).flat();
}

/**
 * No call lists the enterprise projects of all that may be here: those of the machines are known. A cluster whose machines ECS
 * does not show, in a project with none besides, is left for the pool's own count.
 */
async function readMrsNodes(
  { mrs }: HuaweiAccount,
  machines: Promise<Reading<readonly CloudServer[]>>,
  signal: AbortSignal,
): Promise<MrsMachine[]> {
  const listed = await machines;
  const known = listed.kind === 'Read' ? listed.value.flatMap((one) => one.enterpriseProjectId ?? []) : [];
  const clusters = await mrs.clusters([...new Set([defaultEnterpriseProject, ...known])].sort(), signal);
  const nodes = clusters.map(async ({ id, availabilityZone }) =>
    (await mrs.nodes(id, signal)).map((node) => ({ ...node, availabilityZone })),
  );
  return (await Promise.all(nodes)).flat();
}

/** The vaults are asked for only when there is something in them to rely on. */
async function readBackups(
  account: HuaweiAccount,
  checkpoints: Checkpoints,
  signal: AbortSignal,
): Promise<MachineBackup[]> {
  const backups = await account.cbr.availableBackups(signal);
  const [vaults, skipped] = await Promise.all([
    backups.length === 0 ? [] : account.cbr.vaults(signal),
    checkpoints.skippedIn(account, backups, signal),
  ]);
  return machineBackups(backups, vaults, skipped);
}

async function readHosts(
  { deh }: HuaweiAccount,
  ids: readonly string[],
  signal: AbortSignal,
): Promise<Map<string, Reading<HostedMachines>>> {
  const hosts = ids.map(async (id): Promise<[string, Reading<HostedMachines>]> => {
    const host = await reading(
      `DeH host ${id}`,
      async () => {
        const state = await deh.dedicatedHost(id, signal);
        return { state, machines: state.kind === 'Gone' ? [] : await deh.serversOf(id, signal) };
      },
      signal,
    );
    return [id, host];
  });
  return new Map(await Promise.all(hosts));
}
