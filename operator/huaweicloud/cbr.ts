import { z } from 'zod';
import { counted, instant, optional } from './answers.ts';
import type { ServiceReader } from './calls.ts';
import { unparsable } from './errors.ts';
import { collectCounted, type Listing } from './paging.ts';

/** A backup of a virtual machine. Times have no documented zone and are read as UTC: compare them with some slack. */
export interface Backup {
  readonly id: string;
  readonly resourceId: string;
  /** available, protecting, restoring, error, … as the cloud writes it. Only `available` is evidence. */
  readonly status: string;
  readonly createdAt: Date;
  /** Undefined: it does not expire. */
  readonly expiredAt: Date | undefined;
  /** `na` (cannot be restored), `snapshot` or `backup`, as the cloud writes it; undefined when it does not tell. */
  readonly restoreMode: string | undefined;
  /** `backup` or `replication`. */
  readonly imageType: string;
  readonly vaultId: string | undefined;
  readonly checkpointId: string | undefined;
}

/** A vault: a backup in one that is frozen or being deleted is no evidence. */
export interface Vault {
  readonly id: string;
  readonly name: string;
  /** available, lock, frozen, deleting or error, as the cloud writes it. */
  readonly status: string;
  readonly frozenScene: string | undefined;
  readonly resourceIds: readonly string[];
}

/** One run of a backup policy; a machine among the skipped ones was not backed up by it. */
export interface Checkpoint {
  readonly id: string;
  readonly status: string;
  readonly skippedResources: readonly { readonly id: string; readonly reason: string | undefined }[];
}

/** Cloud Backup and Recovery. */
export interface Cbr {
  /** All available backups of machines of the project, all pages: one read for however many machines. */
  availableBackups(signal?: AbortSignal): Promise<Backup[]>;
  /** The ten newest available backups of a machine, newest first; also of one that was deleted. One page by intent. */
  backupsOf(vmId: string, signal?: AbortSignal): Promise<Backup[]>;
  /** All vaults for machines of the project, all pages; also those whose machines are gone. */
  vaults(signal?: AbortSignal): Promise<Vault[]>;
  /** One checkpoint. Throws `NotFound` when there is none. */
  checkpoint(id: string, signal?: AbortSignal): Promise<Checkpoint>;
}

const backup = z.object({
  id: z.string().min(1),
  status: z.string(),
  resource_id: z.string(),
  created_at: instant,
  expired_at: optional(instant),
  checkpoint_id: optional(z.string()),
  vault_id: optional(z.string()),
  image_type: z.string(),
  extend_info: optional(z.object({ supported_restore_mode: optional(z.string()) })),
});
const vault = z.object({
  id: z.string().min(1),
  name: z.string(),
  billing: z.object({ status: z.string(), frozen_scene: optional(z.string()) }),
  resources: z.array(z.object({ id: z.string() })),
});
const skipped = z.object({ id: z.string(), reason: optional(z.string()) });
const shownCheckpoint = z.object({
  checkpoint: z.object({
    id: z.string(),
    status: z.string(),
    vault: z.object({ skipped_resources: z.array(skipped) }),
  }),
});

const allEnterpriseProjects = 'all_granted_eps';

/** Creates the client; its calls are bound to the project. */
export function createCbr(reader: ServiceReader<'cbr'>): Cbr {
  return {
    availableBackups: (signal) => allBackups(reader, signal),
    backupsOf: (vmId, signal) => newestBackups(reader, vmId, signal),
    vaults: (signal) => allVaults(reader, signal),
    async checkpoint(id, signal) {
      const path = (project: string) => ['v3', project, 'checkpoints', id];
      const answer = await reader.read({ operation: 'ShowCheckpoint', path, schema: shownCheckpoint }, signal);
      const { vault, ...checkpoint } = answer.checkpoint;
      return { ...checkpoint, skippedResources: vault.skipped_resources };
    },
  };
}

const machineBackups = {
  resource_type: 'OS::Nova::Server',
  status: 'available',
  sort: 'created_at:desc',
  enterprise_project_id: allEnterpriseProjects,
};
const backupPath = (project: string) => ['v3', project, 'backups'];
const backupPage = counted('count', 'backups', backup);
const vaultPage = counted('count', 'vaults', vault);

async function allBackups(reader: ServiceReader<'cbr'>, signal?: AbortSignal): Promise<Backup[]> {
  const operation = 'ListBackups';
  const listing: Listing<z.infer<typeof backup>> = { operation: `cbr.${operation}`, key: (row) => row.id };
  const rows = await collectCounted(listing, ({ offset }) => {
    const query = { ...machineBackups, offset, limit: 1_000 };
    return reader.read({ operation, path: backupPath, query, schema: backupPage }, signal);
  });
  return rows.map(backupOf);
}

async function newestBackups(reader: ServiceReader<'cbr'>, vmId: string, signal?: AbortSignal): Promise<Backup[]> {
  if (vmId === '') throw new TypeError('Name a virtual machine: no filter would list all backups.');
  const query = { ...machineBackups, resource_id: vmId, limit: 10 };
  const page = await reader.read({ operation: 'ListBackups', path: backupPath, query, schema: backupPage }, signal);
  if (page.items.some((row) => row.resource_id !== vmId)) {
    throw unparsable('cbr.ListBackups', 'backups of other machines came');
  }
  return page.items.map(backupOf);
}

const backupOf = (row: z.infer<typeof backup>): Backup => ({
  id: row.id,
  resourceId: row.resource_id,
  status: row.status,
  createdAt: row.created_at,
  expiredAt: row.expired_at,
  restoreMode: row.extend_info?.supported_restore_mode,
  imageType: row.image_type,
  vaultId: row.vault_id,
  checkpointId: row.checkpoint_id,
});

/** Of every kind of protection: a backup that came from another region lies in a vault for replicas. */
async function allVaults(reader: ServiceReader<'cbr'>, signal?: AbortSignal): Promise<Vault[]> {
  const operation = 'ListVault';
  const listing: Listing<z.infer<typeof vault>> = { operation: `cbr.${operation}`, key: (row) => row.id };
  const rows = await collectCounted(listing, ({ offset }) => {
    const query = { object_type: 'server', enterprise_project_id: allEnterpriseProjects, limit: 1_000, offset };
    const path = (project: string) => ['v3', project, 'vaults'];
    return reader.read({ operation, path, query, schema: vaultPage }, signal);
  });
  return rows.map((row) => ({
    id: row.id,
    name: row.name,
    status: row.billing.status,
    frozenScene: row.billing.frozen_scene,
    resourceIds: row.resources.map((resource) => resource.id),
  }));
}
