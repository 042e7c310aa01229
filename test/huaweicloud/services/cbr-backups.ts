import { type Answer, flatError, ok } from '../answers.ts';
import type { Operation, SignedCall } from '../operations.ts';
import { inEnterpriseProject, integerParameter, pageAfter } from '../parameters.ts';
import { withoutZone } from '../wire-time.ts';
import type { Backup } from '../world/backups.ts';

/** Cloud Backup and Recovery: backups. Its times carry no zone. */
export const cbrBackups: readonly Operation[] = [
  {
    name: 'cbr.listBackups',
    method: 'GET',
    path: '/v3/{project_id}/backups',
    access: 'project',
    answer: listBackups,
  },
];

/** The resource type of an ECS in CBR. */
export const SERVER = 'OS::Nova::Server';
/** The refusal of a bad parameter. [inference] The number of the code. */
export const badRequest = (message: string): Answer => flatError(400, 'BackupService.9900', message);
/** The bounds of `limit`; 1000 is documented for vaults only. */
export const limits = { default: 1_000, min: 1, max: 1_000 };

function listBackups(call: SignedCall): Answer {
  const { world, path, query } = call;
  const limit = integerParameter(call, 'limit', limits, badRequest);
  const offset = integerParameter(call, 'offset', { default: 0, min: 0, max: 1_000_000 }, badRequest);
  const isWanted = filterOf(query);
  const isInTime = timeFilterOf(query);
  const found = world.backups.filter(
    (backup) => backup.projectId === path['project_id'] && isWanted(backup) && isInTime(backup),
  );
  const sorted = sortedBy(found, query.get('sort') ?? 'created_at:desc');
  const marker = query.get('marker');
  const page =
    marker === null
      ? sorted.slice(offset, offset + limit)
      : pageAfter(sorted, ({ id }) => id, marker, limit, badRequest).page;
  return ok({ backups: page.map(backupInfo), count: found.length, offset, limit });
}

type Filter = (backup: Backup) => boolean;

function filterOf(query: URLSearchParams): Filter {
  const wanted = Object.fromEntries(query);
  const is = (name: string, value: string) => wanted[name] === undefined || wanted[name] === value;
  const statuses = query.getAll('status');
  return (backup) =>
    inEnterpriseProject(wanted['enterprise_project_id'] ?? null, backup.enterpriseProjectId) &&
    (statuses.length === 0 || statuses.includes(backup.status)) &&
    is('resource_type', SERVER) &&
    is('resource_id', backup.resourceId) &&
    is('checkpoint_id', backup.checkpointId) &&
    is('vault_id', backup.vaultId) &&
    is('image_type', backup.imageType);
}

function timeFilterOf(query: URLSearchParams): Filter {
  const begin = query.get('start_time');
  const end = query.get('end_time');
  return ({ createdAt }) =>
    (begin === null || Date.parse(createdAt) >= Date.parse(begin)) &&
    (end === null || Date.parse(createdAt) <= Date.parse(end));
}

function sortedBy(backups: readonly Backup[], sort: string): Backup[] {
  const [key = '', direction = 'asc'] = sort.split(':');
  const sign = direction === 'desc' ? -1 : 1;
  if (key === 'name' || key === 'status' || key === 'id') {
    return backups.toSorted((one, other) => sign * one[key].localeCompare(other[key]));
  }
  return backups.toSorted((one, other) => sign * (Date.parse(one.createdAt) - Date.parse(other.createdAt)));
}

const backupInfo = (backup: Backup) => ({
  id: backup.id,
  name: backup.name,
  status: backup.status,
  project_id: backup.projectId,
  vault_id: backup.vaultId,
  checkpoint_id: backup.checkpointId,
  resource_id: backup.resourceId,
  resource_name: backup.resourceName,
  resource_type: SERVER,
  resource_az: backup.resourceAz,
  resource_size: 40,
  created_at: withoutZone(backup.createdAt),
  updated_at: withoutZone(backup.createdAt),
  protected_at: withoutZone(backup.createdAt),
  expired_at: backup.expiredAt === null ? null : withoutZone(backup.expiredAt),
  image_type: backup.imageType,
  incremental: backup.incremental,
  version: 3,
  enterprise_project_id: backup.enterpriseProjectId,
  provider_id: '0daac4c5-6707-4851-97ba-169e36266b66',
  parent_id: null,
  children: [],
  replication_records: [],
  extend_info: {
    auto_trigger: false,
    bootable: true,
    contain_system_disk: true,
    supported_restore_mode: backup.restoreMode,
  },
});
