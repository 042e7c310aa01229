import { beforeAll, expect, inject, test } from 'vitest';
import { z } from 'zod';
import { alerts } from '../../chart/queries.ts';
import { ensureBinaries } from '../../cluster/binaries.ts';
import { kubectl } from '../../cluster/kubectl.ts';
import { startPrometheus } from '../../cluster/prometheus.ts';
import { eventually } from '../../integration/operator/expectations.ts';
import type { ReachableCloud } from '../cloud.ts';
import { helmOutput } from '../helm.ts';
import { kube, system } from '../installation.ts';
import { describeProfile, name, release } from './profile.ts';

const labels = z.record(z.string(), z.string());
const monitor = z.object({
  spec: z.object({
    selector: z.object({ matchLabels: labels }),
    endpoints: z.tuple([z.looseObject({ port: z.string() })]),
  }),
});
const slices = z.object({
  items: z.tuple([
    z.object({
      endpoints: z.array(z.object({ addresses: z.tuple([z.string()]), targetRef: z.object({ name: z.string() }) })),
      ports: z.tuple([z.object({ name: z.string(), port: z.int() })]),
    }),
  ]),
});
const rule = z.object({
  spec: z.object({ groups: z.array(z.object({ rules: z.array(z.object({ alert: z.string() })) })) }),
});

export function describeMonitored(cloud: () => ReachableCloud): void {
  describeProfile({ profile: 'monitored', cloud, replicas: 2 }, () => {
    beforeAll(installDefinitions);

    test('all of it is what the definitions of the Prometheus operator say, field by field', async () => {
      const manifests = await helmOutput(['get', 'manifest', release, '--namespace', system]);
      const args = ['apply', '--server-side', '--force-conflicts', '--dry-run=server', '--validate=strict', '-f', '-'];
      const { code, stderr, stdout } = await kubectl(inject('cluster').kubeconfig, args, { input: manifests });
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(stdout).toContain(`servicemonitor.monitoring.coreos.com/${name} serverside-applied`);
      expect(stdout).toContain(`prometheusrule.monitoring.coreos.com/${name} serverside-applied`);
    });

    test('a Prometheus that goes by the ServiceMonitor scrapes each operator', async () => {
      const targets = await targetsOf(monitor.parse(await object('servicemonitor', '-l', selected)));
      await using prometheus = await startPrometheus(targets);
      await eventually(async () => {
        const scraped = await prometheus.query(
          'up == 1 and on (pod) leader_election_master_status{name="dcc-dcc-operator"}',
        );
        expect(scraped.map((sample) => sample.labels['pod']).sort()).toEqual(Object.keys(targets).sort());
      });
      expect(Object.keys(targets)).toHaveLength(2);
    });

    test('it has every alert, and a dashboard where Grafana’s sidecar looks', async () => {
      const { groups } = rule.parse(await object('prometheusrule', '-l', selected)).spec;
      const names = groups.flatMap(({ rules }) => rules.map(({ alert }) => alert));
      expect(names.sort()).toEqual(
        alerts()
          .map(({ alert }) => alert)
          .sort(),
      );
      const dashboard = z
        .object({ data: z.object({ 'dcc-operator.json': z.string() }) })
        .parse(await object('configmap', '-l', 'grafana_dashboard=1'));
      expect(JSON.parse(dashboard.data['dcc-operator.json'])).toHaveProperty('panels');
    });
  });
}

/** As the command of the profile has it. */
const selected = 'release=kube-prometheus-stack';

async function installDefinitions(): Promise<void> {
  const files = await ensureBinaries(['servicemonitors.yaml', 'prometheusrules.yaml']);
  for (const file of Object.values(files)) await kube('apply', '--server-side', '-f', file);
  const definitions = ['servicemonitors', 'prometheusrules'].map((plural) => `crd/${plural}.monitoring.coreos.com`);
  await kube('wait', '--for=condition=Established', '--timeout=30s', ...definitions);
}

/** The one object of this kind that is selected in the namespace of the operator. */
async function object(kind: string, ...selection: readonly string[]): Promise<unknown> {
  const text = await kube('-n', system, 'get', kind, ...selection, '-o', 'json');
  const { items } = z.object({ items: z.tuple([z.unknown()]) }).parse(JSON.parse(text));
  return items[0];
}

/** What the Prometheus operator makes of a ServiceMonitor: the pods behind the Services that it selects, by the port that it names. */
async function targetsOf({ spec }: z.infer<typeof monitor>): Promise<Record<string, string>> {
  const selector = Object.entries(spec.selector.matchLabels).map(([key, value]) => `${key}=${value}`);
  const service = z
    .object({ metadata: z.object({ name: z.string() }) })
    .parse(await object('service', '-l', selector.join()));
  const behind = `kubernetes.io/service-name=${service.metadata.name}`;
  const text = await kube('-n', system, 'get', 'endpointslices', '-l', behind, '-o', 'json');
  const [{ endpoints, ports }] = slices.parse(JSON.parse(text)).items;
  expect(ports[0].name).toBe(spec.endpoints[0].port);
  return Object.fromEntries(
    endpoints.map(({ addresses, targetRef }) => [targetRef.name, `${addresses[0]}:${ports[0].port}`]),
  );
}
