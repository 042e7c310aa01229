import { Gauge, type Registry } from 'prom-client';
import type { TrafficState } from './traffic.ts';

/** Shows which endpoints are left alone, and how fast the cloud may be called, worked out when somebody looks. */
export function registerTrafficMetrics(registry: Registry, state: () => TrafficState): void {
  new Gauge({
    name: 'huaweicloud_circuit_open',
    help: '1 while an endpoint of Huawei Cloud that does not answer as it should is left alone, but for one call at times.',
    labelNames: ['service', 'origin'],
    registers: [registry],
    collect() {
      for (const { service, origin, state: circuit } of state().circuits) {
        this.set({ service, origin }, circuit === 'Closed' ? 0 : 1);
      }
    },
  });
  // One series for all keys of an operation: a key is no label, and there may be many.
  new Gauge({
    name: 'huaweicloud_rate_limit_calls_per_second',
    help: 'Calls of an operation that are sent within a second at most, as learnt from what Huawei Cloud refused; the lowest of all keys.',
    labelNames: ['service', 'operation'],
    registers: [registry],
    collect() {
      this.reset();
      const lowest = Map.groupBy(state().turns, ({ service, operation }) => `${service} ${operation}`);
      for (const [first, ...others] of lowest.values()) {
        if (first === undefined) continue;
        const { service, operation } = first;
        this.set({ service, operation }, Math.min(first.callsPerSecond, ...others.map((one) => one.callsPerSecond)));
      }
    },
  });
  new Gauge({
    name: 'huaweicloud_calls_waiting',
    help: 'Reads that wait for their turn, so that Huawei Cloud need not refuse them.',
    labelNames: ['service', 'operation'],
    registers: [registry],
    collect() {
      this.reset();
      for (const { service, operation, waiting } of state().turns) this.inc({ service, operation }, waiting);
    },
  });
}

/** What a person on call wants to see: endpoints that are silent, and operations that are slowed down or waited for. */
export function describeTraffic({ circuits, turns }: TrafficState) {
  return {
    circuits,
    slowed: turns
      .filter(({ throttled, waiting }) => throttled || waiting > 0)
      .map(({ service, operation, callsPerSecond, waiting, pausedFor }) => ({
        ...{ service, operation, waiting },
        callsPerSecond: Math.round(callsPerSecond * 10) / 10,
        pausedForSeconds: Math.round(pausedFor / 1_000),
      })),
  };
}
