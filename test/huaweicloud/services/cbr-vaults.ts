import { type Answer, flatError, ok } from '../answers.ts';
import type { Operation, SignedCall } from '../operations.ts';
import { inEnterpriseProject, integerParameter } from '../parameters.ts';
import { withoutZone } from '../wire-time.ts';
import type { Vault } from '../world/backups.ts';
import type { World } from '../world/world.ts';
import { badRequest, limits, SERVER } from './cbr-backups.ts';

/** Cloud Backup and Recovery: vaults, and one checkpoint with what it skipped. */
export const cbrVaults: readonly Operation[] = [
  { name: 'cbr.listVaults', method: 'GET', path: '/v3/{project_id}/vaults', access: 'project', answer: listVaults },
  {
    name: 'cbr.showCheckpoint',
    method: 'GET',
    path: '/v3/{project_id}/checkpoints/{checkpoint_id}',
    access: 'project',
    answer: showCheckpoint,
  },
];

function listVaults(call: SignedCall): Answer {
  const { world, path, query } = call;
  const limit = integerParameter(call, 'limit', limits, badRequest);
  const offset = integerParameter(call, 'offset', { default: 0, min: 0, max: 1_000_000 }, badRequest);
  const resourceIds = query.get('resource_ids')?.split(',');
  const status = query.get('status');
  const found = world.vaults
    .filter(({ projectId }) => projectId === path['project_id'])
    .filter((vault) => inEnterpriseProject(query.get('enterprise_project_id'), vault.enterpriseProjectId))
    .filter((vault) => resourceIds === undefined || resourceIds.some((id) => vault.resourceIds.includes(id)))
    .filter((vault) => status === null || vault.billingStatus === status);
  const page = found.slice(offset, offset + limit);
  return ok({ vaults: page.map((vault) => vaultInfo(world, vault)), count: found.length, limit, offset });
}

/** What a vault tells of the machines in it: looked up by tables, because a vault may hold a hundred thousand. */
function resourcesIn(world: World, vault: Vault) {
  const names = new Map(world.virtualMachines.map(({ id, name }) => [id, name]));
  const backups = Map.groupBy(
    world.backups.filter(({ vaultId }) => vaultId === vault.id),
    ({ resourceId }) => resourceId,
  );
  return (id: string) => ({
    id,
    name: names.get(id) ?? '',
    type: SERVER,
    protect_status: 'available',
    backup_count: backups.get(id)?.length ?? 0,
    backup_size: 0,
    auto_protect: false,
  });
}

/** As a checkpoint shows them (`CheckpointResourceResp`): there the numbers are text. */
function savedIn(world: World, vault: Vault) {
  const resource = resourcesIn(world, vault);
  return (id: string) => {
    const { name, type, protect_status, backup_count } = resource(id);
    return {
      id,
      name,
      type,
      protect_status,
      resource_size: '40',
      backup_size: '0',
      backup_count: String(backup_count),
    };
  };
}

const vaultInfo = (world: World, vault: Vault) => ({
  id: vault.id,
  name: vault.name,
  project_id: vault.projectId,
  enterprise_project_id: vault.enterpriseProjectId,
  created_at: withoutZone(vault.createdAt),
  locked: false,
  billing: {
    status: vault.billingStatus,
    frozen_scene: vault.frozenScene,
    charging_mode: 'post_paid',
    cloud_type: 'public',
    consistent_level: 'crash_consistent',
    object_type: 'server',
    protect_type: 'backup',
    size: vault.sizeGb,
    used: 0,
  },
  resources: vault.resourceIds.map(resourcesIn(world, vault)),
});

function showCheckpoint({ world, path }: SignedCall): Answer {
  const id = path['checkpoint_id'];
  const checkpoint = world.checkpoints.find(
    (candidate) => candidate.id === id && candidate.projectId === path['project_id'],
  );
  const vault = world.vaults.find((candidate) => candidate.id === checkpoint?.vaultId);
  if (checkpoint === undefined || vault === undefined) {
    return flatError(404, 'BackupService.6201', `Checkpoint ${id} could not be found.`);
  }
  const saved = world.backups.filter(({ checkpointId }) => checkpointId === id).map(({ resourceId }) => resourceId);
  return ok({
    checkpoint: {
      id: checkpoint.id,
      project_id: checkpoint.projectId,
      status: checkpoint.status,
      created_at: withoutZone(checkpoint.createdAt),
      vault: {
        id: vault.id,
        name: vault.name,
        resources: saved.map(savedIn(world, vault)),
        skipped_resources: checkpoint.skipped.map((skipped) => ({
          ...skipped,
          type: SERVER,
          code: 'BackupService.6007',
        })),
      },
      extra_info: { name: `checkpoint-${checkpoint.id.slice(-4)}`, description: '', retention_duration: -1 },
    },
  });
}
