import { inject } from 'vitest';
import { kubectl, kubectlOutput } from '../cluster/kubectl.ts';
import { seeded } from '../huaweicloud/seed.ts';
import type { ReachableCloud } from './cloud.ts';
import type { Values } from './helm.ts';

/** Where the operator is installed. */
export const system = 'dcc-system';
/** The name of the release, and so of its Deployment. */
export const release = 'dcc-operator';

export const kube = (...args: string[]) => kubectlOutput(inject('cluster').kubeconfig, args);

/** Applies objects as a person does. */
export const apply = (namespace: string, ...manifests: readonly object[]) =>
  kubectlOutput(inject('cluster').kubeconfig, ['--namespace', namespace, 'apply', '-f', '-'], {
    input: list(manifests),
  });

/** Applies objects that may be refused; gives what was said. */
export async function tryToApply(namespace: string, manifest: object): Promise<string> {
  const args = ['--namespace', namespace, 'apply', '-f', '-'];
  const { stdout, stderr } = await kubectl(inject('cluster').kubeconfig, args, { input: JSON.stringify(manifest) });
  return `${stdout}${stderr}`;
}

const list = (items: readonly object[]) => JSON.stringify({ apiVersion: 'v1', kind: 'List', items });

/** The labels by which the API server lets in only pods that keep to the restricted standard. */
export const restricted = {
  'pod-security.kubernetes.io/enforce': 'restricted',
  'pod-security.kubernetes.io/enforce-version': 'latest',
};

/** Makes the namespace of the operator, with what an administrator brings: credentials, and whom to trust. */
export async function prepareSystem(cloud: ReachableCloud): Promise<void> {
  const metadata = { name: system, labels: restricted };
  await apply(
    system,
    { apiVersion: 'v1', kind: 'Namespace', metadata },
    {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'huaweicloud', namespace: system },
      stringData: { HUAWEICLOUD_SDK_AK: seeded.accessKey, HUAWEICLOUD_SDK_SK: seeded.secretKey },
    },
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'cloud-authority', namespace: system },
      data: { 'authority.pem': cloud.authority },
    },
  );
}

/** The least that has to be set where the cloud is a simulated one: all else is as the chart has it. */
export const valuesFor = (cloud: ReachableCloud): Values => ({
  credentials: { existingSecret: 'huaweicloud' },
  ...reaching(cloud),
});

const reaching = (cloud: ReachableCloud): Values => ({
  endpoints: { '*': cloud.url },
  extraEnv: [{ name: 'NODE_EXTRA_CA_CERTS', value: '/authorities/authority.pem' }],
  extraVolumes: [{ name: 'authorities', configMap: { name: 'cloud-authority' } }],
  extraVolumeMounts: [{ name: 'authorities', mountPath: '/authorities', readOnly: true }],
});

const quick: Values = {
  pollInterval: '2s',
  extraArgs: ['--look-again-after=1s', '--call-timeout=5s', '--lease-duration=15s'],
};

/** The same, with times that a test can wait for. */
export const quickValuesFor = (cloud: ReachableCloud): Values => ({ ...valuesFor(cloud), ...quick });

/** What goes with a profile: where the cloud is, and times that a test can wait for. All else the profile says. */
export const aroundProfile = (cloud: ReachableCloud): Values => ({ ...reaching(cloud), ...quick });
