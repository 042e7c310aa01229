import { z } from 'zod';
import { type World, type WorldInput, worldSchema } from '../huaweicloud/world/world.ts';

/** What an installation looks after. Its servers are spread evenly over accounts of one project each. */
export const fleetSchema = z.object({
  servers: z.int(),
  accounts: z.int(),
  machinesPerServer: z.number(),
  /** A request names one server; 0.1 is one for every tenth. */
  requestsPerServer: z.number(),
  hostType: z.enum(['DCC', 'DeH']),
});

export type Fleet = z.infer<typeof fleetSchema>;

/** One server of a fleet, under the names that Kubernetes and the cloud know it by. */
export interface FleetServer {
  /** Of the account, which is that of its namespace, too. */
  account: string;
  name: string;
  resourceId: string;
  projectId: string;
  hypervisorHostname: string;
}

export const region = 'cn-north-4';
export const availabilityZone = 'cn-north-4a';

const digits = (index: number, length: number) => String(index).padStart(length, '0');
const accountName = (index: number) => `account-${digits(index, 4)}`;
const projectOf = (index: number) => `0dcc${digits(index, 28)}`;
const domainOf = (index: number) => `0acc${digits(index, 28)}`;
const accountAt = ({ servers, accounts }: Fleet, index: number) => Math.floor((index * accounts) / servers);

/** The accounts with the keys that they are read with. */
export const accountsOf = ({ accounts }: Fleet) =>
  Array.from({ length: accounts }, (_, index) => ({
    name: accountName(index),
    domainId: domainOf(index),
    projectId: projectOf(index),
    accessKey: `CAPACITYKEY${digits(index, 6)}`,
    secretKey: `capacity-secret-key-${digits(index, 6)}`,
  }));

/** All servers, by account: in the order in which the API server lists them. */
export const serversOf = (fleet: Fleet): FleetServer[] =>
  Array.from({ length: fleet.servers }, (_, index) => ({
    account: accountName(accountAt(fleet, index)),
    name: `server-${digits(index, 6)}`,
    resourceId: `dcc00000-0000-4000-8000-${digits(index, 12)}`,
    projectId: projectOf(accountAt(fleet, index)),
    hypervisorHostname: `nova${digits(index, 6)}@1`,
  }));

/** The cloud of a fleet at rest: every server is in use, and every machine has a backup in the vault of its project. */
export function worldOf(fleet: Fleet, now: Date): World {
  const createdAt = new Date(now.getTime() - 100 * 86_400_000).toISOString();
  const expireTime = new Date(now.getTime() + 265 * 86_400_000).toISOString();
  const domains = new Map(accountsOf(fleet).map(({ name, domainId }) => [name, domainId]));
  const servers = serversOf(fleet);
  const machines = servers.flatMap((server, place) => machinesOn(fleet, server, place, createdAt));
  return worldSchema.parse({
    ...accountsAndPools(fleet, createdAt),
    servers: servers.map(({ account, ...server }) => ({
      ...{ ...server, availabilityZone, hostType: fleet.hostType, hostId: `host-${server.name}` },
      allocatedAt: createdAt,
    })),
    virtualMachines: machines,
    backups: machines.map((machine) => backupOf(machine, new Date(now.getTime() - 3_600_000))),
    billingResources: servers.map(({ account, name, resourceId, projectId }) => ({
      ...{ id: `row-${name}`, resourceId, resourceName: name, domainId: domains.get(account) ?? '', projectId },
      ...{ regionCode: region, effectiveTime: createdAt, expireTime, updateTime: createdAt },
    })),
  } satisfies WorldInput);
}

/**
 * The calls that one reading of an account takes (`docs/capacity.md`): pages of the billing centre's rows, of both lists of machines
 * and of backups, and fifteen besides: five lists of orders, the page that ends a list of machines, and nine that are one page each.
 * A checkpoint is asked for once. A dedicated host takes three: itself, a page of its machines, and the page that ends them.
 */
export function pagesOf({ servers, accounts, machinesPerServer, hostType }: Fleet): number {
  const [own, machines] = [servers / accounts, (servers / accounts) * machinesPerServer];
  const ofHosts = hostType === 'DeH' ? 3 * own : 0;
  const lists = [own / 50, machines / 100, machines / 1_000, machines / 1_000].map(Math.ceil);
  return lists.reduce((sum, pages) => sum + pages, 15 + ofHosts);
}

type Part<Name extends keyof WorldInput> = NonNullable<WorldInput[Name]>;

function accountsAndPools(fleet: Fleet, createdAt: string): WorldInput {
  const accounts = accountsOf(fleet);
  return {
    accounts: accounts.map(({ name, domainId, accessKey, secretKey }) => ({
      ...{ domainId, name, accessKeys: [{ accessKey, secretKey }] },
    })),
    projects: accounts.map(({ domainId, projectId: id }) => ({ id, name: region, region, domainId })),
    pools: accounts.map(({ projectId }) => ({ projectId, availabilityZone, hostSpec: 's3' })),
    vaults: accounts.map(({ projectId, name }) => ({ id: vaultOf(projectId), name, projectId, createdAt })),
    // One run of a policy backs up all machines of a vault.
    checkpoints: accounts.map(({ projectId }) => ({
      ...{ id: checkpointOf(projectId), vaultId: vaultOf(projectId), projectId, createdAt },
    })),
  };
}

const vaultOf = (projectId: string) => `vault-${projectId}`;
const checkpointOf = (projectId: string) => `checkpoint-${projectId}`;

function machinesOn(
  { machinesPerServer }: Fleet,
  { name, projectId, resourceId }: FleetServer,
  place: number,
  createdAt: string,
): Part<'virtualMachines'> {
  return Array.from({ length: machinesPerServer }, (_, index) => ({
    id: `ec500000-0000-4000-8000-${digits(place * machinesPerServer + index, 12)}`,
    name: `vm-${index}-on-${name}`,
    ...{ projectId, availabilityZone, serverId: resourceId, createdAt },
  }));
}

function backupOf(machine: Part<'virtualMachines'>[number], createdAt: Date): Part<'backups'>[number] {
  const { id, name, projectId } = machine;
  return {
    id: `backup-of-${id}`,
    name: `${name}-backup`,
    checkpointId: checkpointOf(projectId),
    vaultId: vaultOf(projectId),
    createdAt: createdAt.toISOString(),
    ...{ projectId, resourceId: id, resourceName: name, resourceAz: availabilityZone },
  };
}
