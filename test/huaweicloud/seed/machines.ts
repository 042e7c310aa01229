import type { z } from 'zod';
import type { backupSchema } from '../world/backups.ts';
import type { virtualMachineSchema } from '../world/virtual-machines.ts';
import { append, type Context, DAY, seeded, uuid } from './context.ts';

export type Machine = z.input<typeof virtualMachineSchema>;
export type Backup = z.input<typeof backupSchema>;

/** A VM on the named server. Returns its id. */
export function addMachine(context: Context, machine: Partial<Machine> & { name: string }, on: string): string {
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

/** An hour-old backup of the named VM in the first vault. */
export function addBackup(context: Context, of: string, backup: Partial<Backup> = {}): void {
  const { world, now } = context;
  const machine = world.virtualMachines.find(({ name }) => name === of);
  const [vault] = world.vaults;
  if (machine === undefined || vault === undefined) throw new Error(`a backup of ${of} needs that VM and a vault`);
  const createdAt = new Date(now.getTime() - 3_600_000).toISOString();
  const origin = { projectId: machine.projectId, vaultId: vault.id, createdAt };
  append(context, {
    backups: [
      {
        id: uuid('bac0', world.backups),
        name: `${of}-backup`,
        checkpointId: checkpointOf(context, origin),
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

/** One run of a policy backs up all machines of a vault. */
function checkpointOf(context: Context, run: { projectId: string; vaultId: string; createdAt: string }): string {
  const { world } = context;
  const made = world.checkpoints.find(
    ({ vaultId, createdAt }) => vaultId === run.vaultId && createdAt === run.createdAt,
  );
  if (made !== undefined) return made.id;
  const id = uuid('c4ec', world.checkpoints);
  append(context, { checkpoints: [{ id, ...run }] });
  return id;
}

/** A VM that the named CCE cluster made, with the tags that CCE sets. */
export function addCceNode(context: Context, name: string, on: string, clusterName: string): void {
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

/** An MRS cluster with one VM. */
export function addMrsNode(context: Context, name: string, on: string, enterpriseProjectId: string): void {
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

/** A database instance with one VM that the tenant cannot see. */
export function addRdsInstance(context: Context, name: string, on: string): void {
  const { world, now } = context;
  const vmId = addMachine(context, { name: `${name}-node`, service: 'RDS', listedByEcs: false }, on);
  const id = uuid('4d50', world.rdsInstances);
  const node = {
    id: uuid('4d51', world.rdsInstances),
    name: `${name}_node0`,
    availabilityZone: seeded.availabilityZone,
    vmId,
  };
  const base = { id, name, projectId: seeded.projectId, region: seeded.region, createdAt: now.toISOString() };
  append(context, { rdsInstances: [{ ...base, nodes: [node] }] });
}
