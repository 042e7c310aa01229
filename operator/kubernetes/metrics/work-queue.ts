import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { Milliseconds } from '../../clock.ts';

/** What one work queue reports about itself. */
export interface WorkQueueMetrics {
  added(): void;
  /** A key was taken after it stood in the queue for `waited`. */
  taken(waited: Milliseconds): void;
  finished(worked: Milliseconds): void;
  /** A key was added with a delay, after a failure or to be looked at again: client-go counts both, and so do dashboards. */
  retried(): void;
  /** Asked for whenever metrics are collected. */
  watch(state: () => WorkQueueState): void;
}

export interface WorkQueueState {
  /** Ready keys by the name of their priority. */
  depth: Readonly<Record<string, number>>;
  /** How long each key that is being worked on has been. */
  working: readonly Milliseconds[];
}

/** client-go's buckets: ten nanoseconds, and eleven times tenfold. */
const buckets = Array.from({ length: 12 }, (_, power) => Number(`1e${power - 8}`));

/** Names, labels and buckets: controller-runtime `pkg/metrics/workqueue.go`. Gives the reporter of the queue `name`. */
export function createWorkQueueMetrics(registry: Registry): (name: string) => WorkQueueMetrics {
  const { adds, waiting, work, retries } = createEvents(registry);
  const states = new Map<string, () => WorkQueueState>();
  registerGauges(registry, states);
  return (name) => {
    const labels = { name, controller: name };
    return {
      added: () => adds.inc(labels),
      taken: (waited) => waiting.observe(labels, waited / 1_000),
      finished: (worked) => work.observe(labels, worked / 1_000),
      retried: () => retries.inc(labels),
      watch: (state) => states.set(name, state),
    };
  };
}

function createEvents(registry: Registry) {
  const common = { labelNames: ['name', 'controller'] as const, registers: [registry] };
  return {
    adds: new Counter({
      name: 'workqueue_adds_total',
      help: 'Total number of adds handled by workqueue',
      ...common,
    }),
    waiting: new Histogram({
      name: 'workqueue_queue_duration_seconds',
      help: 'How long in seconds an item stays in workqueue before being requested',
      buckets,
      ...common,
    }),
    work: new Histogram({
      name: 'workqueue_work_duration_seconds',
      help: 'How long in seconds processing an item from workqueue takes.',
      buckets,
      ...common,
    }),
    retries: new Counter({
      name: 'workqueue_retries_total',
      help: 'Total number of retries handled by workqueue',
      ...common,
    }),
  };
}

/** Gauges that are worked out when somebody looks, so that a queue pays nothing for them. */
function registerGauges(registry: Registry, states: ReadonlyMap<string, () => WorkQueueState>): void {
  const registers = [registry];
  new Gauge({
    name: 'workqueue_depth',
    help: 'Current depth of workqueue by workqueue and priority',
    labelNames: ['name', 'controller', 'priority'],
    registers,
    collect() {
      for (const [name, state] of states) {
        for (const [priority, depth] of Object.entries(state().depth)) {
          this.set({ name, controller: name, priority }, depth);
        }
      }
    },
  });
  const overWork = (name: string, help: string, measure: (working: readonly Milliseconds[]) => number) =>
    new Gauge({
      name,
      help,
      labelNames: ['name', 'controller'],
      registers,
      collect() {
        for (const [queue, state] of states) {
          this.set({ name: queue, controller: queue }, measure(state().working) / 1_000);
        }
      },
    });
  overWork(
    'workqueue_unfinished_work_seconds',
    'How many seconds of work is in progress and has not been observed by work_duration. Large values indicate stuck workers.',
    (working) => working.reduce((sum, age) => sum + age, 0),
  );
  overWork(
    'workqueue_longest_running_processor_seconds',
    'How many seconds has the longest running processor for workqueue been running.',
    (working) => Math.max(0, ...working),
  );
}
