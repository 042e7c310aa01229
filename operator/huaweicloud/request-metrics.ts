import { Counter, Histogram, type Registry } from 'prom-client';
import type { Milliseconds } from '../clock.ts';

/** One request and how it ended; `code` is the HTTP status, `NotSent` or `Unknown`. */
export interface RequestObservation {
  readonly service: string;
  readonly operation: string;
  readonly code: string;
  readonly duration: Milliseconds;
}

/** Takes note of every request that was sent to the cloud, tries included. */
export type ObserveRequest = (observation: RequestObservation) => void;

/** Creates the metrics `huaweicloud_requests_total` and `huaweicloud_request_duration_seconds` in `registry`. */
export function createRequestMetrics(registry: Registry): ObserveRequest {
  const requests = new Counter({
    name: 'huaweicloud_requests_total',
    help: 'Requests to Huawei Cloud by outcome: the HTTP status, NotSent, or Unknown when no answer came.',
    labelNames: ['service', 'operation', 'code'],
    registers: [registry],
  });
  const durations = new Histogram({
    name: 'huaweicloud_request_duration_seconds',
    help: 'Time from sending a request to Huawei Cloud to its whole answer.',
    labelNames: ['service', 'operation'],
    buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
    registers: [registry],
  });
  return ({ service, operation, code, duration }) => {
    requests.inc({ service, operation, code });
    durations.observe({ service, operation }, duration / 1_000);
  };
}
