import { Counter, type Registry } from 'prom-client';

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
    help: 'Objects received whose metadata could not be decoded; the cache keeps what it knew of them.',
    ...common,
  });
  return (resource) => ({
    listed: () => lists.inc({ resource }),
    watchStarted: () => watches.inc({ resource }),
    failed: (reason) => failures.inc({ resource, reason }),
    unreadable: () => unreadable.inc({ resource }),
  });
}
