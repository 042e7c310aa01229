import { join } from 'node:path';
import { ensureBinaries } from '../cluster/binaries.ts';
import { startControlPlane } from '../cluster/control-plane.ts';
import { kubectlOutput } from '../cluster/kubectl.ts';
import { UsageError } from './options.ts';

/** Where everything of the demo is. */
export const namespace = 'dcc-operator-demo';

/** A cluster with the demo's namespace and the two kinds. Disposing of it removes what the demo made. */
export interface Cluster extends AsyncDisposable {
  readonly kubeconfig: string;
  /** Path of the kubectl that goes with it. */
  readonly kubectl: string;
  /** What it is, in words. */
  readonly description: string;
  /** Resolves when it has ended, with the reason when nobody asked for it; never for a cluster that was there before. */
  readonly ended: Promise<Error | undefined>;
}

const never = new Promise<never>(() => undefined);
const definitions = join(import.meta.dirname, '..', '..', 'crds');

/** Builds (the first time) and starts a control plane for this demo alone. */
export async function buildCluster(): Promise<Cluster> {
  // All at once: Go compiles what they share only once.
  const programs = await ensureBinaries(['etcd', 'kube-apiserver', 'kube-controller-manager', 'kubectl']);
  await using starting = new AsyncDisposableStack();
  const { kubeconfig, url, ended } = starting.use(await startControlPlane());
  await prepare(kubeconfig);
  const running = starting.move();
  return {
    kubeconfig,
    kubectl: programs.kubectl,
    description: `a Kubernetes API server of its own at ${url}`,
    ended,
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

/**
 * Uses a cluster that is there already.
 * @throws UsageError when it cannot be used, or somebody else works with the two kinds there, whom the demo could disturb.
 */
export async function useCluster(kubeconfig: string): Promise<Cluster> {
  const programs = await ensureBinaries(['kubectl']);
  try {
    await refuseOtherDemos(kubeconfig);
    await refuseForeignObjects(kubeconfig);
    await prepare(kubeconfig);
  } catch (error) {
    throw new UsageError(`--kubeconfig: ${error instanceof Error ? error.message : error}`, { cause: error });
  }
  return {
    kubeconfig,
    kubectl: programs.kubectl,
    description: `the cluster of ${kubeconfig}`,
    ended: never,
    [Symbol.asyncDispose]: () => removeNamespace(kubeconfig),
  };
}

const kinds = 'dccservers.dcc-operator.io,unsubscriptionrequests.dcc-operator.io';

async function refuseOtherDemos(kubeconfig: string): Promise<void> {
  const found = await kubectlOutput(kubeconfig, ['get', 'namespace', namespace, '--ignore-not-found', '-o', 'name']);
  if (found !== '') throw new Error(taken);
}

/** An operator of that cluster would take part in the demo, and other definitions could be in use. */
async function refuseForeignObjects(kubeconfig: string): Promise<void> {
  const known = await kubectlOutput(kubeconfig, ['get', 'crd', '-o', 'name']);
  if (!kinds.split(',').every((kind) => known.includes(kind))) return;
  const columns = 'custom-columns=KIND:.kind,NAMESPACE:.metadata.namespace,NAME:.metadata.name';
  const objects = await kubectlOutput(kubeconfig, ['get', kinds, '-A', '--no-headers', '-o', columns]);
  const foreign = objects.split('\n').filter((line) => line.trim() !== '' && line.split(/\s+/)[1] !== namespace);
  if (foreign.length === 0) return;
  throw new Error(
    `This cluster is in use: outside of the namespace ${namespace} it has\n${foreign.join('\n')}\nAn operator that runs there would take part in the demo. Use a cluster without such objects.`,
  );
}

async function prepare(kubeconfig: string): Promise<void> {
  await kubectlOutput(kubeconfig, ['apply', '--server-side', '-f', definitions]);
  await kubectlOutput(kubeconfig, ['wait', '--for=condition=Established', '--timeout=60s', '-f', definitions]);
  await kubectlOutput(kubeconfig, ['create', 'namespace', namespace]);
}

const patch = `'{"metadata":{"finalizers":null}}'`;
const taken = `The namespace ${namespace} exists: another demo uses it, or one was killed before it could remove it. In that case remove it:
  kubectl -n ${namespace} get ${kinds} -o name | xargs -rn1 kubectl -n ${namespace} patch --type=merge -p ${patch}
  kubectl delete namespace ${namespace}`;

/** Removes all that the demo made. Its operator is gone by now, and so is its cloud: nobody else would release the finalizers. */
async function removeNamespace(kubeconfig: string): Promise<void> {
  const inNamespace = (...args: string[]) => kubectlOutput(kubeconfig, ['-n', namespace, ...args]);
  const objects = await inNamespace('get', kinds, '--ignore-not-found', '-o', 'name');
  for (const object of objects.split('\n').filter((line) => line !== '')) {
    await inNamespace('patch', object, '--type=merge', '-p', '{"metadata":{"finalizers":null}}');
  }
  await inNamespace('delete', 'namespace', namespace, '--timeout=60s');
}
