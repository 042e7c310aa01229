import { beforeAll, describe, expect, test } from 'vitest';
import { ensureBinaries } from '../cluster/binaries.ts';
import { deploymentOf, rendered } from './manifests.ts';

// Built when it is missing, which takes longer than a test may.
beforeAll(() => ensureBinaries(['helm']));

describe('the chart', () => {
  test('has nothing of the Prometheus operator or Grafana in it unless asked for, and then alerts, a dashboard and who is scraped', async () => {
    const shown = async (values?: Record<string, string>) =>
      (await rendered(values))
        .map(({ kind }) => kind)
        .filter((kind) => /^(ServiceMonitor|PrometheusRule|Service|ConfigMap)$/.test(kind));
    expect(await shown()).toEqual([]);
    const monitoring = ['serviceMonitor', 'rules', 'dashboard'].map((part) => [`monitoring.${part}.enabled`, 'true']);
    expect((await shown(Object.fromEntries(monitoring))).sort()).toEqual([
      ...['ConfigMap', 'PrometheusRule', 'Service', 'ServiceMonitor'],
    ]);
  });

  test('lets the operator reach names, the API server and the cloud, and only those reach it who scrape', async () => {
    const policyOf = async (values: Record<string, string>) =>
      (await rendered({ 'networkPolicy.enabled': 'true', ...values })).find(({ kind }) => kind === 'NetworkPolicy');
    const ports = (...numbers: number[]) => numbers.map((port) => expect.objectContaining({ port }));
    expect((await policyOf({}))?.['spec']).toMatchObject({
      policyTypes: ['Ingress', 'Egress'],
      ingress: [],
      egress: [{ ports: ports(53, 53, 5353, 5353) }, { ports: ports(6443) }, { ports: ports(443) }],
    });
    const proxied = {
      'networkPolicy.cloud[0].cidr': '10.1.2.3/32',
      'networkPolicy.cloud[0].port': '3128',
      'networkPolicy.metricsFrom[0].podSelector.matchLabels.app': 'prometheus',
    };
    expect((await policyOf(proxied))?.['spec']).toMatchObject({
      ingress: [{ from: [{ podSelector: { matchLabels: { app: 'prometheus' } } }] }],
      egress: [{}, {}, { to: [{ ipBlock: { cidr: '10.1.2.3/32' } }], ports: ports(3128) }],
    });
    expect((await rendered()).map(({ kind }) => kind)).not.toContain('NetworkPolicy');
  });

  test('refuses to be uninstalled while a call is open, by a Job that runs as the operator and looks where it does', async () => {
    const jobOf = async (values: Record<string, string> = {}) =>
      (await rendered(values)).find(({ kind }) => kind === 'Job');
    const job = await jobOf({ namespaces: '{team-a}', selector: 'x=y' });
    expect(job?.metadata.annotations).toMatchObject({ 'helm.sh/hook': 'pre-delete' });
    const { template: pod } = await deploymentOf();
    expect(job?.['spec']).toMatchObject({
      backoffLimit: 0,
      template: {
        spec: {
          restartPolicy: 'Never',
          serviceAccountName: 'dcc-dcc-operator',
          securityContext: pod.spec.securityContext,
          containers: [
            {
              args: ['--before-uninstall', '--namespaces=team-a', '--selector=x=y'],
              securityContext: pod.spec.containers[0]?.securityContext,
            },
          ],
        },
      },
    });
    expect(await jobOf({ 'uninstallGuard.enabled': 'false' })).toBeUndefined();
  });
});
