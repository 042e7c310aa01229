import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { z } from 'zod';
import type { ControlPlane } from '../cluster/control-plane.ts';
import { pkiPath } from '../cluster/pki.ts';
import { type Api, openApi, openApiWith } from './api.ts';
import { readChildren, readCommandLine } from './procfs.ts';

/** A control plane with what the harness needs to look at it from outside. */
export interface MeasuredCluster extends Disposable {
  kubeconfig: string;
  api: Api;
  /** etcd's JSON gateway. */
  etcd: Api;
  /** The processes of the API server and of etcd. */
  servers: readonly number[];
}

/** @throws when the control plane runs in another way than `control-plane.ts` starts it. */
export async function measureCluster({
  supervisor,
  directory,
  url,
  kubeconfig,
}: ControlPlane): Promise<MeasuredCluster> {
  const programs = await Promise.all(
    (await readChildren(supervisor)).map(async (pid) => ({ pid, words: await readCommandLine(pid) })),
  );
  const find = (name: string) => {
    const program = programs.find(({ words }) => words[0]?.endsWith(`/${name}`));
    if (program === undefined) throw new Error(`${name} is not a child of the control plane's supervisor`);
    return program;
  };
  const [server, storage] = [find('kube-apiserver'), find('etcd')];
  const etcdUrl = server.words.find((word) => word.startsWith('--etcd-servers='))?.split('=')[1] ?? '';
  const api = openApiWith(url, await identityIn(kubeconfig));
  const etcd = await openApi(etcdUrl, {
    authority: pkiPath(directory, 'etcd-ca.crt'),
    certificate: pkiPath(directory, 'apiserver-etcd-client.crt'),
    key: pkiPath(directory, 'apiserver-etcd-client.key'),
  });
  return {
    kubeconfig,
    api,
    etcd,
    servers: [server.pid, storage.pid],
    [Symbol.dispose]: () => {
      api[Symbol.dispose]();
      etcd[Symbol.dispose]();
    },
  };
}

const kubeconfigSchema = z.object({
  clusters: z.tuple([z.object({ cluster: z.object({ 'certificate-authority-data': z.string() }) })]),
  users: z.tuple([
    z.object({ user: z.object({ 'client-certificate-data': z.string(), 'client-key-data': z.string() }) }),
  ]),
});

async function identityIn(kubeconfig: string) {
  const { clusters, users } = kubeconfigSchema.parse(parse(await readFile(kubeconfig, 'utf8')));
  const pem = (base64: string) => Buffer.from(base64, 'base64').toString('utf8');
  return {
    authority: pem(clusters[0].cluster['certificate-authority-data']),
    certificate: pem(users[0].user['client-certificate-data']),
    key: pem(users[0].user['client-key-data']),
  };
}
