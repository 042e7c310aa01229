import { Registry } from 'prom-client';
import type { Clock } from '../../operator/clock.ts';
import { connect } from '../../operator/kubernetes/connection.ts';
import { loadKubeConfig } from '../../operator/kubernetes/kubeconfig.ts';
import { createKubernetesMetrics } from '../../operator/kubernetes/metrics.ts';
import type { TypedObject } from '../../operator/kubernetes/parsed-objects.ts';
import type { Surroundings, WatchedKind } from '../../operator/kubernetes/watched-kind.ts';
import { createLog } from '../../operator/telemetry/log.ts';
import { watchKinds } from '../../operator/watched-kinds.ts';
import type { View } from './view.ts';

/** The objects of one namespace, kept up to date by the operator's own reflectors. */
export interface Watch extends AsyncDisposable {
  /** What is there now. @throws when an object cannot be understood. */
  view(): View;
  /** Calls `handler` after every change; gives the function that ends this. */
  subscribe(handler: () => void): () => void;
}

export interface WatchOptions {
  readonly kubeconfig: string;
  readonly namespace: string;
  readonly clock: Clock;
}

/** Watches both kinds; returns when it knows of everything. */
export async function watchNamespace({ kubeconfig, namespace, clock }: WatchOptions): Promise<Watch> {
  const log = createLog('silent');
  const metrics = createKubernetesMetrics(new Registry());
  const kubeConfig = await loadKubeConfig(kubeconfig);
  const connection = connect({ kubeConfig, userAgent: 'dcc-operator-demo', log, metrics: metrics.restClient, clock });
  const scope = { namespaces: [namespace] };
  const surroundings: Surroundings = { connection, metrics, log, clock, random: Math.random, scope };
  const { servers, requests } = watchKinds(surroundings);
  const reflectors = [servers.start(), requests.start()];
  await Promise.all(reflectors.map(({ synced }) => synced));
  return {
    view: () => ({ servers: understood(servers), requests: understood(requests) }),
    subscribe: (handler) => {
      const ends = [servers.store.subscribe(handler), requests.store.subscribe(handler)];
      return () => {
        for (const end of ends) end();
      };
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all(reflectors.map((reflector) => reflector.stop()));
      connection.close();
    },
  };
}

function understood<T extends TypedObject>({ objects, kind }: WatchedKind<T>): T[] {
  const all = objects.all().map((parsed) => {
    if (parsed.kind === 'Readable') return parsed.object;
    throw new Error(`${kind.kind} ${parsed.metadata.name} cannot be understood: ${parsed.problem}`);
  });
  return all.sort((one, other) => one.metadata.name.localeCompare(other.metadata.name));
}
