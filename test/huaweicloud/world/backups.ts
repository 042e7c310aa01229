import { z } from 'zod';
import { instantSchema } from './account.ts';
import type { World } from './world.ts';

export const vaultSchema = z.strictObject({
  id: z.string(),
  name: z.string(),
  projectId: z.string(),
  billingStatus: z.enum(['available', 'lock', 'frozen', 'deleting', 'error']).default('available'),
  frozenScene: z.string().default(''),
  sizeGb: z.int().default(500),
  enterpriseProjectId: z.string().default('0'),
  createdAt: instantSchema,
  /** Ids of the VMs bound to the vault. */
  resourceIds: z.array(z.string()).default([]),
});

export const checkpointSchema = z.strictObject({
  id: z.string(),
  vaultId: z.string(),
  projectId: z.string(),
  status: z.enum(['available', 'protecting', 'deleting', 'deleted', 'error-deleting', 'error']).default('available'),
  createdAt: instantSchema,
  /** VMs that this checkpoint did not back up. */
  skipped: z.array(z.strictObject({ id: z.string(), name: z.string(), reason: z.string() })).default([]),
});

export const backupSchema = z.strictObject({
  id: z.string(),
  name: z.string(),
  projectId: z.string(),
  vaultId: z.string(),
  checkpointId: z.string(),
  /** Id of the VM; it stays when the VM is gone. */
  resourceId: z.string(),
  resourceName: z.string(),
  resourceAz: z.string(),
  status: z
    .enum([
      'available',
      'protecting',
      'deleting',
      'restoring',
      'error',
      'waiting_protect',
      'waiting_delete',
      'waiting_restore',
    ])
    .default('available'),
  createdAt: instantSchema,
  expiredAt: instantSchema.nullable().default(null),
  /** When a backup that is still `protecting` becomes available. */
  availableAt: instantSchema.nullable().default(null),
  imageType: z.enum(['backup', 'replication']).default('backup'),
  restoreMode: z.enum(['na', 'snapshot', 'backup']).default('backup'),
  incremental: z.boolean().default(false),
  enterpriseProjectId: z.string().default('0'),
});

export type Vault = z.infer<typeof vaultSchema>;
export type Checkpoint = z.infer<typeof checkpointSchema>;
export type Backup = z.infer<typeof backupSchema>;

/** Finishes the backups whose time has come. Returns whether anything changed. */
export function settleBackups(world: World, now: Date): boolean {
  const finished = world.backups.filter(
    (backup) => backup.availableAt !== null && Date.parse(backup.availableAt) <= now.getTime(),
  );
  for (const backup of finished) {
    backup.status = 'available';
    backup.availableAt = null;
    const checkpoint = world.checkpoints.find((candidate) => candidate.id === backup.checkpointId);
    if (checkpoint?.status === 'protecting') checkpoint.status = 'available';
  }
  return finished.length > 0;
}
