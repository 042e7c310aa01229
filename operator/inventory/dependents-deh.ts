import type { DCCServer } from '../api/objects.ts';
import {
  type FoundOnServer,
  hiddenCceNode,
  listedMachine,
  recycledMachine,
  serviceOf,
  wasSeenHere,
} from './machines.ts';
import type { Reading } from './observation.ts';
import type { HostedMachines, ProjectInventory } from './project.ts';
import { combine } from './reading.ts';

/** On a dedicated host: the host's own list and its own count, and whatever ECS and CCE place there besides. */
export function onDedicatedHost(server: DCCServer, project: ProjectInventory): Reading<FoundOnServer> {
  const id = server.spec.resourceId;
  const { machines, recycleBin, cceNodes, mrsNodes } = project;
  return combine(
    [hostOf(id, project), machines, recycleBin, cceNodes, mrsNodes],
    (hosted, all, bin, cce, mrs): FoundOnServer => {
      const service = serviceOf(cce, mrs);
      const listed = hosted.machines.map((machine) => ({ ...machine, service: service(machine) }));
      return {
        basis: 'HostList',
        mismatch: hiddenOnHost(hosted),
        machines: [
          ...listed,
          ...all.filter(({ dedicatedHostId }) => dedicatedHostId === id).map((one) => listedMachine(one, service)),
          ...cce.filter(({ dedicatedHostId }) => dedicatedHostId === id).map(hiddenCceNode),
          ...bin.filter((entry) => wasSeenHere(server, entry.id)).map((entry) => recycledMachine(entry, service)),
        ],
      };
    },
  );
}

function hostOf(id: string, { hosts }: ProjectInventory): Reading<HostedMachines> {
  return (
    hosts.get(id) ?? {
      kind: 'Unreadable',
      failure: {
        source: `DeH host ${id}`,
        cause: 'Unavailable',
        message: 'It was not part of the last look.',
        remedy: 'Wait for the next one.',
      },
    }
  );
}

/** The host counts its instances itself: more than it lists means that a service hides one. */
function hiddenOnHost({ state, machines }: HostedMachines): FoundOnServer['mismatch'] {
  const counted = state.kind === 'Present' ? state.host.instanceTotal : 0;
  return counted > machines.length ? { source: 'The dedicated host', counted, listed: machines.length } : undefined;
}
