import type { z } from 'zod';
import type { accountSchema, projectSchema } from './world/account.ts';
import type { backupSchema } from './world/backups.ts';
import type { billingResourceSchema } from './world/billing.ts';
import { nextOrderId } from './world/orders.ts';
import type { physicalServerSchema } from './world/servers.ts';
import type { virtualMachineSchema } from './world/virtual-machines.ts';
import { type World, worldSchema } from './world/world.ts';

const DAY = 86_400_000;

/** The account, project and zone of every world that is built here, unless overridden. */
export const seeded = {
  domainId: '0acc0000000000000000000000000001',
  accessKey: 'SIMULATEDACCESSKEY01',
  secretKey: 'simulated-secret-key-for-tests-only-0001',
  projectId: '0dcc0000000000000000000000000001',
  region: 'cn-north-4',
  availabilityZone: 'cn-north-4a',
} as const;

type Account = z.input<typeof accountSchema>;
type Project = z.input<typeof projectSchema>;
type Server = z.input<typeof physicalServerSchema>;
type Resource = z.input<typeof billingResourceSchema>;
type Machine = z.input<typeof virtualMachineSchema>;
type Backup = z.input<typeof backupSchema>;

/** How a server was bought: what was paid, for how many years, and how many days ago. */
export interface Purchase {
  readonly paid: string;
  readonly years: number;
  readonly daysAgo: number;
}

export interface WorldBuilder {
  /** A physical server with its subscription, purchase order, bill, and pool. */
  withServer(server: Partial<Server> & { name: string }, purchase?: Partial<Purchase>, row?: Partial<Resource>): WorldBuilder;
  /** A secondary resource (such as a disk) of a server. */
  withSecondary(name: string, of: string, row?: Partial<Resource>): WorldBuilder;
  /** A renewal of a server for another year, already paid. */
  withRenewal(server: string, paid?: string): WorldBuilder;
  withVm(machine: Partial<Machine> & { name: string }, on: string): WorldBuilder;
  withVault(name: string, id?: string): WorldBuilder;
  /** A backup of a VM into the first vault, an hour old. */
  withBackup(of: string, backup?: Partial<Backup>): WorldBuilder;
  /** A VM that is a node of a CCE cluster. */
  withCceNode(name: string, on: string, cluster?: string): WorldBuilder;
  /** A VM that is a node of an MRS cluster. */
  withMrsNode(name: string, on: string, enterpriseProjectId?: string): WorldBuilder;
  /** A database instance with one hidden VM. */
  withRdsInstance(name: string, on: string): WorldBuilder;
  build(): World;
}

/** Builds a world step by step; every id is the same in every run. Things are referred to by name. */
export function aWorld(
  now: Date = new Date(),
  account: Partial<Account> = {},
  project: Partial<Project> = {},
): WorldBuilder {
  const world = worldSchema.parse({
    accounts: [
      {
        domainId: seeded.domainId,
        name: 'simulated-account',
        balance: '1000.00',
        accessKeys: [{ accessKey: seeded.accessKey, secretKey: seeded.secretKey }],
        ...account,
      },
    ],
    projects: [{ id: seeded.projectId, name: seeded.region, region: seeded.region, domainId: seeded.domainId, ...project }],
  });
  const context: Context = { world, now };
  const builder: WorldBuilder = {
    withServer: (server, purchase, row) => {
      addServer(context, server, { paid: '36000.00', years: 1, daysAgo: 100, ...purchase }, row);
      return builder;
    },
    withSecondary: (name, of, row) => {
      const primary = context.world.billingResources.find(({ resourceName }) => resourceName === of);
      addPurchase(context, { paid: '1200.00', years: 1, daysAgo: 100 }, name, uuid('5ec0', world.billingResources), {
        resourceTypeCode: 'hws.resource.type.volume',
        serviceTypeCode: 'hws.service.type.ebs',
        parentResourceId: primary?.resourceId ?? of,
        ...row,
      });
      return builder;
    },
    withRenewal: (server, paid = '36000.00') => {
      addRenewal(context, server, paid);
      return builder;
    },
    withVm: (machine, on) => {
      addMachine(context, machine, on);
      return builder;
    },
    withVault: (name, id = uuid('cb00', world.vaults)) => {
      const createdAt = new Date(now.getTime() - 90 * DAY).toISOString();
      append(context, { vaults: [{ id, name, projectId: seeded.projectId, createdAt }] });
      return builder;
    },
    withBackup: (of, backup) => {
      addBackup(context, of, backup);
      return builder;
    },
    withCceNode: (name, on, cluster = 'cce-1') => {
      addCceNode(context, name, on, cluster);
      return builder;
    },
    withMrsNode: (name, on, enterpriseProjectId = '0') => {
      addMrsNode(context, name, on, enterpriseProjectId);
      return builder;
    },
    withRdsInstance: (name, on) => {
      addRdsInstance(context, name, on);
      return builder;
    },
    build: () => world,
  };
  return builder;
}

