import { randomUUID } from 'node:crypto';
import type { Registry } from 'prom-client';
import type { Clock } from './clock.ts';
import { type Config, leaseTimes } from './config.ts';
import { connect } from './kubernetes/connection.ts';
import type { KubeConfig } from './kubernetes/kubeconfig.ts';
import { createLeaderElection, type LeaderElection, leadAlone } from './kubernetes/leader-election/leader-election.ts';
import { createLeaseStore } from './kubernetes/leader-election/lease-store.ts';
import { createLeaderElectionMetrics } from './kubernetes/metrics/leader-election.ts';
import type { RestClientMetrics } from './kubernetes/metrics/rest-client.ts';
import type { Logger } from './telemetry/log.ts';

export interface ElectionOptions {
  config: Config;
  kubeConfig: KubeConfig;
  /** Names this process; it need not be unique. */
  holder: string;
  environment: Readonly<Record<string, string | undefined>>;
  log: Logger;
  clock: Clock;
  registry: Registry;
  restClient: RestClientMetrics;
}

export interface OpenedElection extends LeaderElection {
  /** Cuts its connection; `release` comes first. */
  close(): void;
}

/** The election of this process. It has a connection of its own: a renewal never waits in line behind other requests. */
export function openElection(options: ElectionOptions): OpenedElection {
  const { config, kubeConfig, environment, log, clock, registry, restClient } = options;
  // Two processes with one name (a pod whose container is started anew) must not take each other's lease for their own.
  const identity = `${options.holder}_${randomUUID()}`;
  if (config['leader-election'] === 'Off') return { ...leadAlone(identity), close: () => undefined };
  const connection = connect({
    kubeConfig,
    userAgent: 'dcc-operator/leader-election',
    log,
    metrics: restClient,
    clock,
  });
  const namespace = operatorNamespace(config, kubeConfig, environment);
  const name = config['lease-name'];
  const election = createLeaderElection({
    store: createLeaseStore(connection, namespace, name),
    name: `${namespace}/${name}`,
    identity,
    times: leaseTimes(config),
    clock,
    log,
    metrics: createLeaderElectionMetrics(registry)(name),
  });
  return { ...election, close: () => connection.close() };
}

/** Where the Lease is, and what else belongs to the operator itself. In a pod the kubeconfig's context is that of the service account, and has the pod's namespace. */
export function operatorNamespace(
  config: Pick<Config, 'lease-namespace'>,
  kubeConfig: Pick<KubeConfig, 'getCurrentContext' | 'getContextObject'>,
  environment: Readonly<Record<string, string | undefined>>,
): string {
  const context = kubeConfig.getContextObject(kubeConfig.getCurrentContext());
  return config['lease-namespace'] || environment['POD_NAMESPACE'] || context?.namespace?.trim() || 'default';
}
