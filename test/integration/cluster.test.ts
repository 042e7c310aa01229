import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:tls';
import { AuthenticationV1Api, CoreV1Api, KubeConfig, VersionApi } from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { createUser } from '../cluster/kubeconfig.ts';
import { kubectl, kubectlOutput } from '../cluster/kubectl.ts';

const kubeconfig = inject('kubeconfig');
const directory = inject('controlPlaneDirectory');
const admin = new KubeConfig();
admin.loadFromFile(kubeconfig);
const cluster = admin.getCurrentCluster();
const url = new URL(cluster?.server ?? '');
const authority = Buffer.from(cluster?.caData ?? '', 'base64');

const namespace = `cluster-test-${randomUUID().slice(0, 8)}`;

beforeAll(() => kubectlOutput(kubeconfig, ['create', 'namespace', namespace]));
afterAll(() => kubectlOutput(kubeconfig, ['delete', 'namespace', namespace, '--timeout=60s']));

describe('the cluster', () => {
  test('gives a namespace its default service account', async () => {
    const account = ['serviceaccount/default', '-n', namespace];
    await kubectlOutput(kubeconfig, ['wait', '--for=create', '--timeout=30s', ...account]);
    expect(await kubectlOutput(kubeconfig, ['get', ...account, '-o', 'name'])).toBe('serviceaccount/default\n');
  });

  test('takes the token of a service account for that service account', async () => {
    const name = 'reader';
    await kubectlOutput(kubeconfig, ['create', 'serviceaccount', name, '-n', namespace]);
    const { status } = await admin
      .makeApiClient(CoreV1Api)
      .createNamespacedServiceAccountToken({ namespace, name, body: { spec: { audiences: [] } } });
    const review = await withToken(status?.token ?? '')
      .makeApiClient(AuthenticationV1Api)
      .createSelfSubjectReview({ body: {} });
    expect(review.status?.userInfo?.username).toBe(`system:serviceaccount:${namespace}:${name}`);
  });

  test('serves the kinds of this project', async () => {
    const kinds = await kubectlOutput(kubeconfig, ['api-resources', '--api-group=dcc-operator.io', '-o', 'name']);
    expect(kinds.trim().split('\n')).toEqual(['dccservers.dcc-operator.io', 'unsubscriptionrequests.dcc-operator.io']);
  });
});

describe.runIf(directory !== null)('the control plane of these tests', () => {
  test('is Kubernetes 1.36', async () => {
    const version = await admin.makeApiClient(VersionApi).getCode();
    expect(version.gitVersion).toMatch(/^v1\.36\.\d+$/);
  });

  test('proves its identity to whoever trusts its authority, and to nobody else', async () => {
    const connectTrusting = (ca: Buffer[]) => {
      const socket = connect({ host: url.hostname, port: Number(url.port), ca });
      return once(socket, 'secureConnect').finally(() => socket.destroy());
    };
    await connectTrusting([authority]);
    await expect(connectTrusting([])).rejects.toMatchObject({ code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' });
  });

  test('lets a user with a client certificate do nothing until RBAC says so', async () => {
    const user = await createUser(directory ?? '', url.origin, 'nobody', ['readers']);
    const refused = await kubectl(user, ['get', 'configmaps', '-n', namespace]);
    expect(refused.stderr).toContain('User "nobody" cannot list resource "configmaps"');
    expect(refused.code).toBe(1);

    const grant = ['--clusterrole=view', '--group=readers'];
    await kubectlOutput(kubeconfig, ['create', 'rolebinding', 'readers', '-n', namespace, ...grant]);
    await expect
      .poll(() => kubectl(user, ['get', 'configmaps', '-n', namespace]), { timeout: 10_000 })
      .toMatchObject({
        code: 0,
        stdout: expect.stringContaining('kube-root-ca.crt'),
      });
  });
});

/** A client that is known by nothing but its token. */
function withToken(token: string): KubeConfig {
  if (cluster === null) throw new Error(`${kubeconfig} names no cluster`);
  const config = new KubeConfig();
  config.loadFromClusterAndUser(cluster, { name: 'test', token });
  return config;
}
