import { Counter, Gauge, type Registry } from 'prom-client';
import type { Milliseconds } from '../../clock.ts';

/** What one reflector reports about how it keeps up with the API server. */
export interface ReflectorMetrics {
  listed(): void;
  watchStarted(): void;
  failed(reason: string): void;
  /** An object whose metadata could not be decoded. */
  unreadable(): void;
}

/** No stock dashboard knows reflectors, so these names are our own. `resource` is `plural.group`. */
export function createReflectorMetrics(registry: Registry): (resource: string) => ReflectorMetrics {
  const common = { labelNames: ['resource'] as const, registers: [registry] };
  const lists = new Counter({
    name: 'reflector_lists_total',
    help: 'Complete lists of a resource that replaced the cache.',
    ...common,
  });
  const watches = new Counter({
    name: 'reflector_watches_total',
    help: 'Watches started on a resource.',
    ...common,
  });
  const failures = new Counter({
    name: 'reflector_failures_total',
    help: 'Lists and watches of a resource that failed, by reason; Malformed counts lines and pages that did not parse.',
    labelNames: ['resource', 'reason'],
    registers: [registry],
  });
  const unreadable = new Counter({
    name: 'reflector_unreadable_objects_total',
    help: 'Objects received whose metadata could not be decoded; until they can be, no more is known of them than that they exist.',
    ...common,
  });
  return (resource) => ({
    listed: () => lists.inc({ resource }),
    watchStarted: () => watches.inc({ resource }),
    failed: (reason) => failures.inc({ resource, reason }),
    unreadable: () => unreadable.inc({ resource }),
  });
}

/** Shows how many namespaces may not be read, worked out when somebody looks. Takes the number by resource. */
export function registerRefusedNamespaces(registry: Registry, counts: () => Readonly<Record<string, number>>): void {
  new Gauge({
    name: 'reflector_refused_namespaces',
    help: 'Namespaces of which the API server refuses to show a resource; each was deleted, or its rights were taken away.',
    labelNames: ['resource'],
    registers: [registry],
    collect() {
      for (const [resource, count] of Object.entries(counts())) this.set({ resource }, count);
    },
  });
}

/** Shows how long ago the API server last gave a sign of life, worked out when somebody looks. Takes the age by resource. */
export function registerActivityAges(registry: Registry, ages: () => Readonly<Record<string, Milliseconds>>): void {
  new Gauge({
    name: 'reflector_last_activity_age_seconds',
    help: 'Time since the API server last sent a page, an event or a bookmark of a resource; about a minute at most when all is well.',
    labelNames: ['resource'],
    registers: [registry],
    collect() {
      for (const [resource, age] of Object.entries(ages())) this.set({ resource }, age / 1_000);
    },
  });
}
