import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { loadKubeConfig } from '../../../operator/kubernetes/kubeconfig.ts';
import { template } from '../../chart/helm.ts';
import { kubectl, kubectlOutput } from '../../cluster/kubectl.ts';

/** The operator's service account as the chart makes it, with the rights that the chart grants and no others. */
export interface ServiceAccount extends AsyncDisposable {
  /** Path of a kubeconfig with a token of the service account. */
  readonly kubeconfig: string;
  /** What `kubectl auth can-i` answers for it: `yes` or `no`. */
  canI(...question: string[]): Promise<string>;
}

const manifest = z.looseObject({ kind: z.string() });
const name = 'dcc-dcc-operator';

/** Applies the rights that the chart renders with these values for a release in `namespace`. */
export async function grantRights(
  kubeconfig: string,
  namespace: string,
  values: Readonly<Record<string, string>>,
): Promise<void> {
  const rendered = (await template(values)).replaceAll('namespace: dcc-system', `namespace: ${namespace}`);
  const rights = parseAllDocuments(rendered)
    .map((document): unknown => document.toJS())
    .filter((object) => object !== null)
    .map((object) => manifest.parse(object))
    .filter(({ kind }) => ['ServiceAccount', 'Role', 'RoleBinding'].includes(kind));
  const list = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: rights });
  await kubectlOutput(kubeconfig, ['apply', '-f', '-'], { input: list });
}

/** The service account of a release in `namespace`, whose rights were granted before. */
export async function openServiceAccount(kubeconfig: string, namespace: string): Promise<ServiceAccount> {
  const token = await kubectlOutput(kubeconfig, ['--namespace', namespace, 'create', 'token', name]);
  const config = await loadKubeConfig(kubeconfig);
  config.users = config.users.map((user) => ({ name: user.name, token: token.trim() }));
  const folder = await mkdtemp(join(tmpdir(), 'dcc-operator-service-account-'));
  const path = join(folder, 'kubeconfig');
  await writeFile(path, config.exportConfig(), { mode: 0o600 });
  const user = `system:serviceaccount:${namespace}:${name}`;
  return {
    kubeconfig: path,
    canI: async (...question) => {
      const { stdout } = await kubectl(kubeconfig, ['auth', 'can-i', '--as', user, ...question]);
      return stdout.trim();
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
  };
}
