import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '../../operator/clock.ts';
import {
  apiServerUrl,
  type ComponentName,
  commandLines,
  controllerManagerKubeconfig,
  type Layout,
} from './command-lines.ts';
import { type Component, describeProblem, startComponent } from './component.ts';
import { writeKubeconfig } from './kubeconfig.ts';
import { createPki, type Pki } from './pki.ts';
import { findPorts, type Ports } from './ports.ts';
import { answersOk, waitUntil } from './readiness.ts';

export interface RunOptions {
  /** The executables. */
  readonly files: Readonly<Record<ComponentName, string>>;
  /** Ends the control plane when it aborts, also one that is not ready yet. */
  readonly stop: AbortSignal;
  readonly clock: Clock;
  readonly onReady: (running: RunningControlPlane) => void;
  /** Asked once for every attempt to start. Default: free ports. */
  readonly ports?: () => Promise<Ports>;
}

export interface RunningControlPlane {
  readonly url: string;
  /** Holds everything of this control plane; removed when it ends. */
  readonly directory: string;
}

const startAttempts = 3;

/**
 * Runs a control plane until `stop` aborts: makes its folder, starts its programs, and reports when it is ready. When this
 * returns or throws, the programs have ended and the folder is gone.
 * @throws when it does not become ready, or a program ends by itself, with the end of that program's log.
 */
export async function runControlPlane(options: RunOptions): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await runOnce(options);
    } catch (error) {
      if (options.stop.aborted) return;
      const portTaken = error instanceof Error && error.message.includes('address already in use');
      if (!portTaken || attempt === startAttempts) throw error;
    }
  }
}

async function runOnce({ files, stop, clock, onReady, ports = findPorts }: RunOptions): Promise<void> {
  await using folder = await createFolder();
  const layout = { directory: folder.path, ports: await ports() };
  const pki = await createPki(folder.path);
  await writeKubeconfigs(layout, pki);

  const failure = new AbortController();
  const start = async (name: ComponentName) => {
    const component = await startNamed(name, files[name], layout);
    void component.ended.then(async (how) => failure.abort(await describeProblem(`${name} ${how}`, [component])));
    return component;
  };
  const ready = (what: string, path: string, components: readonly Component[]) => {
    const check = () => answersOk(`${apiServerUrl(layout)}${path}`, pki.authority.certificate, pki.admin);
    return waitUntil(what, check, { signal: AbortSignal.any([stop, failure.signal]), components, clock });
  };

  await using etcd = await start('etcd');
  await using apiServer = await start('kube-apiserver');
  await ready('the API server to be ready', '/readyz', [etcd, apiServer]);
  // It gives up when the API server does not answer within ten seconds, so it starts after it.
  await using controllerManager = await start('kube-controller-manager');
  const firstObject = '/api/v1/namespaces/default/serviceaccounts/default';
  await ready('the controller manager to make the default service account', firstObject, [controllerManager]);

  onReady({ url: apiServerUrl(layout), directory: folder.path });
  await aborted(AbortSignal.any([stop, failure.signal]));
  if (!stop.aborted) throw failure.signal.reason;
}

async function createFolder(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'dcc-operator-cluster-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true, maxRetries: 3 }) };
}

async function writeKubeconfigs(layout: Layout, pki: Pki): Promise<void> {
  const cluster = { url: apiServerUrl(layout), authority: pki.authority.certificate };
  await writeKubeconfig(join(layout.directory, 'admin.kubeconfig'), { ...cluster, user: pki.admin });
  await writeKubeconfig(controllerManagerKubeconfig(layout.directory), { ...cluster, user: pki.controllerManager });
}

async function startNamed(name: ComponentName, file: string, layout: Layout): Promise<Component> {
  const { directory } = layout;
  await mkdir(join(directory, 'logs'), { recursive: true });
  const logFile = join(directory, 'logs', `${name}.log`);
  return startComponent({ name, file, args: commandLines[name](layout), directory, logFile });
}

/** Resolves when the signal aborts. */
function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
