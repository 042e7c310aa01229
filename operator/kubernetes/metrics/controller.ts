import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { Milliseconds } from '../../clock.ts';

/** What one controller reports about its passes. */
export interface ControllerMetrics {
  started(): void;
  finished(result: 'success' | 'requeue_after' | 'error', took: Milliseconds): void;
  timedOut(): void;
}

/** controller-runtime's buckets for a reconciliation, in seconds. */
const buckets = [
  0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.25, 1.5, 1.75, 2,
  2.5, 3, 3.5, 4, 4.5, 5, 6, 7, 8, 9, 10, 15, 20, 25, 30, 40, 50, 60,
];

/** Names, labels and buckets: controller-runtime `pkg/internal/controller/metrics/metrics.go`. */
export function createControllerMetrics(registry: Registry): (name: string, concurrency: number) => ControllerMetrics {
  const { results, errors, timeouts, time, workers, active } = createCollectors(registry);
  return (controller, concurrency) => {
    const labels = { controller };
    workers.set(labels, concurrency);
    active.set(labels, 0);
    errors.inc(labels, 0);
    return {
      started: () => active.inc(labels),
      finished: (result, took) => {
        active.dec(labels);
        results.inc({ controller, result });
        time.observe(labels, took / 1_000);
        if (result === 'error') errors.inc(labels);
      },
      timedOut: () => timeouts.inc(labels),
    };
  };
}

function createCollectors(registry: Registry) {
  const common = { labelNames: ['controller'] as const, registers: [registry] };
  return {
    results: new Counter({
      name: 'controller_runtime_reconcile_total',
      help: 'Total number of reconciliations per controller',
      labelNames: ['controller', 'result'],
      registers: [registry],
    }),
    errors: new Counter({
      name: 'controller_runtime_reconcile_errors_total',
      help: 'Total number of reconciliation errors per controller',
      ...common,
    }),
    timeouts: new Counter({
      name: 'controller_runtime_reconcile_timeouts_total',
      help: 'Total number of reconciliation timeouts per controller',
      ...common,
    }),
    time: new Histogram({
      name: 'controller_runtime_reconcile_time_seconds',
      help: 'Length of time per reconciliation per controller',
      buckets,
      ...common,
    }),
    workers: new Gauge({
      name: 'controller_runtime_max_concurrent_reconciles',
      help: 'Maximum number of concurrent reconciles per controller',
      ...common,
    }),
    active: new Gauge({
      name: 'controller_runtime_active_workers',
      help: 'Number of currently used workers per controller',
      ...common,
    }),
  };
}
