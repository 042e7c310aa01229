import type { DCCServer } from '../api/objects.ts';
import type { CloudServer } from '../huaweicloud/ecs.ts';
import { onClusterServer } from './dependents-dcc.ts';
import { onDedicatedHost } from './dependents-deh.ts';
import { byName } from './ledger.ts';
import { excludedIds, type FoundOnServer, type Machine } from './machines.ts';
import type { BackupJudgement, Dependents, Reading } from './observation.ts';
import { oncePer } from './once-per.ts';
import type { ProjectInventory } from './project.ts';

/**
 * Everything that is, or may be, on a server. What cannot be told apart counts as being on it: a machine without a host,
 * a machine of the zone when there is no mapping, an RDS instance in the zone. A person may exclude it, with a reason.
 */
export function dependentsOf(
  server: DCCServer,
  project: ProjectInventory,
  judgeNow: (machineId: string) => BackupJudgement,
): Reading<Dependents> {
  const found = server.spec.hostType === 'DeH' ? onDedicatedHost(server, project) : onClusterServer(server, project);
  if (found.kind === 'Unreadable') return found;
  const excluded = excludedIds(server);
  const machines = unique(found.value.machines)
    .filter(({ id }) => !excluded.has(id))
    .sort(byName)
    .map((machine) => ({ ...machine, backup: judgeNow(machine.id) }));
  const { basis, mismatch } = found.value;
  return { kind: 'Read', value: { basis, mismatch, machines, aliveElsewhere: aliveElsewhere(project, found.value) } };
}

/** The first entry of each id: a machine may be shown by several sources. */
function unique(machines: readonly Machine[]): Machine[] {
  const byId = new Map<string, Machine>();
  for (const machine of machines) if (!byId.has(machine.id)) byId.set(machine.id, machine);
  return [...byId.values()];
}

function aliveElsewhere({ machines }: ProjectInventory, found: FoundOnServer): Dependents['aliveElsewhere'] {
  const here = new Set(found.machines.map(({ id }) => id));
  const alive = machines.kind === 'Read' ? aliveIn(machines.value) : new Set<string>();
  return { has: (id) => alive.has(id) && !here.has(id) };
}

const aliveIn = oncePer(
  (all: readonly CloudServer[]): ReadonlySet<string> => new Set(all.filter(isAlive).map(({ id }) => id)),
);

const isAlive = ({ status, inRecycleBin }: CloudServer): boolean =>
  !inRecycleBin && status !== 'DELETED' && status !== 'SOFT_DELETED';
