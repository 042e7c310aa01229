import { type Clock, type Milliseconds, untilAborted } from '../../clock.ts';
import type { Logger } from '../../telemetry/log.ts';
import type { LeaderElectionMetrics } from '../metrics/leader-election.ts';
import { startTimeLimit } from '../time-limit.ts';
import type { LeaseStore } from './lease.ts';

/** The times of an election, each well below the one before it. */
export interface LeaseTimes {
  /** How long others wait for a sign of life of the holder. */
  leaseDuration: Milliseconds;
  /** How long the holder goes on without having renewed. */
  renewDeadline: Milliseconds;
  /** How long after a renewal the next one begins. */
  renewPeriod: Milliseconds;
  /** For one request. */
  requestTimeout: Milliseconds;
  /** How often who does not hold the lease looks at it, and how soon a renewal that failed is tried again. */
  retryPeriod: Milliseconds;
}

export interface LeaderElectionOptions {
  store: LeaseStore;
  /** Names the Lease in logs and metrics. */
  name: string;
  /** Names this process in the Lease. No other process may ever have the same. */
  identity: string;
  times: LeaseTimes;
  clock: Clock;
  log: Logger;
  metrics: LeaderElectionMetrics;
}

/** What the work comes to within a time limit, whether or not the work heeds its signal. */
export async function within<Result>(
  { clock }: Pick<LeaderElectionOptions, 'clock'>,
  duration: Milliseconds,
  work: (signal: AbortSignal) => Promise<Result>,
  parent?: AbortSignal,
): Promise<Result> {
  parent?.throwIfAborted();
  using limit = startTimeLimit(clock, duration, parent);
  return await untilAborted(work(limit.signal), limit.signal);
}

/** Logs what keeps somebody from the Lease, each thing once until it works again. */
export function createTeller({ log, name, identity }: Pick<LeaderElectionOptions, 'log' | 'name' | 'identity'>) {
  let told: string | undefined;
  return {
    /** What was last told, until it works again. */
    problem: (): string | undefined => told,
    failed: (error: unknown, doing: 'take' | 'renew'): void => {
      const problem = String(error);
      if (problem === told) return;
      told = problem;
      log.warn({ err: error, lease: name, identity }, `could not ${doing} the lease; trying again`);
    },
    worked: (): void => {
      told = undefined;
    },
  };
}

export type Teller = ReturnType<typeof createTeller>;
