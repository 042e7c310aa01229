import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inject } from 'vitest';
import { loadKubeConfig, serverOf } from '../../../operator/kubernetes/kubeconfig.ts';
import { kubeConfigVia } from '../kubernetes/cluster.ts';
import { startTcpProxy, type TcpProxy } from '../kubernetes/tcp-proxy.ts';

/** A way to the API server that can be broken while the tests still reach it by the usual one. */
export interface ProxiedCluster extends AsyncDisposable {
  readonly proxy: TcpProxy;
  /** Path of a kubeconfig that goes this way. */
  readonly kubeconfig: string;
}

export async function openProxiedCluster(): Promise<ProxiedCluster> {
  const proxy = await startTcpProxy(serverOf(await loadKubeConfig(inject('kubeconfig'))));
  const folder = await mkdtemp(join(tmpdir(), 'dcc-operator-proxied-'));
  const kubeconfig = join(folder, 'kubeconfig');
  await writeFile(kubeconfig, (await kubeConfigVia(proxy.server)).exportConfig(), { mode: 0o600 });
  return {
    proxy,
    kubeconfig,
    [Symbol.asyncDispose]: async () => {
      await proxy[Symbol.asyncDispose]();
      await rm(folder, { recursive: true });
    },
  };
}
