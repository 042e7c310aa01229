import { Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { milliseconds, seconds } from '../../../operator/clock.ts';
import type { TrafficState } from '../../../operator/huaweicloud/traffic.ts';
import { describeTraffic, registerTrafficMetrics } from '../../../operator/huaweicloud/traffic-metrics.ts';

const orders = { service: 'billing', operation: 'ListCustomerOrders', pausedFor: milliseconds(0) } as const;
const state: TrafficState = {
  circuits: [
    { service: 'billing', origin: 'https://bss', state: 'Trying', since: new Date(0), cause: 'reset' },
    { service: 'ecs', origin: 'https://ecs', state: 'Closed' },
  ],
  turns: [
    { ...orders, callsPerSecond: 20, waiting: 0, throttled: false },
    { ...orders, callsPerSecond: 4.96, waiting: 3, throttled: true, pausedFor: seconds(2) },
    { ...orders, callsPerSecond: 10, waiting: 4, throttled: true },
  ],
};

test('metrics show endpoints that are left alone, the lowest rate of each operation and all that wait', async () => {
  const registry = new Registry();
  let current = state;
  registerTrafficMetrics(registry, () => current);
  const text = await registry.metrics();
  expect(text).toContain('huaweicloud_circuit_open{service="billing",origin="https://bss"} 1');
  expect(text).toContain('huaweicloud_circuit_open{service="ecs",origin="https://ecs"} 0');
  const labels = '{service="billing",operation="ListCustomerOrders"}';
  expect(text).toContain(`huaweicloud_rate_limit_calls_per_second${labels} 4.96`);
  expect(text).toContain(`huaweicloud_calls_waiting${labels} 7`);
  current = { circuits: [], turns: [] };
  expect(await registry.metrics()).not.toContain(`huaweicloud_calls_waiting${labels}`);
});

test('a person on call sees what is slowed down, without whose key it is', () => {
  expect(describeTraffic(state).circuits).toBe(state.circuits);
  const slowed = { service: 'billing', operation: 'ListCustomerOrders' };
  expect(describeTraffic(state).slowed).toEqual([
    { ...slowed, callsPerSecond: 5, waiting: 3, pausedForSeconds: 2 },
    { ...slowed, callsPerSecond: 10, waiting: 4, pausedForSeconds: 0 },
  ]);
});
