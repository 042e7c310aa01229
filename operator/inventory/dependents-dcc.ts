import type { DCCServerSpec } from '../api/dccserver.ts';
import type { DCCServer } from '../api/objects.ts';
import type { ResourceCluster } from '../huaweicloud/dcc.ts';
import type { CloudServer, RecycledServer } from '../huaweicloud/ecs.ts';
import type { RdsInstance } from '../huaweicloud/rds.ts';
import {
  database,
  type FoundOnServer,
  here,
  hiddenCceNode,
  hiddenMrsNode,
  listedById,
  listedMachine,
  mayBeInZone,
  maybeHere,
  recycledMachine,
  serviceOf,
  unlistedExclusions,
  wasSeenHere,
} from './machines.ts';
import type { Reading } from './observation.ts';
import type { ProjectInventory } from './project.ts';
import { combine } from './reading.ts';

/**
 * On a server of a cluster. No API ties a machine to it: the mapping in spec does, and without one every
 * machine of the zone that the pool can run counts.
 */
export function onClusterServer(server: DCCServer, project: ProjectInventory): Reading<FoundOnServer> {
  const { spec } = server;
  const { machines, recycleBin, cceNodes, mrsNodes, rdsInstances } = project;
  return combine(
    [machines, recycleBin, poolsIn(spec.availabilityZone, project.pools), cceNodes, mrsNodes, rdsInstances],
    (all, bin, pools, cce, mrs, rds): FoundOnServer => {
      const service = serviceOf(cce, mrs);
      const inPool = all.filter((machine) => couldBeInPool(machine, spec, pools));
      const listed = listedById(all);
      const hiddenCce = cce.filter((node) => mayBeInZone(spec, node) && !listed.has(node.serverId ?? ''));
      const hiddenMrs = mrs.filter((node) => mayBeInZone(spec, node) && !listed.has(node.serverId));
      const databases = rds.filter((instance) => mayHaveNodeIn(spec, instance));
      const isListed = (wanted: string) =>
        listed.has(wanted) ||
        [...cce, ...mrs].some(({ serverId }) => serverId === wanted) ||
        rds.some(({ id }) => id === wanted);
      return {
        basis: hasMapping(spec) ? 'Mapping' : 'WholeZone',
        mismatch: hiddenInPool(
          pools,
          [
            ...inPool.filter(isRunning).map((machine) => machine.availabilityZone),
            ...hiddenCce.filter(({ serverId }) => serverId !== undefined).map((node) => node.availabilityZone),
            ...hiddenMrs.map((node) => node.availabilityZone),
            ...databases.flatMap((instance) => instance.availabilityZones),
          ],
          unlistedExclusions(spec, isListed),
        ),
        machines: [
          ...inPool
            .filter((machine) => mayBeOn(spec, machine))
            .map((machine) => (isMapped(spec, machine) ? here : maybeHere)(listedMachine(machine, service))),
          ...[
            ...bin
              .filter((entry) => mayBeRecycledFrom(server, entry, all))
              .map((entry) => recycledMachine(entry, service)),
            ...hiddenCce.map(hiddenCceNode),
            ...hiddenMrs.map(hiddenMrsNode),
            ...databases.map(database),
          ].map(maybeHere),
        ],
      };
    },
  );
}

/** An instance without nodes, as one that is still being made, may get one in any zone; a node without a zone may be in any. */
const mayHaveNodeIn = ({ availabilityZone }: DCCServerSpec, { availabilityZones }: RdsInstance): boolean =>
  availabilityZones.length === 0 || availabilityZones.some((zone) => zone === '' || zone === availabilityZone);

function poolsIn(zone: string, pools: Reading<readonly ResourceCluster[]>): Reading<readonly ResourceCluster[]> {
  if (pools.kind === 'Unreadable') return pools;
  const inZone = pools.value.filter(({ availabilityZone }) => availabilityZone === zone);
  if (inZone.length > 0) return { kind: 'Read', value: inZone };
  return {
    kind: 'Unreadable',
    failure: {
      source: 'DCC pools',
      cause: 'Configuration',
      message: `the project has no DCC pool in ${zone}.`,
      remedy: 'Create a DCCServer with the right projectId, availabilityZone and hostType.',
    },
  };
}

