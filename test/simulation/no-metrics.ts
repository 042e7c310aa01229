import type { KubernetesMetrics } from '../../operator/kubernetes/metrics.ts';

const ignore = () => undefined;

/** Metrics of a process that nobody watches. */
export const noMetrics: KubernetesMetrics = {
  restClient: { requested: ignore, connectionOpened: ignore },
  events: { written: ignore, lost: ignore },
  workQueue: () => ({ added: ignore, taken: ignore, finished: ignore, retried: ignore, watch: ignore }),
  controller: () => ({ started: ignore, finished: ignore, timedOut: ignore }),
  reflector: () => ({ listed: ignore, watchStarted: ignore, failed: ignore, unreadable: ignore }),
};
