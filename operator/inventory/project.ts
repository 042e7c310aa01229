import type { Milliseconds } from '../clock.ts';
import type { CceNode } from '../huaweicloud/cce.ts';
import type { ResourceCluster } from '../huaweicloud/dcc.ts';
import type { DedicatedHostState, HostedServer } from '../huaweicloud/deh.ts';
import type { CloudServer, RecycledServer } from '../huaweicloud/ecs.ts';
import type { MrsNode } from '../huaweicloud/mrs.ts';
import type { RdsInstance } from '../huaweicloud/rds.ts';
import type { MachineBackup } from './backup-evidence.ts';
import type { AccountState, Reading, Subscription } from './observation.ts';

/** A dedicated host with the machines that its service lists on it. */
export interface HostedMachines {
  state: DedicatedHostState;
  machines: readonly HostedServer[];
}

/** A node of an MRS cluster, in the zone of its cluster. */
export interface MrsMachine extends MrsNode {
  availabilityZone: string | undefined;
}

/** Which resources a look is about: all servers that are known in the project. */
export interface Watched {
  resourceIds: readonly string[];
  /** Those of them that are dedicated hosts. */
  hostIds: readonly string[];
}

/** Everything that one look at a project showed; shared by all servers in it. Each source can fail by itself. */
export interface ProjectInventory {
  readAt: Date;
  /** The same moment by `clock.elapsed`. */
  readBy: Milliseconds;
  /** When, by `clock.elapsed`, all who share it look again. */
  nextPollAt: Milliseconds;
  /** Which resources were asked for: of others nothing is known. */
  watched: Watched;
  account: Reading<AccountState>;
  /** By resource id; a resource that is not in it has no billing row. */
  subscriptions: Reading<ReadonlyMap<string, Subscription>>;
  machines: Reading<readonly CloudServer[]>;
  recycleBin: Reading<readonly RecycledServer[]>;
  pools: Reading<readonly ResourceCluster[]>;
  cceNodes: Reading<readonly CceNode[]>;
  mrsNodes: Reading<readonly MrsMachine[]>;
  rdsInstances: Reading<readonly RdsInstance[]>;
  backups: Reading<readonly MachineBackup[]>;
  /** By id, for the DeH servers that were asked for. */
  hosts: ReadonlyMap<string, Reading<HostedMachines>>;
}
