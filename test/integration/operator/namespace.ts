import { randomBytes } from 'node:crypto';
import { expect } from 'vitest';
import { kubectl, kubectlOutput } from '../../cluster/kubectl.ts';
import type { Manifest } from './manifests.ts';

/** A namespace of its own, and what a person does in it with the real kubectl. */
export interface Namespace {
  readonly name: string;
  /** Runs kubectl in the namespace, for a command that has to succeed. */
  kubectl(...args: string[]): Promise<string>;
  apply(...manifests: Manifest[]): Promise<void>;
  /** What the API server says when it refuses the manifests; fails when it does not. */
  refusalOf(...manifests: Manifest[]): Promise<string>;
  patch(kind: string, name: string, patch: object): Promise<void>;
  /** Removes it, with what finalizers hold in it: nobody is left who would take them off. */
  remove(): Promise<void>;
}

export async function createNamespace(kubeconfig: string): Promise<Namespace> {
  const name = `operator-test-${randomBytes(4).toString('hex')}`;
  await kubectlOutput(kubeconfig, ['create', 'namespace', name]);
  const run = (...args: string[]) => kubectlOutput(kubeconfig, ['--namespace', name, ...args]);
  const applyAll = (items: readonly Manifest[]) =>
    kubectl(kubeconfig, ['--namespace', name, 'apply', '-f', '-'], {
      input: JSON.stringify({ apiVersion: 'v1', kind: 'List', items }),
    });
  return {
    name,
    kubectl: run,
    apply: async (...manifests) => {
      const { code, stderr } = await applyAll(manifests);
      expect(code, stderr).toBe(0);
    },
    refusalOf: async (...manifests) => {
      const { code, stderr } = await applyAll(manifests);
      expect(code, 'the API server took the manifest').not.toBe(0);
      return stderr;
    },
    patch: async (kind, object, patch) => {
      await run('patch', kind, object, '--type=merge', '-p', JSON.stringify(patch));
    },
    remove: async () => {
      const objects = (await run('get', 'dccs,unsub', '-o', 'name')).split('\n').filter((object) => object !== '');
      const release = JSON.stringify({ metadata: { finalizers: null } });
      // One that goes in between is no fault.
      if (objects.length > 0)
        await kubectl(kubeconfig, ['--namespace', name, 'patch', ...objects, '--type=merge', '-p', release]);
      await run('delete', 'namespace', name, '--wait=false');
    },
  };
}
