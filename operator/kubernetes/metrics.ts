import type { Registry } from 'prom-client';
import { type ControllerMetrics, createControllerMetrics } from './metrics/controller.ts';
import { createEventMetrics, type EventMetrics } from './metrics/events.ts';
import { createReflectorMetrics, type ReflectorMetrics } from './metrics/reflector.ts';
import { createRestClientMetrics, type RestClientMetrics } from './metrics/rest-client.ts';
import { createWorkQueueMetrics, type WorkQueueMetrics } from './metrics/work-queue.ts';

/** All metrics of this folder. Where controller-runtime and client-go have names, they are theirs, for stock dashboards. */
export interface KubernetesMetrics {
  readonly restClient: RestClientMetrics;
  readonly events: EventMetrics;
  workQueue(name: string): WorkQueueMetrics;
  controller(name: string, concurrency: number): ControllerMetrics;
  reflector(resource: string): ReflectorMetrics;
}

/** Registers them with `registry`; once per registry. */
export function createKubernetesMetrics(registry: Registry): KubernetesMetrics {
  return {
    restClient: createRestClientMetrics(registry),
    events: createEventMetrics(registry),
    workQueue: createWorkQueueMetrics(registry),
    controller: createControllerMetrics(registry),
    reflector: createReflectorMetrics(registry),
  };
}
