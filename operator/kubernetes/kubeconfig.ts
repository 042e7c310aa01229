import type { KubeConfig } from '@kubernetes/client-node';
import { takeOverOidc } from './oidc-login.ts';

export type { KubeConfig };

/**
 * Loads the kubeconfig `file`; without one, as kubectl does: $KUBECONFIG, ~/.kube/config, else the Pod's service account.
 *
 * The only place that loads client-node, and only this module of it: its index brings in every generated client. What even
 * this module imports of them is left out of the bundle (`rolldown.config.ts`).
 * @throws when the file cannot be read or names no cluster.
 */
export async function loadKubeConfig(file?: string): Promise<KubeConfig> {
  const { KubeConfig } = await import('@kubernetes/client-node/dist/config.js');
  const kubeConfig = new KubeConfig();
  if (file === undefined) kubeConfig.loadFromDefault();
  else kubeConfig.loadFromFile(file);
  // Like client-node itself, a YAML parser is for what loads a kubeconfig alone.
  const { readTokenFiles } = await import('./token-files.ts');
  readTokenFiles(kubeConfig, file);
  takeOverOidc(kubeConfig);
  serverOf(kubeConfig);
  return kubeConfig;
}

/**
 * The same kubeconfig with nothing remembered. client-node keeps the token of a file for a minute, and that of a plugin that
 * names no end of it for good, also when the API server refuses it.
 */
export async function withNothingRemembered(kubeConfig: KubeConfig): Promise<KubeConfig> {
  const { KubeConfig } = await import('@kubernetes/client-node/dist/config.js');
  const { clusters, contexts, users, currentContext } = kubeConfig;
  const fresh = new KubeConfig();
  fresh.loadFromOptions({ clusters, contexts, users, currentContext });
  return fresh;
}

/** Where the API server of the current context is. @throws when there is none, or it does not speak TLS. */
export function serverOf(kubeConfig: KubeConfig): URL {
  const cluster = kubeConfig.getCurrentCluster();
  if (cluster === null) throw new Error('kubeconfig: the current context names no cluster');
  const server = new URL(cluster.server);
  if (server.protocol === 'https:') return server;
  // What client-node assumes when there is nothing to load.
  const nothingFound = cluster.server === 'http://localhost:8080';
  const hint = nothingFound ? ' (no $KUBECONFIG, no ~/.kube/config, and this is not a Pod)' : '';
  throw new Error(`kubeconfig: ${cluster.server} is not an https URL${hint}`);
}
