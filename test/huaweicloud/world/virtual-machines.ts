import { z } from 'zod';
import { instantSchema } from './account.ts';
import type { World } from './world.ts';

export const virtualMachineSchema = z.strictObject({
  id: z.string().min(1),
  name: z.string().min(1),
  projectId: z.string(),
  availabilityZone: z.string(),
  /** Resource id of the physical server it runs on; null on shared hosts. */
  serverId: z.string().nullable(),
  service: z.enum(['ECS', 'CCE', 'MRS', 'RDS']).default('ECS'),
  /** Whether the tenant sees it in ECS. Database VMs run in the provider's tenant, so they are hidden. */
  listedByEcs: z.boolean().default(true),
  status: z.enum(['BUILD', 'ACTIVE', 'SHUTOFF', 'ERROR', 'MIGRATING', 'SOFT_DELETED']).default('ACTIVE'),
  createdAt: instantSchema,
  flavor: z
    .strictObject({ id: z.string(), vcpus: z.int(), ramMb: z.int() })
    .default({ id: 's3.large.2', vcpus: 2, ramMb: 4_096 }),
  imageId: z.string().default('1189efbf-d48b-46ad-a823-94b942e2a000'),
  enterpriseProjectId: z.string().default('0'),
  /** "0" pay-per-use (what VMs on a DCC are), "1" yearly/monthly, "2" spot. */
  chargingMode: z.enum(['0', '1', '2']).default('0'),
  metadata: z.record(z.string(), z.string()).default({}),
  /** "key=value", as ECS writes them. */
  tags: z.array(z.string()).default([]),
  frozen: z.boolean().default(false),
  deletion: z.strictObject({ finishesAt: instantSchema, toRecycleBin: z.boolean() }).nullable().default(null),
  migration: z.strictObject({ to: z.string(), finishesAt: instantSchema }).nullable().default(null),
  recycleBin: z.strictObject({ since: instantSchema, until: instantSchema }).nullable().default(null),
});

export type VirtualMachine = z.infer<typeof virtualMachineSchema>;

const due = (instant: string, now: Date): boolean => Date.parse(instant) <= now.getTime();

/** Finishes the deletions and migrations whose time has come. Returns whether anything changed. */
export function settleVirtualMachines(world: World, now: Date, recycleBinRetention: number): boolean {
  let changed = false;
  for (const machine of [...world.virtualMachines]) {
    if (machine.migration !== null && due(machine.migration.finishesAt, now)) {
      finishMigration(world, machine, machine.migration.to);
      changed = true;
    }
    if (machine.deletion !== null && due(machine.deletion.finishesAt, now)) {
      finishDeletion(world, machine, machine.deletion, recycleBinRetention);
      changed = true;
    }
    if (machine.recycleBin !== null && due(machine.recycleBin.until, now)) {
      destroyVirtualMachine(world, machine.id);
      changed = true;
    }
  }
  return changed;
}

/** Starts to delete a VM; it stays listed, with a task under way, until the deletion has finished. */
export function beginDeletion(machine: VirtualMachine, now: Date, duration: number, toRecycleBin: boolean): void {
  machine.deletion = { finishesAt: new Date(now.getTime() + duration).toISOString(), toRecycleBin };
}

/** Starts to migrate a VM to another physical server; it stays on the old one until the migration has finished. */
export function beginMigration(machine: VirtualMachine, to: string, now: Date, duration: number): void {
  machine.status = 'MIGRATING';
  machine.migration = { to, finishesAt: new Date(now.getTime() + duration).toISOString() };
}

function finishMigration(world: World, machine: VirtualMachine, to: string): void {
  const target = world.servers.find((server) => server.resourceId === to);
  machine.serverId = to;
  machine.availabilityZone = target?.availabilityZone ?? machine.availabilityZone;
  machine.status = 'ACTIVE';
  machine.migration = null;
}

function finishDeletion(
  world: World,
  machine: VirtualMachine,
  deletion: { finishesAt: string; toRecycleBin: boolean },
  recycleBinRetention: number,
): void {
  if (!deletion.toRecycleBin) {
    destroyVirtualMachine(world, machine.id);
    return;
  }
  const since = Date.parse(deletion.finishesAt);
  machine.deletion = null;
  machine.status = 'SOFT_DELETED';
  machine.recycleBin = {
    since: new Date(since).toISOString(),
    until: new Date(since + recycleBinRetention).toISOString(),
  };
}

/** Removes a VM for good, with the node that CCE, MRS or RDS showed for it [inference: its service drops it too]. */
export function destroyVirtualMachine(world: World, id: string): void {
  world.virtualMachines = world.virtualMachines.filter((machine) => machine.id !== id);
  for (const cluster of world.cceClusters) cluster.nodes = cluster.nodes.filter((node) => node.vmId !== id);
  for (const cluster of world.mrsClusters) cluster.nodes = cluster.nodes.filter((node) => node.vmId !== id);
  for (const instance of world.rdsInstances) instance.nodes = instance.nodes.filter((node) => node.vmId !== id);
  world.rdsInstances = world.rdsInstances.filter((instance) => instance.nodes.length > 0);
}

/** Every VM that occupies a physical server: also stopped, hidden and soft-deleted ones. */
export const machinesOn = (world: World, serverId: string): VirtualMachine[] =>
  world.virtualMachines.filter((machine) => machine.serverId === serverId);

/** The same of many servers: all machines are gone through once, and not for each of thousands of servers. */
export function machinesByServer({ virtualMachines }: World): (serverId: string) => VirtualMachine[] {
  const byServer = Map.groupBy(virtualMachines, ({ serverId }) => serverId);
  return (serverId) => byServer.get(serverId) ?? [];
}
