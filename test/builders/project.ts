import { minutes, seconds } from '../../operator/clock.ts';
import type { CceNode } from '../../operator/huaweicloud/cce.ts';
import type { ResourceCluster } from '../../operator/huaweicloud/dcc.ts';
import type { CloudServer, RecycledServer } from '../../operator/huaweicloud/ecs.ts';
import type { RdsInstance } from '../../operator/huaweicloud/rds.ts';
import type { HostedMachines, MrsMachine, ProjectInventory } from '../../operator/inventory/project.ts';
import { aServerSpec, resourceIdOf } from './dccserver.ts';
import { lookedAt } from './metadata.ts';
import { anAccount, aSubscription, read } from './observation.ts';

const { availabilityZone } = aServerSpec('server-1');

/** A running machine in the zone of the servers, of a flavor that the pool can run, whose host the cloud tells. */
export const aCloudServer = (name: string, changes: Partial<CloudServer> = {}): CloudServer => ({
  id: `id-of-${name}`,
  name,
  status: 'ACTIVE',
  availabilityZone,
  hostId: 'hash-1',
  hypervisorHostname: 'host-1',
  dedicatedHostId: undefined,
  flavorId: 's6.large.2',
  tags: {},
  metadata: {},
  inRecycleBin: false,
  chargingMode: undefined,
  created: undefined,
  enterpriseProjectId: undefined,
  ...changes,
});

/** A machine in the recycle bin, in the zone of the servers, of which nothing tells its host. */
export const aRecycledServer = (name: string, changes: Partial<RecycledServer> = {}): RecycledServer => ({
  id: `id-of-${name}`,
  name,
  availabilityZone,
  hostId: undefined,
  hypervisorHostname: undefined,
  dedicatedHostId: undefined,
  ...changes,
});

/** The pool in the zone of the servers, which counts no instance. */
export const aPool = (changes: Partial<ResourceCluster> = {}): ResourceCluster => ({
  availabilityZone,
  hostTotal: 3,
  hostType: 's6',
  instanceTotal: 0,
  vcpusUsed: 0,
  memoryUsedMb: 0,
  flavors: ['s6.large.2', 's6.xlarge.2'],
  ...changes,
});

export const aCceNode = (name: string, changes: Partial<CceNode> = {}): CceNode => ({
  uid: `uid-of-${name}`,
  name,
  serverId: `id-of-${name}`,
  availabilityZone,
  dedicatedHostId: undefined,
  phase: 'Active',
  ...changes,
});

export const anMrsNode = (name: string, changes: Partial<MrsMachine> = {}): MrsMachine => ({
  serverId: `id-of-${name}`,
  serverType: 'ECS',
  name,
  availabilityZone,
  ...changes,
});

export const aDatabase = (name: string, changes: Partial<RdsInstance> = {}): RdsInstance => ({
  id: `id-of-${name}`,
  name,
  status: 'ACTIVE',
  availabilityZones: [availabilityZone],
  chargeMode: 'postPaid',
  ...changes,
});

/** A dedicated host with these machines, which it counts itself. */
export const aHost = (
  id: string,
  machines: HostedMachines['machines'],
  instanceTotal = machines.length,
): HostedMachines => ({
  state: {
    kind: 'Present',
    host: {
      id,
      name: id,
      state: 'available',
      availabilityZone,
      instanceTotal,
      instanceIds: undefined,
      availableVcpus: 0,
      autoPlacement: undefined,
    },
  },
  machines,
});

/** A project with a pool and no machine, in which server-1 is subscribed; every source could be read. */
export const aProject = (changes: Partial<ProjectInventory> = {}): ProjectInventory => ({
  readAt: lookedAt,
  readBy: seconds(0),
  nextPollAt: minutes(1),
  watched: { resourceIds: [resourceIdOf('server-1')], hostIds: [] },
  account: read(anAccount()),
  subscriptions: read(new Map([[resourceIdOf('server-1'), aSubscription()]])),
  machines: read([]),
  recycleBin: read([]),
  pools: read([aPool()]),
  cceNodes: read([]),
  mrsNodes: read([]),
  rdsInstances: read([]),
  backups: read([]),
  hosts: new Map(),
  ...changes,
});
