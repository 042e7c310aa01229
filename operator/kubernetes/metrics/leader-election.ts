import { Counter, Gauge, type Registry } from 'prom-client';

/** What one process reports about its part in an election. */
export interface LeaderElectionMetrics {
  leading(is: boolean): void;
  /** A renewal met a version that is not the one it knows, so the Lease was read first. */
  slowPath(): void;
}

/**
 * Names and labels: component-base `metrics/prometheus/clientgo/leaderelection`. Unlike there, a process that never led shows
 * a 0 from its start on, and a renewal that fails without a conflict does not count as slow: only a conflict leads to a read.
 */
export function createLeaderElectionMetrics(registry: Registry): (name: string) => LeaderElectionMetrics {
  const common = { labelNames: ['name'] as const, registers: [registry] };
  const status = new Gauge({
    name: 'leader_election_master_status',
    help: "Gauge of if the reporting system is master of the relevant lease, 0 indicates backup, 1 indicates master. 'name' is the string used to identify the lease. Please make sure to group by name.",
    ...common,
  });
  const slowPath = new Counter({
    name: 'leader_election_slowpath_total',
    help: "Total number of slow path exercised in renewing leader leases. 'name' is the string used to identify the lease. Please make sure to group by name.",
    ...common,
  });
  return (name) => {
    status.set({ name }, 0);
    slowPath.inc({ name }, 0);
    return {
      leading: (is) => status.set({ name }, is ? 1 : 0),
      slowPath: () => slowPath.inc({ name }),
    };
  };
}
