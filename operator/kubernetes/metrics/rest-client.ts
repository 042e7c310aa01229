import { Counter, Histogram, type Registry } from 'prom-client';
import type { Milliseconds } from '../../clock.ts';

/** Counts and times requests to the API server. */
export interface RestClientMetrics {
  /** `code` is the HTTP status, or undefined when there was no answer. */
  requested(request: { method: string; host: string; code: number | undefined; took: Milliseconds }): void;
  connectionOpened(host: string): void;
}

/** Names, labels and buckets: component-base `metrics/prometheus/restclient`. Connections are an addition. */
export function createRestClientMetrics(registry: Registry): RestClientMetrics {
  const registers = [registry];
  const requests = new Counter({
    name: 'rest_client_requests_total',
    help: 'Number of HTTP requests, partitioned by status code, method, and host.',
    labelNames: ['code', 'method', 'host'],
    registers,
  });
  const duration = new Histogram({
    name: 'rest_client_request_duration_seconds',
    help: 'Request latency in seconds. Broken down by verb and host.',
    labelNames: ['verb', 'host'],
    buckets: [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60],
    registers,
  });
  const connections = new Counter({
    name: 'rest_client_connections_opened_total',
    help: 'Number of TLS connections opened to the host.',
    labelNames: ['host'],
    registers,
  });
  return {
    requested: ({ method, host, code = '<error>', took }) => {
      requests.inc({ code, method, host });
      duration.observe({ verb: method, host }, took / 1_000);
    },
    connectionOpened: (host) => connections.inc({ host }),
  };
}
