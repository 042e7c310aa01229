import type { DCCServerSpec } from '../../../operator/api/dccserver.ts';
import { apiVersion } from '../../../operator/api/names.ts';
import type { UnsubscriptionRequestSpec } from '../../../operator/api/unsubscriptionrequest.ts';
import type { World } from '../../huaweicloud/world/world.ts';

/** What a person writes into a file for `kubectl apply`. */
export interface Manifest {
  apiVersion: string;
  kind: string;
  metadata: { name: string; labels?: Record<string, string>; annotations?: Record<string, string> };
  [field: string]: unknown;
}

/** Fields to write differently; also ones that the API server refuses. */
export type Changes<Spec> = { [Field in keyof Spec]?: unknown };

/** A DCCServer for the physical server of this name in the simulated cloud, which tells its machines by their hypervisor. */
export function aServer(world: World, name: string, changes: Changes<DCCServerSpec> = {}): Manifest {
  const server = world.servers.find((candidate) => candidate.name === name);
  if (server === undefined) throw new Error(`the simulated cloud has no server ${name}`);
  const spec = {
    resourceId: server.resourceId,
    region: 'cn-north-4',
    projectId: server.projectId,
    availabilityZone: server.availabilityZone,
    hostType: server.hostType,
    virtualMachines: { hypervisorHostnames: [server.hypervisorHostname] },
    ...changes,
  };
  return { apiVersion, kind: 'DCCServer', metadata: { name }, spec };
}

/** A request to unsubscribe these servers; nobody has approved it. */
export function aRequest(
  name: string,
  servers: readonly string[],
  changes: Changes<UnsubscriptionRequestSpec> = {},
): Manifest {
  const spec = {
    servers: servers.map((server) => ({ name: server })),
    scope: 'ResourceAndRenewals',
    reason: { type: 'Other', text: 'end of the project' },
    acknowledge: { dataUnrecoverable: true, handlingFee: true },
    ...changes,
  };
  return { apiVersion, kind: 'UnsubscriptionRequest', metadata: { name }, spec };
}

/** A Secret with credentials under the names of Huawei's SDKs. */
export const aSecret = (name: string, stringData: Record<string, string>): Manifest => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name },
  stringData,
});

/** The manifest with a label, by which operators share out objects. */
export const labelled = (manifest: Manifest, labels: Record<string, string>): Manifest => ({
  ...manifest,
  metadata: { ...manifest.metadata, labels },
});
