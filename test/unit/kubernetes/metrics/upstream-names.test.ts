import { Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { milliseconds } from '../../../../operator/clock.ts';
import { createLeaderElectionMetrics } from '../../../../operator/kubernetes/metrics/leader-election.ts';
import { createKubernetesMetrics } from '../../../../operator/kubernetes/metrics.ts';
import { type MetricFamily, parseFamilies } from '../../../bench/metric-families.ts';
import upstream from './controller-runtime.json' with { type: 'json' };

/**
 * What stock dashboards and alerts rely on: recorded from a real controller-runtime at work, by
 * `test/bench/record-upstream-metrics.ts`.
 */
const theirs = new Map<string, MetricFamily>(upstream.metrics.map((family) => [family.name, family]));
const ours = new Map((await everythingWeServe()).map((family) => [family.name, family]));

/** Theirs that we do not serve, and why. */
const left: Readonly<Record<string, string>> = {
  controller_runtime_conversion_webhook_panics_total: 'there are no webhooks',
  controller_runtime_webhook_panics_total: 'there are no webhooks',
  controller_runtime_reconcile_panics_total: 'whatever a pass throws is an error: JavaScript has no second kind',
  controller_runtime_terminal_reconcile_errors_total:
    'no error is terminal: after each the object is tried again, ever later',
  rest_client_request_size_bytes: 'opt-in upstream, where it is off unless registered',
  rest_client_response_size_bytes: 'opt-in upstream, where it is off unless registered',
};

/** Ours below upstream's prefixes that upstream does not serve, and why. */
const added: Readonly<Record<string, string>> = {
  leader_election_slowpath_total: "component-base's, which controller-runtime does not register",
  rest_client_connections_opened_total: 'a pool that opens a connection a request is the defect that we watch for',
};

/** A registry as after some work: a metric without values would not show its labels. */
async function everythingWeServe(): Promise<MetricFamily[]> {
  const registry = new Registry();
  const metrics = createKubernetesMetrics(registry);
  const took = milliseconds(5);
  metrics.restClient.requested({ method: 'GET', host: 'host', code: 200, took });
  metrics.restClient.connectionOpened('host');
  const queue = metrics.workQueue('widgets');
  queue.added();
  queue.taken(took);
  queue.finished(took);
  queue.retried();
  queue.watch(() => ({ depth: { change: 1 }, working: [took] }));
  const controller = metrics.controller('widgets', 10);
  controller.started();
  controller.finished('success', took);
  controller.timedOut();
  createLeaderElectionMetrics(registry)('lease').leading(true);
  const prefixes = /^(workqueue|controller_runtime|rest_client|leader_election)_/;
  return parseFamilies(await registry.metrics()).filter(({ name }) => prefixes.test(name));
}

/** Go multiplies its bounds up, so 0.00001 comes as 9.999999999999999e-06, which Prometheus draws at the same place. */
const rounded = ({ buckets }: MetricFamily) => buckets?.map((bound) => Number(bound.toPrecision(12)));

test.each([...theirs.values()].filter(({ name }) => left[name] === undefined))(
  '$name is served as upstream serves it: type, labels and buckets',
  (upstreams) => {
    const { name, type, labels } = upstreams;
    const found = ours.get(name);
    expect(found).toMatchObject({ name, type, labels });
    expect(found && rounded(found)).toEqual(rounded(upstreams));
  },
);

test('what upstream serves and we do not is known, with a reason', () => {
  const missing = [...theirs.keys()].filter((name) => !ours.has(name));
  expect(missing.sort()).toEqual(Object.keys(left).sort());
});

test('what we serve below the prefixes of upstream beside it is known, with a reason', () => {
  const more = [...ours.keys()].filter((name) => !theirs.has(name));
  expect(more.sort()).toEqual(Object.keys(added).sort());
});
