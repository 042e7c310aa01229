import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { load } from 'js-yaml';
import { z } from 'zod';
import type { KubeConfig } from './kubeconfig.ts';

const usersSchema = z.object({
  users: z
    .array(z.object({ name: z.string(), user: z.object({ tokenFile: z.string().optional() }).nullish() }))
    .nullish(),
});

/**
 * Makes the users of a kubeconfig whose token is in a file (`tokenFile`) read it from there, again and again. client-node 2.0.1
 * looks for `token-file`, which no kubeconfig has, and would go to the API server as nobody.
 * https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/#AuthInfo
 */
export function readTokenFiles(kubeConfig: KubeConfig, file: string | undefined): void {
  const paths = new Map(filesOf(file).flatMap(tokenFilesIn));
  kubeConfig.users = kubeConfig.users.map((user) => {
    const tokenFile = paths.get(user.name);
    // The provider by which client-node reads the token of a Pod.
    return tokenFile === undefined
      ? user
      : { name: user.name, authProvider: { name: 'tokenFile', config: { tokenFile } } };
  });
}

/** Where kubectl and client-node look; none in a Pod. */
function filesOf(file: string | undefined): string[] {
  if (file !== undefined) return [file];
  const listed = process.env['KUBECONFIG'];
  if (listed) return listed.split(delimiter).filter((path) => path !== '');
  const usual = join(homedir(), '.kube', 'config');
  return existsSync(usual) ? [usual] : [];
}

/** By the name of the user. */
function tokenFilesIn(file: string): [string, string][] {
  const { users } = usersSchema.parse(load(readFileSync(file, 'utf8')));
  return (users ?? []).flatMap(({ name, user }): [string, string][] =>
    user?.tokenFile === undefined ? [] : [[name, resolve(dirname(file), user.tokenFile)]],
  );
}
