import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inject } from 'vitest';
import { type KubeConfig, loadKubeConfig, serverOf } from '../../../operator/kubernetes/kubeconfig.ts';
import { kubeConfigVia } from '../kubernetes/cluster.ts';
import { startTcpProxy, type TcpProxy } from '../kubernetes/tcp-proxy.ts';

/** A way to the API server that can be broken while the tests still reach it by the usual one. */
export interface ProxiedCluster<Proxy extends AsyncDisposable = TcpProxy> extends AsyncDisposable {
  readonly proxy: Proxy;
  /** Path of a kubeconfig that goes this way. */
  readonly kubeconfig: string;
}

export async function openProxiedCluster(): Promise<ProxiedCluster> {
  const proxy = await startTcpProxy(serverOf(await loadKubeConfig(inject('kubeconfig'))));
  return openWayThrough(proxy, await kubeConfigVia(proxy.server));
}

/** The way through a proxy of any kind, which ends with it. */
export async function openWayThrough<Proxy extends AsyncDisposable>(
  proxy: Proxy,
  kubeConfig: KubeConfig,
): Promise<ProxiedCluster<Proxy>> {
  const folder = await mkdtemp(join(tmpdir(), 'dcc-operator-proxied-'));
  const kubeconfig = join(folder, 'kubeconfig');
  await writeFile(kubeconfig, kubeConfig.exportConfig(), { mode: 0o600 });
  return {
    proxy,
    kubeconfig,
    [Symbol.asyncDispose]: async () => {
      await proxy[Symbol.asyncDispose]();
      await rm(folder, { recursive: true });
    },
  };
}
