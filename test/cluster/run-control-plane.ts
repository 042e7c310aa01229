import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '../../operator/clock.ts';
import { trustIssuers } from './authentication.ts';
import {
  apiServerUrl,
  type ComponentName,
  controllerManagerKubeconfig,
  etcdUrl,
  type Layout,
  loopback,
} from './command-lines.ts';
import type { Component } from './component.ts';
import { writeKubeconfig } from './kubeconfig.ts';
import { createPki, type Pki, pkiPath } from './pki.ts';
import { findPorts, type Ports } from './ports.ts';
import { createPrograms, type EndSignal } from './programs.ts';
import { answersOk, waitUntil } from './readiness.ts';

export interface RunOptions {
  /** The executables. */
  readonly files: Readonly<Record<ComponentName, string>>;
  /** Ends the control plane when it aborts, also one that is not ready yet. */
  readonly stop: AbortSignal;
  readonly clock: Clock;
  readonly onReady: (running: RunningControlPlane) => void;
  /** Where the API server listens. Default: loopback. */
  readonly address?: string;
  /** Asked once for every attempt to start. Default: free ports. */
  readonly ports?: () => Promise<Ports>;
}

export interface RunningControlPlane {
  readonly url: string;
  readonly etcdUrl: string;
  /** Holds everything of this control plane; removed when it ends. */
  readonly directory: string;
  /** Ends one of its programs. The control plane counts as running all the same. */
  end(name: ComponentName, signal: EndSignal): Promise<void>;
  /** Starts a program anew that was ended, on the data and ports it had; returns when it works. */
  start(name: ComponentName): Promise<void>;
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

async function runOnce({
  files,
  stop,
  clock,
  onReady,
  address = loopback,
  ports = findPorts,
}: RunOptions): Promise<void> {
  await using folder = await createFolder();
  const layout = { directory: folder.path, address, ports: await ports() };
  const pki = await createPki(folder.path, address);
  await writeKubeconfigs(layout, pki);
  await trustIssuers(folder.path, []);

  await using programs = createPrograms(files, layout);
  const { failure } = programs;
  const ready = (what: string, path: string, components: readonly Component[]) => {
    // Read each time: a test may have replaced it.
    const check = async () => answersOk(`${apiServerUrl(layout)}${path}`, await authorityOf(layout), pki.admin);
    return waitUntil(what, check, { signal: AbortSignal.any([stop, failure]), components, clock });
  };
  const apiServerReady = (components: readonly Component[]) =>
    ready('the API server to be ready', '/readyz', components);

  const etcd = await programs.start('etcd');
  await apiServerReady([etcd, await programs.start('kube-apiserver')]);
  // It gives up when the API server does not answer within ten seconds, so it starts after it.
  const controllerManager = await programs.start('kube-controller-manager');
  const firstObject = '/api/v1/namespaces/default/serviceaccounts/default';
  await ready('the controller manager to make the default service account', firstObject, [controllerManager]);

  onReady({
    url: apiServerUrl(layout),
    etcdUrl: etcdUrl(layout),
    directory: folder.path,
    end: programs.end,
    start: async (name) => apiServerReady([await programs.start(name)]),
  });
  await aborted(AbortSignal.any([stop, failure]));
  if (!stop.aborted) throw failure.reason;
}

const authorityOf = ({ directory }: Layout) => readFile(pkiPath(directory, 'ca.crt'), 'utf8');

async function createFolder(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'dcc-operator-cluster-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true, maxRetries: 3 }) };
}

async function writeKubeconfigs(layout: Layout, pki: Pki): Promise<void> {
  const cluster = { url: apiServerUrl(layout), authority: pki.authority.certificate };
  await writeKubeconfig(join(layout.directory, 'admin.kubeconfig'), { ...cluster, user: pki.admin });
  await writeKubeconfig(controllerManagerKubeconfig(layout.directory), { ...cluster, user: pki.controllerManager });
}

/** Resolves when the signal aborts. */
function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
