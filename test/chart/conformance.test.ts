import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { beforeAll, expect, test } from 'vitest';
import { ensureBinaries } from '../cluster/binaries.ts';
import { template } from './helm.ts';
import { kubernetesSchemas, releases } from './kubernetes-schemas.ts';

let kubeconform = '';
let schemas = '';
beforeAll(async () => {
  ({ kubeconform } = await ensureBinaries(['kubeconform']));
  schemas = await kubernetesSchemas();
}, 900_000);

/** Checks manifests strictly against the schemas of a release; gives what the real kubeconform said. */
async function judge(manifests: string, release: string): Promise<{ code: unknown; output: string }> {
  const location = `${schemas}/${release}/{{ .ResourceKind }}{{ .KindSuffix }}.json`;
  // The kinds of the Prometheus operator are not Kubernetes'.
  const args = ['-strict', '-summary', '-skip', 'ServiceMonitor,PrometheusRule', '-schema-location', location, '-'];
  const child = spawn(kubeconform, args);
  child.stdin.end(manifests);
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { code, output: `${stdout}${stderr}` };
}

/** Everything that the chart can render, in three renderings: as it comes, with everything on, with little. */
const profiles: readonly Readonly<Record<string, string>>[] = [
  {},
  {
    'credentials.existingSecret': 'huaweicloud',
    'credentials.openIdConnect.identityProvider': 'k8s',
    'extraEnv[0].name': 'HTTPS_PROXY',
    'extraEnv[0].value': 'http://proxy:3128',
    'credentials.allowSecretRefs': 'true',
    'monitoring.serviceMonitor.enabled': 'true',
    'monitoring.rules.enabled': 'true',
    'monitoring.dashboard.enabled': 'true',
    'networkPolicy.enabled': 'true',
    'preflight.enabled': 'true',
    priorityClassName: 'system-cluster-critical',
    selector: 'installation=north',
  },
  {
    namespaces: '{team-a,team-b}',
    replicaCount: '1',
    'admission.enabled': 'false',
    'crds.install': 'false',
    'uninstallGuard.enabled': 'false',
  },
];

// All at once: kubeconform reads the schemas anew each time, which takes longer than judging.
test.each(releases)('all that the chart renders is what the schemas of Kubernetes %s say', async (release) => {
  const renderings = await Promise.all(profiles.map((values) => template(values, [], [])));
  const { code, output } = await judge(renderings.join('\n---\n'), release);
  expect(output).toMatch(/Summary: \d\d resources found/);
  expect({ code, output }).toMatchObject({ code: 0, output: expect.stringMatching(/Invalid: 0, Errors: 0/) });
});

test('four eyes are what the schemas of the release say that serves their policy', async () => {
  const { code, output } = await judge(await template({ 'admission.fourEyes': 'true' }), '1.36');
  expect({ code, output }).toMatchObject({ code: 0, output: expect.stringMatching(/Invalid: 0, Errors: 0/) });
});

test('a manifest with a field that no release knows is refused', async () => {
  const manifests = (await template()).replace('serviceAccountName:', 'serviceAccountNames:');
  expect(await judge(manifests, '1.36')).toMatchObject({
    code: 1,
    output: expect.stringContaining('serviceAccountNames'),
  });
});