interface Context {
  readonly world: World;
  readonly now: Date;
}

/** Parses a part of a world (which fills in the defaults) and appends it. */
function append({ world }: Context, part: z.input<typeof worldSchema>): void {
  const parsed = worldSchema.parse(part);
  world.pools.push(...parsed.pools);
  world.servers.push(...parsed.servers);
  world.virtualMachines.push(...parsed.virtualMachines);
  world.cceClusters.push(...parsed.cceClusters);
  world.mrsClusters.push(...parsed.mrsClusters);
  world.rdsInstances.push(...parsed.rdsInstances);
  world.vaults.push(...parsed.vaults);
  world.checkpoints.push(...parsed.checkpoints);
  world.backups.push(...parsed.backups);
  world.billingResources.push(...parsed.billingResources);
  world.orders.push(...parsed.orders);
  world.bills.push(...parsed.bills);
}

/** A readable id: a prefix that tells what it is, and the place in its list. */
const uuid = (prefix: string, list: readonly unknown[]): string =>
  `${prefix.padEnd(8, '0')}-0000-4000-8000-${String(list.length + 1).padStart(12, '0')}`;

function addServer(context: Context, server: Partial<Server> & { name: string }, purchase: Purchase, row?: Partial<Resource>) {
  const { world, now } = context;
  const place = world.servers.length + 1;
  const resourceId = server.resourceId ?? uuid('dcc0', world.servers);
  const complete: Server = {
    resourceId,
    projectId: seeded.projectId,
    availabilityZone: seeded.availabilityZone,
    hostType: 'DCC',
    hypervisorHostname: `nova${String(place).padStart(3, '0')}@${100 + place}`,
    hostId: `${String(place).padStart(2, '0')}fc3c650ff6a1c9b20b975315f531814c3a512d8f3f5ffabb076f`,
    allocatedAt: new Date(now.getTime() - purchase.daysAgo * DAY).toISOString(),
    ...server,
  };
  append(context, { servers: [complete] });
  const pool = { projectId: complete.projectId, availabilityZone: complete.availabilityZone };
  const hostSpec = complete.hostSpec ?? 's3';
  const exists = world.pools.some(
    (known) => known.availabilityZone === pool.availabilityZone && known.hostSpec === hostSpec,
  );
  if (!exists && complete.hostType === 'DCC') append(context, { pools: [{ ...pool, hostSpec }] });
  addPurchase(context, purchase, server.name, resourceId, row);
}

/** The subscription of a resource, the order that bought it, and the bill of that order. */
function addPurchase(context: Context, purchase: Purchase, name: string, resourceId: string, row: Partial<Resource> = {}) {
  const { world, now } = context;
  const begin = new Date(now.getTime() - purchase.daysAgo * DAY);
  const end = new Date(begin);
  end.setUTCFullYear(end.getUTCFullYear() + purchase.years);
  const period = { effectiveTime: begin.toISOString(), expireTime: end.toISOString() };
  const resource = {
    id: `01000-${world.billingResources.length + 1}-0`,
    resourceId,
    resourceName: name,
    domainId: seeded.domainId,
    projectId: seeded.projectId,
    regionCode: seeded.region,
    serviceTypeCode: 'hws.service.type.dec',
    resourceTypeCode: 'hws.resource.type.dec',
    updateTime: period.effectiveTime,
    ...period,
    ...row,
  };
  append(context, { billingResources: [resource] });
  addPaidOrder(context, 1, resource, purchase, period);
}

interface Period {
  readonly effectiveTime: string;
  readonly expireTime: string;
}

function addPaidOrder(context: Context, type: 1 | 2, resource: Resource, purchase: Purchase, period: Period) {
  const { world, now } = context;
  const placed = new Date(now.getTime() - purchase.daysAgo * DAY);
  const orderId = nextOrderId(world, placed);
  const { resourceId, resourceName, domainId, projectId, regionCode } = resource;
  const { serviceTypeCode = 'hws.service.type.dec', resourceTypeCode = 'hws.resource.type.dec' } = resource;
  const createTime = placed.toISOString();
  const item = {
    id: uuid('01de', world.orders),
    resourceId,
    serviceTypeCode,
    resourceTypeCode,
    periodType: 'year' as const,
    periodNum: purchase.years,
    amountAfterDiscount: purchase.paid,
    officialAmount: purchase.paid,
    ...period,
  };
  const currency = world.accounts[0]?.currency ?? 'CNY';
  append(context, {
    orders: [{ orderId, domainId, type, status: 5, createTime, paymentTime: createTime, currency, lineItems: [item] }],
    bills: [
      {
        id: uuid('b111', world.bills),
        billType: type,
        orderId,
        resourceId,
        resourceName,
        domainId,
        projectId,
        regionCode,
        serviceTypeCode,
        resourceTypeCode,
        amount: purchase.paid,
        tradeTime: createTime,
        visibleAt: createTime,
        ...period,
      },
    ],
  });
}