/**
 * What the mapping names is here, whatever else is said of it. A machine whose zone is still empty may end up in any; one
 * on a dedicated host is not in the pool. A pool that names no flavor may run any.
 */
function couldBeInPool(machine: CloudServer, spec: DCCServerSpec, pools: readonly ResourceCluster[]): boolean {
  if (isMapped(spec, machine)) return true;
  if (machine.dedicatedHostId !== undefined) return false;
  if (machine.availabilityZone !== '' && machine.availabilityZone !== spec.availabilityZone) return false;
  return pools.some(({ flavors }) => flavors.length === 0 || flavors.includes(machine.flavorId));
}

const hasMapping = ({ virtualMachines }: DCCServerSpec): boolean =>
  (virtualMachines?.hypervisorHostnames ?? []).length + (virtualMachines?.hostIds ?? []).length > 0;

/** What tells the host of a machine. */
type Placed = Pick<CloudServer, 'hypervisorHostname' | 'hostId'>;

function isMapped({ virtualMachines }: DCCServerSpec, { hypervisorHostname, hostId }: Placed): boolean {
  const byName = hypervisorHostname !== undefined && virtualMachines?.hypervisorHostnames?.includes(hypervisorHostname);
  return byName || (hostId !== undefined && (virtualMachines?.hostIds?.includes(hostId) ?? false));
}

/**
 * A machine is on another server only when the cloud tells everything by which the mapping knows its machines, and all
 * of it is another: a name says nothing to a mapping by host ids.
 */
function mayBeOn(spec: DCCServerSpec, machine: Placed): boolean {
  if (!hasMapping(spec) || isMapped(spec, machine)) return true;
  const { hypervisorHostnames = [], hostIds = [] } = spec.virtualMachines ?? {};
  const untoldName = hypervisorHostnames.length > 0 && machine.hypervisorHostname === undefined;
  const untoldId = hostIds.length > 0 && machine.hostId === undefined;
  return untoldName || untoldId;
}

/** What ECS lists is where it says. Otherwise the recycle bin itself may tell; what tells nothing may be here, in its zone. */
function mayBeRecycledFrom(server: DCCServer, entry: RecycledServer, all: readonly CloudServer[]): boolean {
  const { spec } = server;
  const told = listedById(all).get(entry.id) ?? entry;
  if (wasSeenHere(server, entry.id) || isMapped(spec, told)) return true;
  if (told.dedicatedHostId !== undefined) return false;
  return mayBeInZone(spec, entry) && mayBeOn(spec, told);
}

/**
 * The pools of a zone count their running instances themselves: more than all sources show there means that something is
 * hidden. Nodes of CCE, MRS and RDS that ECS does not list are among those that are counted; without them the count could
 * never be met. What does not run for certain, or whose zone is not told, is not: it would make up for an instance that is hidden.
 */
function hiddenInPool(
  pools: readonly ResourceCluster[],
  runningIn: readonly (string | undefined)[],
  excluded: number,
): FoundOnServer['mismatch'] {
  const counted = pools.reduce((total, { instanceTotal }) => total + instanceTotal, 0);
  const listed = runningIn.filter((zone) => pools.some(({ availabilityZone }) => availabilityZone === zone)).length;
  return counted > listed + excluded ? { source: 'The DCC pool', counted, listed, excluded } : undefined;
}

/** The states of an ECS in which it runs on its host for certain. Whether a pool counts one in `ERROR`, say, nobody documents. */
const runningStates: ReadonlySet<string> = new Set([
  'ACTIVE',
  'REBOOT',
  'HARD_REBOOT',
  'PASSWORD',
  'MIGRATING',
  'VERIFY_RESIZE',
]);

const isRunning = ({ status, inRecycleBin }: CloudServer): boolean => runningStates.has(status) && !inRecycleBin;
