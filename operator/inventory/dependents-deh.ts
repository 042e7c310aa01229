import type { DCCServer } from '../api/objects.ts';
import type { CloudServer, RecycledServer } from '../huaweicloud/ecs.ts';
import {
  type FoundOnServer,
  here,
  hiddenCceNode,
  listedById,
  listedMachine,
  mayBeInZone,
  maybeHere,
  recycledMachine,
  serviceOf,
  wasSeenHere,
} from './machines.ts';
import type { ReadFailure, Reading } from './observation.ts';
import type { HostedMachines, ProjectInventory } from './project.ts';
import { combine } from './reading.ts';
import { isGone } from './row-state.ts';

/** On a dedicated host: the host's own list and its own count, and whatever ECS and CCE place there besides. */
export function onDedicatedHost(server: DCCServer, project: ProjectInventory): Reading<FoundOnServer> {
  const id = server.spec.resourceId;
  const { machines, recycleBin, cceNodes, mrsNodes } = project;
  return combine(
    [hostOf(id, project), machines, recycleBin, cceNodes, mrsNodes],
    (hosted, all, bin, cce, mrs): FoundOnServer => {
      const service = serviceOf(cce, mrs);
      // Only ECS tells the tags, by which the nodes of a cluster that is not listed are known.
      const inEcs = listedById(all);
      const listed = hosted.machines.map((one) => ({ ...one, service: service(inEcs.get(one.id) ?? one) }));
      return {
        basis: 'HostList',
        mismatch: hiddenOnHost(hosted),
        machines: [
          ...[
            ...listed,
            ...all.filter(({ dedicatedHostId }) => dedicatedHostId === id).map((one) => listedMachine(one, service)),
            ...cce.filter(({ dedicatedHostId }) => dedicatedHostId === id).map(hiddenCceNode),
          ].map(here),
          ...bin
            .filter((entry) => mayBeRecycledFrom(server, entry, all))
            .map((entry) => maybeHere(recycledMachine(entry, service))),
        ],
      };
    },
  );
}

/**
 * What ECS lists is where it says. Otherwise the recycle bin tells only for which host a machine was made, and one that was
 * made for none may have moved here since: whatever cannot be placed elsewhere may be here, in its zone.
 */
function mayBeRecycledFrom(server: DCCServer, entry: RecycledServer, all: readonly CloudServer[]): boolean {
  const { spec } = server;
  const listed = listedById(all).get(entry.id);
  const told = (listed ?? entry).dedicatedHostId;
  if (wasSeenHere(server, entry.id) || told === spec.resourceId) return true;
  return listed === undefined && told === undefined && mayBeInZone(spec, entry);
}

/**
 * A host that its service does not know is gone only when its subscription has ended too: else it was looked for in the
 * wrong place, and is not empty.
 */
function hostOf(id: string, { hosts, subscriptions }: ProjectInventory): Reading<HostedMachines> {
  const source = `DeH host ${id}`;
  const hosted = hosts.get(id);
  if (hosted === undefined) {
    return unreadable(source, 'Unavailable', 'It was not part of the last look.', 'Wait for the next one.');
  }
  if (hosted.kind === 'Unreadable' || hosted.value.state.kind === 'Present') return hosted;
  if (subscriptions.kind === 'Unreadable') return subscriptions;
  const { status } = subscriptions.value.get(id) ?? { status: 'Absent' };
  if (isGone(status)) return hosted;
  return unreadable(
    source,
    'Configuration',
    'the project has no such host, but its subscription has not ended.',
    'Compare spec.resourceId, spec.region and spec.projectId with the console; if one is wrong, create a DCCServer with the right ones.',
  );
}

const unreadable = (source: string, cause: ReadFailure['cause'], message: string, remedy: string): Reading<never> => ({
  kind: 'Unreadable',
  failure: { source, cause, message, remedy },
});

/** The host counts its instances itself, and may name them: more than it lists means that a service hides one. */
function hiddenOnHost({ state, machines }: HostedMachines): FoundOnServer['mismatch'] {
  const { instanceTotal = 0, instanceIds = [] } = state.kind === 'Present' ? state.host : {};
  const counted = Math.max(instanceTotal, instanceIds.length);
  if (counted <= machines.length) return undefined;
  return { source: 'The dedicated host', counted, listed: machines.length, excluded: 0 };
}
