import { Registry } from 'prom-client';
import { group, version } from './api/names.ts';
import { type Parsed, parseUnsubscriptionRequest, type UnsubscriptionRequest } from './api/objects.ts';
import { isOpen } from './api/unsubscriptionrequest.ts';
import { type Clock, deadline, seconds } from './clock.ts';
import type { Config } from './config.ts';
import { connect } from './kubernetes/connection.ts';
import { loadKubeConfig } from './kubernetes/kubeconfig.ts';
import { listLive } from './kubernetes/live-list.ts';
import { createRestClientMetrics } from './kubernetes/metrics/rest-client.ts';
import { parseDecoded } from './kubernetes/parsed-objects.ts';
import { isSelected } from './kubernetes/scope.ts';
import type { Logger } from './telemetry/log.ts';

export interface UninstallGuardOptions {
  config: Pick<Config, 'kubeconfig' | 'namespaces' | 'selector'>;
  log: Logger;
  clock: Clock;
  /** Takes what is printed. */
  print: (text: string) => void;
}

const kind = { group, version, plural: 'unsubscriptionrequests', kind: 'UnsubscriptionRequest' };
const limit = seconds(60);

/**
 * Gives 1 while a call of a request is open that nobody would follow without the operator, and says which; 0 otherwise. Reads only.
 * Rejects when the requests cannot be listed: what is not known is open.
 */
export async function guardUninstall({ config, log, clock, print }: UninstallGuardOptions): Promise<0 | 1> {
  const kubeConfig = await loadKubeConfig(config.kubeconfig);
  const metrics = createRestClientMetrics(new Registry());
  const connection = connect({ kubeConfig, userAgent: 'dcc-operator/uninstall', log, metrics, clock });
  try {
    const signal = deadline(clock, limit);
    const namespaces = config.namespaces.length === 0 ? [undefined] : config.namespaces;
    const lists = await Promise.all(namespaces.map((namespace) => listLive(connection, kind, { namespace }, signal)));
    const ours = lists.flat().filter(({ metadata }) => isSelected(config, metadata));
    const obstacles = obstaclesIn(ours.map((raw) => parseDecoded(raw, parseUnsubscriptionRequest)));
    print(obstacles.length === 0 ? allEnded(ours.length) : refusal(obstacles));
    return obstacles.length === 0 ? 0 : 1;
  } finally {
    connection.close();
  }
}

/** A line for each request that has an open call, or that cannot be understood and may have one. Pure. */
export function obstaclesIn(requests: readonly Parsed<UnsubscriptionRequest>[]): string[] {
  return requests.flatMap((parsed) => {
    const { namespace, name } = (parsed.kind === 'Readable' ? parsed.object : parsed).metadata;
    if (parsed.kind === 'Unreadable')
      return [`${namespace}/${name} cannot be understood, and may have an open call: ${parsed.problem}`];
    const open = (parsed.object.status.placements ?? []).filter(isOpen);
    return open.map(
      ({ id, state, servers }) => `${namespace}/${name}: call ${id} for ${servers.join(', ')} is ${state}`,
    );
  });
}

const allEnded = (count: number): string => `No call is open in ${count} UnsubscriptionRequests: nothing is lost.`;

/** What is printed when something is in the way. Pure. */
export const refusal = (obstacles: readonly string[]): string =>
  [
    'Calls are open that nobody would follow without the operator:',
    ...obstacles.map((obstacle) => `  ${obstacle}`),
    'Wait until they have ended (kubectl get unsub -A -w). To uninstall all the same: helm uninstall --no-hooks. The journals stay; an',
    'operator that is installed later goes on from them.',
    'Helm takes the release for half uninstalled from now on: helm rollback RELEASE REVISION, with the last of helm history, brings it back.',
  ].join('\n');
