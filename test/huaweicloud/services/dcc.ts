import { flatError, ok } from '../answers.ts';
import type { Operation, SignedCall } from '../operations.ts';
import type { Pool } from '../world/servers.ts';
import { machinesByServer, type VirtualMachine } from '../world/virtual-machines.ts';
import type { World } from '../world/world.ts';

/** Dedicated Computing Cluster: its one public call, which shows pools and no single host. */
export const dcc: readonly Operation[] = [
  {
    name: 'dcc.showResourceClusters',
    method: 'GET',
    path: '/v1/{project_id}/dcc/resource_clusters',
    access: 'project',
    answer: showResourceClusters,
  },
];

function showResourceClusters({ world, path, query }: SignedCall) {
  const serviceType = query.get('service_type') ?? 'ecs';
  // [inference] The code; the documents name general HTTP statuses only.
  if (!['ecs', 'bms'].includes(serviceType)) return flatError(400, 'DCC.0400', 'service_type must be ecs');
  const pools = world.pools.filter((pool) => pool.projectId === path['project_id'] && serviceType === 'ecs');
  const machinesOf = machinesByServer(world);
  return ok({ dedicated_cluster: pools.map((pool) => clusterOf(world, pool, machinesOf)) });
}

function clusterOf(world: World, pool: Pool, machinesOf: (serverId: string) => VirtualMachine[]) {
  const hosts = world.servers.filter(
    (server) =>
      server.hostType === 'DCC' &&
      server.state !== 'released' &&
      server.projectId === pool.projectId &&
      server.availabilityZone === pool.availabilityZone &&
      server.hostSpec === pool.hostSpec,
  );
  // A soft-deleted VM has given its cores back; a stopped one keeps them but is no running instance.
  const machines = hosts.flatMap((host) => machinesOf(host.resourceId)).filter(({ recycleBin }) => !recycleBin);
  const running = machines.filter(({ status }) => status !== 'SHUTOFF');
  return {
    project_id: pool.projectId,
    availability_zone: pool.availabilityZone,
    host_total: hosts.length,
    host_type: pool.hostSpec,
    service_type: 'ecs',
    host_properties: { cpu_cores: pool.cpuCores, memory_mb: pool.memoryMbPerHost, cpu_speed: pool.cpuSpeed },
    vcpus_used: machines.reduce((total, { flavor }) => total + flavor.vcpus, 0),
    vcpus_total: pool.vcpusPerHost * hosts.length,
    memory_mb_used: machines.reduce((total, { flavor }) => total + flavor.ramMb, 0),
    memory_mb_total: pool.memoryMbPerHost * hosts.length,
    flavors: pool.flavors,
    instance_total: running.length,
  };
}
