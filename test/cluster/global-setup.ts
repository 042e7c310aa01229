import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { startControlPlane } from './control-plane.ts';
import { kubectlOutput } from './kubectl.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** Path of the kubeconfig of an administrator of the cluster that all integration tests share. */
    kubeconfig: string;
    /** The folder of the control plane, or null when DCC_OPERATOR_TEST_KUBECONFIG names another cluster. */
    controlPlaneDirectory: string | null;
  }
}

const definitions = join(import.meta.dirname, '..', '..', 'crds');

/**
 * Starts one control plane for the whole run, with the kinds of `crds/`, and gives the function that ends it.
 * DCC_OPERATOR_TEST_KUBECONFIG names a cluster to use instead.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const own = process.env['DCC_OPERATOR_TEST_KUBECONFIG'];
  const controlPlane = own ? undefined : await startControlPlane();
  // Without this the tests that follow would fail for no visible reason.
  void controlPlane?.ended.then((reason) => reason && console.error(reason.message));
  const kubeconfig = own || controlPlane?.kubeconfig || '';
  try {
    await applyDefinitions(kubeconfig);
  } catch (error) {
    await controlPlane?.stop();
    throw error;
  }
  project.provide('kubeconfig', kubeconfig);
  project.provide('controlPlaneDirectory', controlPlane?.directory ?? null);
  return async () => controlPlane?.stop();
}

/** Applies the CustomResourceDefinitions and waits until the API server serves them. */
async function applyDefinitions(kubeconfig: string): Promise<void> {
  const files = (await readdir(definitions)).filter((file) => file.endsWith('.yaml'));
  if (files.length === 0) return;
  const each = files.flatMap((file) => ['-f', join(definitions, file)]);
  await kubectlOutput(kubeconfig, ['apply', '--server-side', ...each]);
  await kubectlOutput(kubeconfig, ['wait', '--for=condition=Established', '--timeout=60s', ...each]);
}
