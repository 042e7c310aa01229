import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { ensureBinaries } from '../cluster/binaries.ts';
import { kubectl, kubectlOutput } from '../cluster/kubectl.ts';
import { chart, helm, template } from './helm.ts';
import { rendered } from './manifests.ts';

// Built when it is missing, which takes longer than a test may.
beforeAll(() => ensureBinaries(['helm']));

describe('the chart', () => {
  test('passes Helm’s lint', async () => {
    await expect(helm(['lint', '--strict', chart])).resolves.toContain('0 chart(s) failed');
  });

  test('keeps the definitions when it is uninstalled: with them every journal would go', async () => {
    const definitions = (await rendered()).filter(({ kind }) => kind === 'CustomResourceDefinition');
    expect(definitions.map(({ metadata }) => metadata.name)).toEqual([
      'dccservers.dcc-operator.io',
      'unsubscriptionrequests.dcc-operator.io',
    ]);
    for (const { metadata } of definitions) expect(metadata.annotations).toEqual({ 'helm.sh/resource-policy': 'keep' });
  });

  test('leaves the definitions out when asked to', async () => {
    const kinds = (await rendered({ 'crds.install': 'false' })).map(({ kind }) => kind);
    expect(kinds).not.toContain('CustomResourceDefinition');
  });

  test.each([
    ['mode', 'Destroy', 'mode'],
    ['pollInterval', 'often', 'pollInterval'],
    ['namespaces', '{Team_A}', 'namespaces'],
    ['namespaces', '{team-a,team-a}', 'namespaces'],
    ['namespaces', 'team-a', 'namespaces'],
    ['selector', '{a,b}', 'selector'],
    ['budget.openOrders', '0', 'openOrders'],
    ['refundRates.feePercent.yearly', '{10}', 'yearly'],
    ['refundRates.unconditionalDays', '5', 'feePercent'],
    ['admission.fiveEyes', 'true', 'fiveEyes'],
    ['networkPolicy.apiServers', '[]', 'apiServers'],
    ['monitoring.rules', 'true', 'rules'],
    ['replicas', '2', 'replicas'],
    ['replicaCount', 'many', 'replicaCount'],
  ])('refuses %s=%s by the schema of its values', async (name, value, told) => {
    await expect(template({ [name]: value })).rejects.toThrow(told);
  });
});

describe('the rendered manifests', () => {
  const kubeconfig = inject('kubeconfig');
  const namespace = `chart-test-${randomUUID().slice(0, 8)}`;
  beforeAll(() =>
    kubectlOutput(kubeconfig, ['create', 'namespace', namespace]).then(() =>
      kubectlOutput(kubeconfig, [
        'label',
        'namespace',
        namespace,
        'pod-security.kubernetes.io/enforce=restricted',
        'pod-security.kubernetes.io/warn=restricted',
      ]),
    ),
  );
  afterAll(() => kubectlOutput(kubeconfig, ['delete', 'namespace', namespace, '--timeout=60s']));

  test.each([
    ['of the whole cluster', {}],
    ['with four eyes', { 'admission.fourEyes': 'true' }],
    ['of one namespace', { namespaces: '{dcc-system}', selector: 'installation=north' }],
    ['behind a network policy', { 'networkPolicy.enabled': 'true', priorityClassName: 'system-cluster-critical' }],
  ])('%s are accepted by a real API server, without a warning of restricted Pod Security', async (_, scope) => {
    const manifests = await template({ 'credentials.allowSecretRefs': 'true', ...scope });
    const input = manifests.replaceAll('namespace: dcc-system', `namespace: ${namespace}`);
    const args = ['apply', '--server-side', '--dry-run=server', '--force-conflicts', '-f', '-'];
    const { code, stderr } = await kubectl(kubeconfig, args, { input });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });
});