function addRenewal(context: Context, server: string, paid: string): void {
  const resource = context.world.billingResources.find(({ resourceName }) => resourceName === server);
  if (resource === undefined) throw new Error(`no server is called ${server}`);
  const end = new Date(resource.expireTime);
  end.setUTCFullYear(end.getUTCFullYear() + 1);
  const period = { effectiveTime: resource.expireTime, expireTime: end.toISOString() };
  addPaidOrder(context, 2, resource, { paid, years: 1, daysAgo: 1 }, period);
  resource.expireTime = period.expireTime;
}

function addMachine(context: Context, machine: Partial<Machine> & { name: string }, on: string): string {
  const { world, now } = context;
  const server = world.servers.find(({ name }) => name === on);
  if (server === undefined) throw new Error(`no server is called ${on}`);
  const complete = {
    id: uuid('ec50', world.virtualMachines),
    projectId: server.projectId,
    availabilityZone: server.availabilityZone,
    serverId: server.resourceId,
    createdAt: new Date(now.getTime() - 60 * DAY).toISOString(),
    ...machine,
  };
  append(context, { virtualMachines: [complete] });
  return complete.id;
}

function addBackup(context: Context, of: string, backup: Partial<Backup> = {}): void {
  const { world, now } = context;
  const machine = world.virtualMachines.find(({ name }) => name === of);
  const [vault] = world.vaults;
  if (machine === undefined || vault === undefined) throw new Error(`a backup of ${of} needs that VM and a vault`);
  const createdAt = new Date(now.getTime() - 3_600_000).toISOString();
  const checkpointId = uuid('c4ec', world.checkpoints);
  const origin = { projectId: machine.projectId, vaultId: vault.id, createdAt };
  append(context, {
    checkpoints: [{ id: checkpointId, ...origin }],
    backups: [
      {
        id: uuid('bac0', world.backups),
        name: `${of}-backup`,
        checkpointId,
        resourceId: machine.id,
        resourceName: of,
        resourceAz: machine.availabilityZone,
        ...origin,
        ...backup,
      },
    ],
  });
  if (!vault.resourceIds.includes(machine.id)) vault.resourceIds.push(machine.id);
}

function addCceNode(context: Context, name: string, on: string, clusterName: string): void {
  const { world, now } = context;
  const uid = `cce00000-0000-4000-8000-${clusterName.replaceAll(/\D/g, '').padStart(12, '0')}`;
  const nodeUid = uuid('cce1', world.virtualMachines);
  const tags = [`CCE-Dynamic-Provisioning-Node=${nodeUid}`, `CCE-Cluster-ID=${uid}`];
  const vmId = addMachine(context, { name, service: 'CCE', tags }, on);
  if (!world.cceClusters.some((cluster) => cluster.uid === uid)) {
    const createdAt = now.toISOString();
    append(context, { cceClusters: [{ uid, name: clusterName, projectId: seeded.projectId, createdAt }] });
  }
  const cluster = world.cceClusters.find((candidate) => candidate.uid === uid);
  cluster?.nodes.push({ uid: nodeUid, name, vmId, phase: 'Active' });
}

function addMrsNode(context: Context, name: string, on: string, enterpriseProjectId: string): void {
  const { world, now } = context;
  const vmId = addMachine(context, { name, service: 'MRS', enterpriseProjectId }, on);
  const resourceId = uuid('4350', world.mrsClusters);
  const cluster = {
    id: uuid('4351', world.mrsClusters),
    name: `mrs-${name}`,
    projectId: seeded.projectId,
    availabilityZone: seeded.availabilityZone,
    enterpriseProjectId,
    createdAt: now.toISOString(),
    nodes: [{ name, vmId, resourceId }],
  };
  append(context, { mrsClusters: [cluster] });
}

function addRdsInstance(context: Context, name: string, on: string): void {
  const { world, now } = context;
  const vmId = addMachine(context, { name: `${name}-node`, service: 'RDS', listedByEcs: false }, on);
  const id = uuid('4d50', world.rdsInstances);
  const node = { id: uuid('4d51', world.rdsInstances), name: `${name}_node0`, availabilityZone: seeded.availabilityZone, vmId };
  const base = { id, name, projectId: seeded.projectId, region: seeded.region, createdAt: now.toISOString() };
  append(context, { rdsInstances: [{ ...base, nodes: [node] }] });
}
