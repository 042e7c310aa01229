import { parseSamples, type Sample, sumOf } from '../bench/metrics-text.ts';

/** What the operator has counted itself since it started: the metrics that `docs/capacity.md` says to watch. */
export interface Counters {
  /** Requests to the API server by method, watches among them. */
  apiRequests: Readonly<Record<string, number>>;
  /** Calls to the cloud by service and operation, refused ones among them. */
  cloudCalls: Readonly<Record<string, number>>;
  /** Those of them that were not answered with success. */
  cloudRefusals: number;
  /** Passes over servers that ended well. */
  serverPasses: number;
  /** Passes over servers and requests that failed. */
  failedPasses: number;
  /** Servers that wait for a pass because something changed, at this moment. */
  changesWaiting: number;
  /** How long keys have waited in the queue of servers, in seconds, and how many of them. */
  queued: { seconds: number; keys: number };
}

const servers = { controller: 'dccservers' };
const successes = ['success', 'requeue_after'];

/** Reads what `/metrics` of the operator answers. */
export function readCounters(text: string): Counters {
  const samples = parseSamples(text);
  const named = (name: string) => samples.filter((sample) => sample.name === name);
  const calls = named('huaweicloud_requests_total');
  const passes = (result: string, labels = {}) =>
    sumOf(samples, 'controller_runtime_reconcile_total', { ...labels, result });
  const queue = { name: servers.controller };
  return {
    apiRequests: sumBy(named('rest_client_requests_total'), ({ labels }) => labels['method'] ?? ''),
    cloudCalls: sumBy(calls, ({ labels }) => `${labels['service']}.${labels['operation']}`),
    cloudRefusals: sum(calls.filter(({ labels }) => labels['code'] !== '200')),
    serverPasses: successes.reduce((total, result) => total + passes(result, servers), 0),
    failedPasses: passes('error'),
    changesWaiting: sumOf(samples, 'workqueue_depth', { ...queue, priority: 'change' }),
    queued: {
      seconds: sumOf(samples, 'workqueue_queue_duration_seconds_sum', queue),
      keys: sumOf(samples, 'workqueue_queue_duration_seconds_count', queue),
    },
  };
}

function sumBy(samples: readonly Sample[], key: (sample: Sample) => string): Record<string, number> {
  const groups = Map.groupBy(samples, key);
  return Object.fromEntries([...groups].map(([name, group]) => [name, sum(group)]));
}

const sum = (samples: readonly Sample[]) => samples.reduce((total, { value }) => total + value, 0);

/** What came after `before`. */
export const countersSince = (before: Counters, after: Counters): Counters => ({
  apiRequests: difference(before.apiRequests, after.apiRequests),
  cloudCalls: difference(before.cloudCalls, after.cloudCalls),
  cloudRefusals: after.cloudRefusals - before.cloudRefusals,
  serverPasses: after.serverPasses - before.serverPasses,
  failedPasses: after.failedPasses - before.failedPasses,
  changesWaiting: after.changesWaiting,
  queued: { seconds: after.queued.seconds - before.queued.seconds, keys: after.queued.keys - before.queued.keys },
});

const difference = (before: Readonly<Record<string, number>>, after: Readonly<Record<string, number>>) =>
  Object.fromEntries(Object.entries(after).map(([name, count]) => [name, count - (before[name] ?? 0)]));

export const total = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((sum, count) => sum + count, 0);

/** Every reading of a project begins with the account, once. */
export const readingsIn = ({ cloudCalls }: Counters): number => cloudCalls['iam.KeystoneListAuthDomains'] ?? 0;

const writing = ['POST', 'PUT', 'PATCH', 'DELETE'];

export const writesIn = ({ apiRequests }: Counters): number =>
  writing.reduce((sum, method) => sum + (apiRequests[method] ?? 0), 0);
