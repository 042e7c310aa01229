import { randomBytes } from 'node:crypto';
import { expect } from 'vitest';
import { loadKubeConfig } from '../../../operator/kubernetes/kubeconfig.ts';
import { kubectl, kubectlOutput } from '../../cluster/kubectl.ts';
import { openConnection } from '../kubernetes/cluster.ts';
import type { Manifest } from './manifests.ts';
import { type NamespacedObjects, namespacedObjects } from './namespaced-objects.ts';

/** A namespace of its own, and what a person does in it: with the real kubectl, or over a connection where that is told apart. */
export interface Namespace extends Pick<NamespacedObjects, 'patch' | 'delete' | 'list'> {
  readonly name: string;
  /** Runs kubectl in the namespace, for a command that has to succeed. */
  kubectl(...args: string[]): Promise<string>;
  apply(...manifests: Manifest[]): Promise<void>;
  /** The same without kubectl, for what is not about it. */
  applyDirectly(...manifests: Manifest[]): Promise<void>;
  /** What the API server says when it refuses the manifests; fails when it does not. */
  refusalOf(...manifests: Manifest[]): Promise<string>;
  /** Removes it, with what finalizers hold in it: nobody is left who would take them off. */
  remove(): Promise<void>;
}

export async function createNamespace(kubeconfig: string): Promise<Namespace> {
  const name = `operator-test-${randomBytes(4).toString('hex')}`;
  const { connection } = await openConnection(await loadKubeConfig(kubeconfig));
  const { apply, release, ...objects } = namespacedObjects(connection, name);
  await connection.request('POST', '/api/v1/namespaces', { body: { metadata: { name } } });
  const run = (...args: string[]) => kubectlOutput(kubeconfig, ['--namespace', name, ...args]);
  const applyAll = (items: readonly Manifest[]) =>
    kubectl(kubeconfig, ['--namespace', name, 'apply', '-f', '-'], {
      input: JSON.stringify({ apiVersion: 'v1', kind: 'List', items }),
    });
  return {
    ...objects,
    name,
    kubectl: run,
    apply: async (...manifests) => {
      const { code, stderr } = await applyAll(manifests);
      expect(code, stderr).toBe(0);
    },
    applyDirectly: (...manifests) => apply(manifests),
    refusalOf: async (...manifests) => {
      const { code, stderr } = await applyAll(manifests);
      expect(code, 'the API server took the manifest').not.toBe(0);
      return stderr;
    },
    remove: async () => {
      await release();
      await connection.request('DELETE', `/api/v1/namespaces/${name}`);
      connection.close();
    },
  };
}
