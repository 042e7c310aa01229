import type {
  DCCServerSpec,
  DCCServerStatus,
  DepartedVirtualMachine,
  VirtualMachine,
} from '../../operator/api/dccserver.ts';
import type { DCCServer, Metadata } from '../../operator/api/objects.ts';
import { aMetadata, lookedAt, minutesLater } from './metadata.ts';

export interface ServerChanges {
  metadata?: Partial<Metadata>;
  spec?: Partial<DCCServerSpec>;
  status?: Partial<DCCServerStatus>;
}

export const resourceIdOf = (name: string): string => `resource-of-${name}`;

export const aServerSpec = (name: string, changes: Partial<DCCServerSpec> = {}): DCCServerSpec => ({
  resourceId: resourceIdOf(name),
  region: 'cn-north-4',
  projectId: '0123456789abcdef0123456789abcdef',
  availabilityZone: 'cn-north-4a',
  hostType: 'DCC',
  ...changes,
});

/** What stands under `virtualMachines` of a server on which these machines were seen. */
export const machinesSeen = (...remaining: VirtualMachine[]): NonNullable<DCCServerStatus['virtualMachines']> => ({
  total: remaining.length,
  byService: Object.fromEntries(
    remaining.map(({ service }) => [service, remaining.filter((machine) => machine.service === service).length]),
  ),
  remaining,
  omitted: 0,
  observedTime: minutesLater(-30).toISOString(),
});

export const aSeenMachine = (name: string, changes: Partial<VirtualMachine> = {}): VirtualMachine => ({
  id: `id-of-${name}`,
  name,
  service: 'ECS',
  status: 'ACTIVE',
  ...changes,
});

/** A machine that was deleted with a good backup. */
export const aDepartedMachine = (
  name: string,
  changes: Partial<DepartedVirtualMachine> = {},
): DepartedVirtualMachine => ({
  id: `id-of-${name}`,
  name,
  service: 'ECS',
  leftAt: lookedAt.toISOString(),
  fate: 'Deleted',
  backup: { id: 'backup-1', createdAt: minutesLater(-60).toISOString() },
  ...changes,
});

/** A server that was observed and is empty; nobody has claimed it. */
export const aServer = (name = 'server-1', { metadata, spec, status }: ServerChanges = {}): DCCServer => ({
  metadata: aMetadata(name, metadata),
  spec: aServerSpec(name, spec),
  status: { virtualMachines: machinesSeen(), departed: [], ...status },
});
