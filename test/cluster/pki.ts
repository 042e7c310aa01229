import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type Credential,
  createAuthority,
  createServiceAccountKeys,
  issueCertificate,
  type Subject,
} from './certificates.ts';

const loopback = [
  { type: 'dns', value: 'localhost' },
  { type: 'ip', value: '127.0.0.1' },
] as const;

/** The names below which a pod reaches the API server, and the first address of the range of services. */
const inCluster = [
  { type: 'dns', value: 'kubernetes.default.svc' },
  { type: 'dns', value: 'kubernetes.default.svc.cluster.local' },
  { type: 'ip', value: '10.96.0.1' },
] as const;

/** As what the API server proves itself to its clients, who reach it at `address`. */
const apiServer = (address: string): Subject => {
  const hosts = [...loopback, ...inCluster, { type: 'ip', value: address } as const];
  return { commonName: 'kube-apiserver', usage: 'server', hosts };
};

/** The certificates of one control plane that its clients need. */
export interface Pki {
  readonly authority: Credential;
  readonly admin: Credential;
  readonly controllerManager: Credential;
}

/** The path of a certificate or key in the folder of a control plane. */
export const pkiPath = (directory: string, file: string) => join(directory, 'pki', file);

/**
 * Makes all certificates and keys of a control plane and writes those that its programs read from files. Its API server is at
 * `address`.
 * Three authorities, because a client certificate of one must not open the others.
 * Source: https://kubernetes.io/docs/setup/best-practices/certificates/
 */
export async function createPki(directory: string, address: string): Promise<Pki> {
  await mkdir(pkiPath(directory, ''));
  const write = async (name: string, { certificate, key }: Credential) => {
    await writeFile(pkiPath(directory, `${name}.crt`), certificate);
    await writeFile(pkiPath(directory, `${name}.key`), key, { mode: 0o600 });
  };
  const issue = async (name: string, authority: Credential, subject: Subject) =>
    write(name, await issueCertificate(authority, subject));

  const [authority, etcd, frontProxy] = await Promise.all([
    createAuthority('kubernetes'),
    createAuthority('etcd-ca'),
    createAuthority('front-proxy-ca'),
  ]);
  const serviceAccount = createServiceAccountKeys();
  await Promise.all([
    write('ca', authority),
    write('etcd-ca', etcd),
    write('front-proxy-ca', frontProxy),
    issue('etcd', etcd, { commonName: 'etcd', usage: 'both', hosts: loopback }),
    issue('apiserver-etcd-client', etcd, { commonName: 'kube-apiserver', usage: 'client' }),
    issue('apiserver', authority, apiServer(address)),
    issue('apiserver-kubelet-client', authority, {
      commonName: 'kube-apiserver-kubelet-client',
      organizations: ['system:masters'],
      usage: 'client',
    }),
    issue('front-proxy-client', frontProxy, { commonName: 'front-proxy-client', usage: 'client' }),
    writeFile(pkiPath(directory, 'service-account.pub'), serviceAccount.publicKey),
    writeFile(pkiPath(directory, 'service-account.key'), serviceAccount.privateKey, { mode: 0o600 }),
  ]);
  return {
    authority,
    // RBAC always lets this group do everything.
    admin: await issueCertificate(authority, {
      commonName: 'admin',
      organizations: ['system:masters'],
      usage: 'client',
    }),
    controllerManager: await issueCertificate(authority, {
      commonName: 'system:kube-controller-manager',
      usage: 'client',
    }),
  };
}

/**
 * Gives the API server a certificate of another authority, which it shows once it is started anew. Clients of the former
 * authority are let in as before.
 */
export async function rotateServingCertificate(directory: string, next: Credential): Promise<void> {
  const { certificate, key } = await issueCertificate(next, apiServer('127.0.0.1'));
  await writeFile(pkiPath(directory, 'apiserver.crt'), certificate);
  await writeFile(pkiPath(directory, 'apiserver.key'), key, { mode: 0o600 });
  const former = await readFile(pkiPath(directory, 'ca.crt'), 'utf8');
  await writeFile(pkiPath(directory, 'ca.crt'), `${former}\n${next.certificate}`);
}
