import { KubeConfig } from '@kubernetes/client-node';
import { expect, test } from 'vitest';
import { operatorNamespace } from '../../operator/election.ts';

function kubeConfig(namespace?: string): KubeConfig {
  const config = new KubeConfig();
  const context = { name: 'here', cluster: 'cluster', user: 'user', ...(namespace === undefined ? {} : { namespace }) };
  config.loadFromOptions({ clusters: [], users: [], contexts: [context], currentContext: 'here' });
  return config;
}

test.each([
  ['the flag', { 'lease-namespace': 'by-flag' }, { POD_NAMESPACE: 'by-pod' }, 'by-context', 'by-flag'],
  ['the pod', {}, { POD_NAMESPACE: 'by-pod' }, 'by-context', 'by-pod'],
  ['the kubeconfig, which in a pod is the service account', {}, { POD_NAMESPACE: '' }, 'by-context\n', 'by-context'],
  ['nothing', {}, {}, undefined, 'default'],
])('the namespace of the lease is named by %s', (_, config, environment, namespace, expected) => {
  expect(operatorNamespace(config, kubeConfig(namespace), environment)).toBe(expected);
});
