import { randomUUID } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { type Credential, issueCertificate } from './certificates.ts';
import { pkiPath } from './pki.ts';

export interface KubeconfigContent {
  readonly url: string;
  /** The certificate of the authority that signed the API server's, PEM. */
  readonly authority: string;
  readonly user: Credential;
}

/** Writes a kubeconfig that carries its certificates itself and that only the present user of the machine may read. */
export async function writeKubeconfig(path: string, { url, authority, user }: KubeconfigContent): Promise<void> {
  const base64 = (pem: string) => Buffer.from(pem).toString('base64');
  const content = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'test', cluster: { server: url, 'certificate-authority-data': base64(authority) } }],
    users: [
      {
        name: 'test',
        user: { 'client-certificate-data': base64(user.certificate), 'client-key-data': base64(user.key) },
      },
    ],
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'test', namespace: 'default' } }],
    'current-context': 'test',
  };
  await writeFile(path, stringify(content), { mode: 0o600 });
}

/**
 * Writes a kubeconfig for another user of the control plane that runs in `directory`, and gives its path. The user is known
 * by a client certificate, and may do what RBAC grants to the name and the groups: nothing, at first.
 */
export async function createUser(
  directory: string,
  url: string,
  name: string,
  groups: readonly string[] = [],
): Promise<string> {
  const [certificate, key] = await Promise.all([
    readFile(pkiPath(directory, 'ca.crt'), 'utf8'),
    readFile(pkiPath(directory, 'ca.key'), 'utf8'),
  ]);
  const subject = { commonName: name, organizations: groups, usage: 'client' } as const;
  const user = await issueCertificate({ certificate, key }, subject);
  const path = join(directory, `user-${randomUUID()}.kubeconfig`);
  await writeKubeconfig(path, { url, authority: certificate, user });
  return path;
}
