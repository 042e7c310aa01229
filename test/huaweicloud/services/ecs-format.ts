import { utcSeconds, withoutZone } from '../wire-time.ts';
import type { PhysicalServer } from '../world/servers.ts';
import type { VirtualMachine } from '../world/virtual-machines.ts';
import type { World } from '../world/world.ts';

/** Tells the hosts of these machines. All servers are gone through once, and not for each machine of a page. */
export function hostsOf(
  { servers }: World,
  machines: readonly VirtualMachine[],
): (machine: VirtualMachine) => PhysicalServer | undefined {
  const wanted = new Set(machines.map(({ serverId }) => serverId));
  const hosts = servers.filter(({ resourceId }) => wanted.has(resourceId));
  const byId = new Map(hosts.map((server) => [server.resourceId, server]));
  return ({ serverId }) => (serverId === null ? undefined : byId.get(serverId));
}

const taskState = (machine: VirtualMachine): string | null => {
  if (machine.deletion !== null) return 'deleting';
  return machine.migration === null ? null : 'migrating';
};

function vmState(machine: VirtualMachine): string {
  switch (machine.status) {
    case 'BUILD':
      return 'building';
    case 'SHUTOFF':
      return 'stopped';
    case 'ERROR':
      return 'error';
    case 'SOFT_DELETED':
      return 'soft-delete';
    default:
      return 'active';
  }
}

/** User metadata plus the keys that ECS itself sets. */
const metadataOf = (machine: VirtualMachine): Record<string, string> => ({
  charging_mode: machine.chargingMode,
  ...(machine.frozen ? { EcmResStatus: 'freeze' } : {}),
  ...machine.metadata,
});

/** A server as `GET /v1.1/.../cloudservers/detail` lists it; most fields come only when `expect-fields` asks for them. */
export function cloudServer(machine: VirtualMachine, host: PhysicalServer | undefined, expected: ReadonlySet<string>) {
  const onRequest: Record<string, unknown> = {
    tenancy: host === undefined ? 'shared' : 'dedicated',
    // Documented for DeH only.
    ...(host?.hostType === 'DeH' ? { dedicated_host_id: host.resourceId } : {}),
    metadata: metadataOf(machine),
    tags: machine.tags,
    locked: false,
    enterprise_project_id: machine.enterpriseProjectId,
    volumes_attached: [],
    market_info: { charge_mode: machine.chargingMode },
    flavor: { id: machine.flavor.id, name: machine.flavor.id, vcpus: machine.flavor.vcpus, ram: machine.flavor.ramMb },
    image: { id: machine.imageId },
  };
  return {
    id: machine.id,
    name: machine.name,
    status: machine.status,
    vm_state: vmState(machine),
    task_state: taskState(machine),
    power_state: machine.status === 'ACTIVE' ? 1 : 4,
    tenant_id: machine.projectId,
    availability_zone: machine.availabilityZone,
    created: utcSeconds(machine.createdAt),
    updated: utcSeconds(machine.createdAt),
    launched_at: withoutZone(machine.createdAt),
    in_recycle_bin: machine.recycleBin !== null,
    ...Object.fromEntries(Object.entries(onRequest).filter(([field]) => expected.has(field))),
  };
}

/** A server as `GET /v1/...` shows it, with the host-like fields. */
export function serverDetail(machine: VirtualMachine, host: PhysicalServer | undefined) {
  return {
    id: machine.id,
    name: machine.name,
    status: machine.status,
    tenant_id: machine.projectId,
    created: utcSeconds(machine.createdAt),
    updated: utcSeconds(machine.createdAt),
    hostId: host?.hostId ?? '',
    host_status: host === undefined ? '' : 'UP',
    // The vendor's example shows the zone here, not a host.
    'OS-EXT-SRV-ATTR:host': machine.availabilityZone,
    'OS-EXT-SRV-ATTR:hypervisor_hostname': host?.hypervisorHostname ?? '',
    'OS-EXT-SRV-ATTR:instance_name': `instance-${machine.id.slice(0, 8)}`,
    'OS-EXT-AZ:availability_zone': machine.availabilityZone,
    'OS-EXT-STS:vm_state': vmState(machine),
    'OS-EXT-STS:task_state': taskState(machine),
    'OS-EXT-STS:power_state': machine.status === 'ACTIVE' ? 1 : 4,
    'OS-SRV-USG:launched_at': withoutZone(machine.createdAt),
    'os:scheduler_hints':
      host?.hostType === 'DeH' ? { tenancy: ['dedicated'], dedicated_host_id: [host.resourceId] } : {},
    'os-extended-volumes:volumes_attached': [],
    flavor: {
      id: machine.flavor.id,
      name: machine.flavor.id,
      vcpus: String(machine.flavor.vcpus),
      ram: String(machine.flavor.ramMb),
      disk: '0',
    },
    image: { id: machine.imageId },
    metadata: metadataOf(machine),
    tags: machine.tags,
    sys_tags: [{ key: '_sys_enterprise_project_id', value: machine.enterpriseProjectId }],
    enterprise_project_id: machine.enterpriseProjectId,
    locked: false,
    addresses: {},
    security_groups: [],
  };
}
