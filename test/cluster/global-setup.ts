import type { TestProject } from 'vitest/node';
import { buildOperator } from '../operator-bundle.ts';
import { startControlPlane } from './control-plane.ts';
import { applyDefinitions } from './definitions.ts';
import { watchStatuses } from './status-watch.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** Path of the kubeconfig of an administrator of the cluster that all integration tests share. */
    kubeconfig: string;
    /** The folder of the control plane, or null when DCC_OPERATOR_TEST_KUBECONFIG names another cluster. */
    controlPlaneDirectory: string | null;
    /** The file of the operator, built from the sources as they were when the run began. */
    operatorProgram: string;
  }
}

/**
 * Builds the operator, starts one control plane for the whole run, with the kinds of `crds/`, checks every status in it, and gives the function that ends it.
 * DCC_OPERATOR_TEST_KUBECONFIG names a cluster to use instead.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const own = process.env['DCC_OPERATOR_TEST_KUBECONFIG'];
  await using parts = new AsyncDisposableStack();
  const operator = parts.use(await buildOperator());
  const controlPlane = own ? undefined : parts.use(await startControlPlane());
  // Without this the tests that follow would fail for no visible reason.
  void controlPlane?.ended.then((reason) => reason && console.error(reason.message));
  const kubeconfig = own || controlPlane?.kubeconfig || '';
  await applyDefinitions(kubeconfig);
  parts.use(watchStatuses(kubeconfig));
  project.provide('kubeconfig', kubeconfig);
  project.provide('controlPlaneDirectory', controlPlane?.directory ?? null);
  project.provide('operatorProgram', operator.path);
  const started = parts.move();
  return () => started.disposeAsync();
}
