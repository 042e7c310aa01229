import { beforeAll, describe, expect, test } from 'vitest';
import { ensureBinaries } from '../cluster/binaries.ts';
import { template } from './helm.ts';
import { deploymentOf, rendered } from './manifests.ts';

// Built when it is missing, which takes longer than a test may.
beforeAll(() => ensureBinaries(['helm']));

describe('the chart', () => {
  test('gives the operator the memory that docs/capacity.md measured, and no limit of processor time', async () => {
    const { template: pod } = await deploymentOf();
    const { requests, limits } = pod.spec.containers[0]?.resources ?? {};
    // 1,000 servers with 20 machines each took 164 MiB at most, 10,000 with two 251 MiB: a limit needs room above that.
    expect(requests?.memory).toBeGreaterThan(164);
    expect(limits?.memory).toBeGreaterThan(1.5 * 251);
    // What is throttled misses renewals of its lease.
    expect(Object.keys(limits ?? {})).toEqual(['memory']);
  });

  test('tells the operator in which namespace its lease is, and leaves the old ones alone until new ones are ready', async () => {
    const { strategy, template: pod } = await deploymentOf();
    expect(pod.spec.containers[0]?.env).toContainEqual({
      name: 'POD_NAMESPACE',
      valueFrom: { fieldRef: { fieldPath: 'metadata.namespace' } },
    });
    expect(strategy).toEqual({ type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } });
  });

  test('guards two operators from being drained at once, and one alone from keeping its node', async () => {
    const budget = (await rendered()).find(({ kind }) => kind === 'PodDisruptionBudget');
    expect(budget).toMatchObject({ spec: { maxUnavailable: 1 } });
    const { selector, template: pod } = await deploymentOf();
    expect(budget?.['spec']).toMatchObject({ selector });
    expect(pod.spec.topologySpreadConstraints).toMatchObject([{ labelSelector: selector }]);
    const alone = { replicaCount: '1' };
    expect((await rendered(alone)).map(({ kind }) => kind)).not.toContain('PodDisruptionBudget');
    expect((await deploymentOf(alone)).template.spec.topologySpreadConstraints).toBeUndefined();
  });

  test('runs two pods, unprivileged, with a read-only file system', async () => {
    const { replicas, template: pod } = await deploymentOf();
    expect(replicas).toBe(2);
    expect((await deploymentOf({ replicaCount: '3' })).replicas).toBe(3);
    expect(pod.spec.securityContext).toEqual({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
    expect(pod.spec.containers[0]?.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
  });

  test('checks before it starts with the flags and credentials of the operator, when asked to', async () => {
    const values = { 'preflight.enabled': 'true', 'credentials.existingSecret': 'huaweicloud' };
    const { template: pod } = await deploymentOf(values);
    const { args, env, envFrom, securityContext } = pod.spec.containers[0] ?? expect.fail('there is no container');
    expect(pod.spec.initContainers).toMatchObject([{ args: ['--check', ...args], env, envFrom, securityContext }]);
    expect((await deploymentOf()).template.spec.initContainers).toBeUndefined();
  });

  test('takes keys for a token of the pod, by either generation of IAM, and the names of nothing else', async () => {
    const file = '/var/run/secrets/huaweicloud/token';
    const given = async (values: Record<string, string>) => {
      const { spec } = (await deploymentOf({ 'credentials.agency': 'finance/dcc', ...values })).template;
      const [operator] = spec.containers;
      return { ...operator, volumes: spec.volumes, env: operator?.env.slice(2) };
    };
    const newer = {
      'credentials.openIdConnect.providerUrn': 'iam::x:oidcProvider:k8s',
      'credentials.openIdConnect.agencyUrn': 'iam::x:agency:dcc',
    };
    expect(await given(newer)).toMatchObject({
      args: expect.arrayContaining(['--agency=finance/dcc']),
      env: [
        { name: 'HUAWEICLOUD_OIDC_PROVIDER_URN', value: 'iam::x:oidcProvider:k8s' },
        { name: 'HUAWEICLOUD_OIDC_AGENCY_URN', value: 'iam::x:agency:dcc' },
        { name: 'HUAWEICLOUD_OIDC_TOKEN_FILE', value: file },
      ],
      volumeMounts: [{ name: 'huaweicloud-token', mountPath: '/var/run/secrets/huaweicloud', readOnly: true }],
      volumes: [
        {
          name: 'huaweicloud-token',
          projected: { sources: [{ serviceAccountToken: { path: 'token', audience: 'huaweicloud' } }] },
        },
      ],
    });
    expect((await given({ 'credentials.openIdConnect.identityProvider': 'k8s' })).env).toEqual([
      { name: 'HUAWEICLOUD_SDK_IDP_ID', value: 'k8s' },
      { name: 'HUAWEICLOUD_SDK_ID_TOKEN_FILE', value: file },
    ]);
    expect(await given({})).toMatchObject({ env: [], volumes: undefined });
    const both = { ...newer, 'credentials.openIdConnect.identityProvider': 'k8s' };
    await expect(template(both)).rejects.toThrow('openIdConnect');
    await expect(template({ 'credentials.openIdConnect.providerUrn': 'x' })).rejects.toThrow('agencyUrn');
  });

  test('passes a proxy and its authority on', async () => {
    const { template: pod } = await deploymentOf({
      'extraEnv[0].name': 'HTTPS_PROXY',
      'extraEnv[0].value': 'http://proxy:3128',
      'extraVolumes[0].name': 'ca',
      'extraVolumes[0].configMap.name': 'ca',
      'extraVolumeMounts[0].name': 'ca',
      'extraVolumeMounts[0].mountPath': '/ca',
    });
    expect(pod.spec.containers[0]?.env).toContainEqual({ name: 'HTTPS_PROXY', value: 'http://proxy:3128' });
    expect(pod.spec).toMatchObject({
      volumes: [{ name: 'ca', configMap: { name: 'ca' } }],
      containers: [{ volumeMounts: [{ name: 'ca', mountPath: '/ca' }] }],
    });
  });

  test('takes credentials from an existing Secret', async () => {
    const { template: pod } = await deploymentOf({ 'credentials.existingSecret': 'huaweicloud' });
    expect(pod.spec.containers[0]?.envFrom).toEqual([{ secretRef: { name: 'huaweicloud' } }]);
  });
});
