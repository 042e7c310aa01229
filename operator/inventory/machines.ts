import type { VirtualMachineService } from '../api/dccserver.ts';
import type { DCCServer } from '../api/objects.ts';
import type { CceNode } from '../huaweicloud/cce.ts';
import type { CloudServer, RecycledServer } from '../huaweicloud/ecs.ts';
import type { RdsInstance } from '../huaweicloud/rds.ts';
import type { DependentMachine, Dependents } from './observation.ts';
import { oncePer } from './once-per.ts';
import type { MrsMachine } from './project.ts';

/** A machine on a server, before its backup is judged. */
export type Machine = Omit<DependentMachine, 'backup'>;

/** A machine as a source shows it, before it is said whether it is on the server. */
type ShownMachine = Omit<Machine, 'placed'>;

export const here = (machine: ShownMachine): Machine => ({ ...machine, placed: 'Here' });
export const maybeHere = (machine: ShownMachine): Machine => ({ ...machine, placed: 'MaybeHere' });

/** What one kind of host found on a server. */
export interface FoundOnServer extends Pick<Dependents, 'basis' | 'mismatch'> {
  machines: readonly Machine[];
}

/** Tells which service made a machine, so that people know where to delete it. */
export type ServiceOf = (machine: { id: string; tags?: Readonly<Record<string, string>> }) => VirtualMachineService;

/** What ECS lists, by id. */
export const listedById = oncePer(
  (all: readonly CloudServer[]): ReadonlyMap<string, CloudServer> => new Map(all.map((server) => [server.id, server])),
);

const serverIdsOf = oncePer(
  (nodes: readonly { serverId: string | undefined }[]): ReadonlySet<string | undefined> =>
    new Set(nodes.map(({ serverId }) => serverId)),
);

/** CCE and MRS by their own lists of nodes, CCE also by the tags it sets; everything else is ECS. */
export function serviceOf(cce: readonly CceNode[], mrs: readonly MrsMachine[]): ServiceOf {
  const cceIds = serverIdsOf(cce);
  const mrsIds = serverIdsOf(mrs);
  return ({ id, tags = {} }) => {
    if (cceIds.has(id) || 'CCE-Cluster-ID' in tags || 'CCE-Dynamic-Provisioning-Node' in tags) return 'CCE';
    return mrsIds.has(id) ? 'MRS' : 'ECS';
  };
}

export const listedMachine = (server: CloudServer, service: ServiceOf): ShownMachine => ({
  id: server.id,
  name: server.name,
  status: server.inRecycleBin ? 'InRecycleBin' : server.status,
  service: service(server),
});

export const recycledMachine = ({ id, name }: RecycledServer, service: ServiceOf): ShownMachine => ({
  id,
  name,
  status: 'InRecycleBin',
  service: service({ id }),
});

/** A node whose machine ECS does not list; a node that has no machine yet is named by its own id. */
export const hiddenCceNode = ({ uid, name, serverId, phase }: CceNode): ShownMachine => ({
  id: serverId ?? uid,
  name,
  status: phase ?? 'Unknown',
  service: 'CCE',
});

export const hiddenMrsNode = ({ serverId, name }: MrsMachine): ShownMachine => ({
  id: serverId,
  name: name ?? '',
  status: 'Unknown',
  service: 'MRS',
});

export const database = ({ id, name, status }: RdsInstance): ShownMachine => ({
  id,
  name,
  status,
  service: 'RDS',
});

/**
 * How many instances that no list shows a person states to be on other servers of the pool. One that is listed after all
 * is among those already.
 */
export const unlistedExclusions = ({ virtualMachines }: DCCServer['spec'], isListed: (id: string) => boolean): number =>
  virtualMachines?.exclude?.filter(({ id, service }) => service === 'Other' && !isListed(id)).length ?? 0;

/** Ids of the machines and instances that a person states do not count. */
export const excludedIds = ({ spec }: DCCServer): Set<string> =>
  new Set(spec.virtualMachines?.exclude?.map(({ id }) => id));

/** Whether something is in the zone of a server, or does not tell its zone. */
export const mayBeInZone = (
  spec: DCCServer['spec'],
  { availabilityZone }: { availabilityZone: string | undefined },
): boolean => availabilityZone === undefined || availabilityZone === spec.availabilityZone;

/** Whether a machine was ever seen on this server, as its status records it. */
export function wasSeenHere({ status }: DCCServer, id: string): boolean {
  const remaining = status.virtualMachines?.remaining ?? [];
  return [...remaining, ...(status.departed ?? [])].some((machine) => machine.id === id);
}
