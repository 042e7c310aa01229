import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { type KubeConfig, loadKubeConfig } from '../../../operator/kubernetes/kubeconfig.ts';

/** A folder for a kubeconfig and the files it names. */
export interface KubeconfigFiles extends AsyncDisposable {
  path(file: string): string;
  /** Puts a file in place of the one that is there, at once, as kubelet and cert-manager do. */
  replace(file: string, content: string, mode?: number): Promise<void>;
  /**
   * Writes a kubeconfig and loads it as the operator does.
   * @param cluster beside the server: such as `{ 'certificate-authority': path }`
   * @param user as in the file: such as `{ tokenFile: path }`
   */
  load(server: string, cluster: object, user: object): Promise<KubeConfig>;
}

export async function createKubeconfigFiles(): Promise<KubeconfigFiles> {
  const folder = await mkdtemp(join(tmpdir(), 'dcc-operator-kubeconfig-'));
  const path = (file: string) => join(folder, file);
  return {
    path,
    replace: async (file, content, mode = 0o600) => {
      await writeFile(path(`${file}.new`), content, { mode });
      await rename(path(`${file}.new`), path(file));
    },
    load: async (server, cluster, user) => {
      const content = {
        apiVersion: 'v1',
        kind: 'Config',
        clusters: [{ name: 'test', cluster: { server, ...cluster } }],
        users: [{ name: 'test', user }],
        contexts: [{ name: 'test', context: { cluster: 'test', user: 'test' } }],
        'current-context': 'test',
      };
      await writeFile(path('kubeconfig'), stringify(content), { mode: 0o600 });
      return loadKubeConfig(path('kubeconfig'));
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
  };
}
