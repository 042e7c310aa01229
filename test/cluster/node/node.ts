import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { minutes, systemClock } from '../../../operator/clock.ts';
import { cacheFolder, ensureBinaries } from '../binaries.ts';
import { type Component, startComponent } from '../component.ts';
import { type ControlPlane, startControlPlane } from '../control-plane.ts';
import { kubectlOutput } from '../kubectl.ts';
import { acquireLock } from '../lock.ts';
import { pkiPath } from '../pki.ts';
import type { Output } from '../progress.ts';
import { waitUntil } from '../readiness.ts';
import {
  containerdConfiguration,
  kubeletConfiguration,
  type NodeLayout,
  nodeName,
  podNetwork,
  proxyConfiguration,
} from './configuration.ts';
import { ensureDebianPackages } from './debian.ts';
import { onNode, openNamespaces, within } from './namespaces.ts';
import { connectNode, network } from './network.ts';
import { enforceNetworkPolicies } from './policy-enforcement.ts';

/** A cluster of one node, all of it real. Disposing of it ends everything. */
export interface Cluster extends AsyncDisposable {
  readonly controlPlane: ControlPlane;
  /** The address by which pods reach servers of this machine. */
  readonly address: string;
  /** A process in the namespaces of the node, for `onNode`. */
  readonly pid: number;
  /** Holds the files of the node, its logs in `logs/`. */
  readonly folder: string;
  /** Gives the node the images of an archive (docker-archive). */
  importImage(archive: string): Promise<void>;
}

const nodePrograms = ['kubelet', 'kube-scheduler', 'kube-proxy', 'kube-router'] as const;

/** A node has one address and one name on a machine: a second one waits for the end of the first. */
const patience = minutes(30);

/**
 * Starts a control plane and a node, and returns when pods can run. All of it ends with this process, however that ends.
 * @throws with what is missing, or the end of a program's log, when it does not start.
 */
export async function startCluster(output: Output = process.stderr): Promise<Cluster> {
  await ensureDebianPackages(output);
  const files = await ensureBinaries(nodePrograms);
  await using parts = new AsyncDisposableStack();
  const cache = cacheFolder(process.env);
  parts.use(
    await acquireLock(join(cache, 'node.lock'), {
      clock: systemClock,
      patience,
      onWait: () => output.write('another process has a node on this machine: waiting for its end\n'),
    }),
  );
  const folder = await makeFolder(cache);
  const { pid } = parts.use(await openNamespaces(folder, groupOf(folder)));
  await connectNode(pid);
  const controlPlane = parts.use(await startControlPlane({ address: network.machine }));
  const components = await startPrograms({ files, folder, pid, controlPlane });
  await untilReady(controlPlane.kubeconfig, components);
  // It ends at once on a node that is not registered yet.
  await enforceNetworkPolicies(files['kube-router'], { pid, folder, kubeconfig: controlPlane.kubeconfig });
  const open = parts.move();
  return {
    controlPlane,
    address: network.machine,
    pid,
    folder,
    importImage: async (archive) => {
      await onNode(pid, 'ctr', '--namespace=k8s.io', 'images', 'import', archive);
    },
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  };
}

const groupOf = (folder: string) => `dcc-operator-${basename(folder)}`;

/** What a killed machine may have left goes first. Only for the holder of the lock. */
async function makeFolder(cache: string): Promise<string> {
  const left = (await readdir(cache)).filter((name) => /^node-\w{6}$/.test(name));
  await Promise.all(left.map((name) => rm(join(cache, name), { recursive: true, force: true, maxRetries: 3 })));
  const folder = await mkdtemp(join(cache, 'node-'));
  for (const name of ['log', 'logs', 'cni', 'kubelet', 'network.d']) await mkdir(join(folder, name));
  return folder;
}

interface Parts {
  readonly files: Readonly<Record<(typeof nodePrograms)[number], string>>;
  readonly folder: string;
  readonly pid: number;
  readonly controlPlane: ControlPlane;
}

async function startPrograms({ files, folder, pid, controlPlane }: Parts): Promise<Component[]> {
  const layout: NodeLayout = {
    folder,
    group: groupOf(folder),
    clientAuthority: pkiPath(controlPlane.directory, 'ca.crt'),
    proxyKubeconfig: await controlPlane.clientFor('system:kube-proxy'),
  };
  await writeConfiguration(layout);
  const node = await controlPlane.clientFor(`system:node:${nodeName}`, ['system:nodes']);
  const scheduler = await controlPlane.clientFor('system:kube-scheduler');
  const start = (name: string, file: string, ...args: string[]) => {
    const logFile = join(folder, 'logs', `${name}.log`);
    const environment = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' };
    return startComponent({ ...within(pid, { file, args }), name, directory: folder, logFile, environment });
  };
  const [address, name] = [`--node-ip=${network.node}`, `--hostname-override=${nodeName}`];
  return Promise.all([
    start('containerd', '/usr/bin/containerd', `--config=${folder}/containerd.toml`),
    start('kubelet', files.kubelet, `--config=${folder}/kubelet.json`, `--kubeconfig=${node}`, address, name),
    start('kube-proxy', files['kube-proxy'], `--config=${folder}/kube-proxy.json`),
    start(
      'kube-scheduler',
      files['kube-scheduler'],
      `--kubeconfig=${scheduler}`,
      '--leader-elect=false',
      '--secure-port=0',
    ),
  ]);
}

async function writeConfiguration(layout: NodeLayout): Promise<void> {
  const write = (name: string, content: string) => writeFile(join(layout.folder, name), content);
  await write('containerd.toml', containerdConfiguration(layout));
  await write('kubelet.json', JSON.stringify(kubeletConfiguration(layout)));
  await write('kube-proxy.json', JSON.stringify(proxyConfiguration(layout)));
  await write('network.d/pods.conflist', JSON.stringify(podNetwork));
}

/** A program that ends meanwhile ends the waiting. */
async function untilReady(kubeconfig: string, components: readonly Component[]): Promise<void> {
  const failed = new AbortController();
  for (const component of components) {
    void component.ended.then(async (how) => {
      failed.abort(new Error(`${component.name} ${how}:\n${await component.logTail()}`));
    });
  }
  const state = 'jsonpath={.items[*].status.conditions[?(@.type=="Ready")].status}{.items[*].spec.taints}';
  const check = async () => (await kubectlOutput(kubeconfig, ['get', 'nodes', '-o', state])) === 'True';
  await waitUntil('the node to be ready', check, { signal: failed.signal, components, clock: systemClock });
}
