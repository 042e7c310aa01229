import { Registry } from 'prom-client';
import { z } from 'zod';
import type { Clock } from '../../clock.ts';
import type { Config } from '../../config.ts';
import { operatorNamespace } from '../../election.ts';
import { type Connection, connect } from '../../kubernetes/connection.ts';
import { KubernetesError } from '../../kubernetes/errors.ts';
import { loadKubeConfig } from '../../kubernetes/kubeconfig.ts';
import { createRestClientMetrics } from '../../kubernetes/metrics/rest-client.ts';
import type { Logger } from '../../telemetry/log.ts';
import { failed, type Outcome, ok, warning } from '../outcome.ts';

export interface ReachOptions {
  config: Config;
  environment: Readonly<Record<string, string | undefined>>;
  log: Logger;
  clock: Clock;
  signal: AbortSignal;
}

/** An API server that answers, and who asks. */
export interface ApiServer {
  readonly connection: Connection;
  /** Who the API server takes this process for; undefined when it does not tell. */
  readonly user: string | undefined;
  /** Where the Lease and the ConfigMap of the operator are. */
  readonly namespace: string;
}

const versionSchema = z.object({ gitVersion: z.string(), major: z.string(), minor: z.string() });
/** `kubeVersion` of the chart. */
const oldestMinor = 31;

const inWords = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Reaches the API server as the operator would. Throws a `KubernetesError`. */
export async function reachApiServer({
  config,
  environment,
  log,
  clock,
  signal,
}: ReachOptions): Promise<Outcome<ApiServer>> {
  const kubeConfig = await loadKubeConfig(config.kubeconfig).catch(inWords);
  if (typeof kubeConfig === 'string') {
    return failed(kubeConfig, 'Name a kubeconfig with --kubeconfig, or run in a Pod with a service account.');
  }
  const metrics = createRestClientMetrics(new Registry());
  const connection = connect({ kubeConfig, userAgent: 'dcc-operator/check', log, metrics, clock });
  const { gitVersion, major, minor } = versionSchema.parse(await connection.request('GET', '/version', { signal }));
  const user = await whoAmI(connection, signal);
  const server = { connection, user, namespace: operatorNamespace(config, kubeConfig, environment) };
  const found = `${gitVersion} at ${connection.host}, as ${user ?? 'an unknown user'}`;
  // Some clouds write `31+`.
  if (major === '1' && Number.parseInt(minor, 10) < oldestMinor) {
    return warning(
      `${found}; it is older than the operator was made for`,
      `Use Kubernetes 1.${oldestMinor} or newer.`,
      server,
    );
  }
  return ok(found, server);
}

const reviewSchema = z.object({ status: z.object({ userInfo: z.object({ username: z.string() }) }) });

/** Asks, by a POST that stores nothing. Kubernetes 1.28 and newer answer everybody who is logged in. */
async function whoAmI(connection: Connection, signal: AbortSignal): Promise<string | undefined> {
  const path = '/apis/authentication.k8s.io/v1/selfsubjectreviews';
  const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' };
  try {
    return reviewSchema.parse(await connection.request('POST', path, { body, signal })).status.userInfo.username;
  } catch (error) {
    if (error instanceof KubernetesError && error.reason !== 'Unauthorized') return undefined;
    throw error;
  }
}
