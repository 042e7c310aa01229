import { readFile } from 'node:fs/promises';
import { request as startRequest } from 'node:https';
import { text } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { hours, seconds, systemClock } from '../../../operator/clock.ts';
import { asKubernetesError } from '../../../operator/kubernetes/errors.ts';
import { loadKubeConfig } from '../../../operator/kubernetes/kubeconfig.ts';
import { createAcceleratedClock } from '../../accelerated-clock.ts';
import { type Credential, createAuthority, issueCertificate } from '../../cluster/certificates.ts';
import { type ControlPlane, startControlPlane } from '../../cluster/control-plane.ts';
import { pkiPath, rotateServingCertificate } from '../../cluster/pki.ts';
import { createPlayground, openConnection, type Playground, type TestConnection, until } from './cluster.ts';
import { changeThings, expectToBeInStep } from './fault-scenes.ts';
import { createKubeconfigFiles, type KubeconfigFiles } from './kubeconfig-files.ts';
import { createReader, type Reader } from './service-account.ts';
import { startTcpProxy, type TcpProxy } from './tcp-proxy.ts';
import { startWatching, type Watching } from './watching.ts';

/** A control plane of its own: what happens to it here must not happen to other tests. */
let controlPlane: ControlPlane;
let authority: string;
/** The authority of the certificate that the API server gets in the end. */
let nextAuthority: Credential;
/** An administrator, who trusts both. */
let admin: TestConnection;
let widgets: Playground;
let files: KubeconfigFiles;
/** The way of what is tested to the API server. */
let proxy: TcpProxy;
const owned = new AsyncDisposableStack();
beforeAll(async () => {
  controlPlane = owned.use(await startControlPlane());
  authority = await readFile(pkiPath(controlPlane.directory, 'ca.crt'), 'utf8');
  nextAuthority = await createAuthority('the next authority');
  const kubeConfig = await loadKubeConfig(controlPlane.kubeconfig);
  const caData = Buffer.from(`${authority}\n${nextAuthority.certificate}`).toString('base64');
  kubeConfig.clusters = kubeConfig.clusters.map((cluster) => ({ ...cluster, caData }));
  admin = owned.use(await openConnection(kubeConfig));
  widgets = await createPlayground(admin.connection);
  files = owned.use(await createKubeconfigFiles());
  proxy = owned.use(await startTcpProxy(new URL(controlPlane.url)));
}, 120_000);
afterAll(() => owned.disposeAsync(), 60_000);
afterEach(async () => {
  proxy.open = true;
  const { kind, namespace } = widgets;
  await admin.connection.request('DELETE', `/apis/${kind.group}/v1/namespaces/${namespace}/widgets`);
});

/** A back-off of 30 s takes 1.5 s. */
const clock = createAcceleratedClock(20);

interface Client extends AsyncDisposable {
  over: TestConnection;
  watching: Watching;
  /** How many of its lists and watches failed for this reason. */
  failures(reason: string): Promise<number>;
}

/** A reflector on its way through the proxy, as the user of a kubeconfig. */
async function startClient(user: object, cluster?: object): Promise<Client> {
  const trusted = { 'certificate-authority-data': Buffer.from(authority).toString('base64') };
  const kubeConfig = await files.load(proxy.server, cluster ?? trusted, user);
  const stack = new AsyncDisposableStack();
  const over = stack.use(await openConnection(kubeConfig, clock));
  const watching = stack.use(startWatching({ over, playground: widgets, clock }));
  await watching.synced;
  return {
    over,
    watching,
    failures: (reason) => over.count('reflector_failures_total', { reason }),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

const pem = (credential: Credential) => ({
  'client-certificate-data': Buffer.from(credential.certificate).toString('base64'),
  'client-key-data': Buffer.from(credential.key).toString('base64'),
});

/** The certificate of an administrator. */
async function issueUser(validFor = hours(1)): Promise<Credential> {
  const key = await readFile(pkiPath(controlPlane.directory, 'ca.key'), 'utf8');
  const subject = { commonName: 'reader', organizations: ['system:masters'], usage: 'client', validFor } as const;
  return issueCertificate({ certificate: authority, key }, subject);
}

const reasonOf = (call: Promise<unknown>) =>
  call.then(
    () => undefined,
    (error: unknown) => asKubernetesError(error).reason,
  );

describe('the API server', () => {
  test('is killed and started again: watches and writes go on', async () => {
    await using client = await startClient(pem(await issueUser()));
    await changeThings(widgets, 'before');
    await controlPlane.end('kube-apiserver', 'SIGKILL');
    expect(['Unreachable', 'ConnectionLost']).toContain(await reasonOf(widgets.create('meanwhile')));
    await until('the outage is noticed', async () => (await client.failures('Unreachable')) > 0);
    expect(client.watching.store.size, 'what is known stays known').toBeGreaterThan(0);

    await controlPlane.start('kube-apiserver');
    await changeThings(widgets, 'after');
    await expectToBeInStep(client.watching, widgets);
  });

  test('no longer has the past, as etcd was compacted: a real 410 leads to a new list', async () => {
    await widgets.create('first');
    await widgets.create('reborn');
    await using client = await startClient(pem(await issueUser()));
    const { namespace } = widgets;
    const past = await widgets.client.list({ namespace, limit: 1 });
    proxy.open = false;
    proxy.cut();
    await changeThings(widgets, 'unseen');
    await widgets.delete('reborn');
    await widgets.create('reborn');
    await compactEtcd();
    // Its caches still reach back; those of the next one do not.
    await controlPlane.end('kube-apiserver', 'SIGTERM');
    await controlPlane.start('kube-apiserver');
    expect(await reasonOf(widgets.client.list({ namespace, limit: 1, continue: past.continue }))).toBe('Gone');

    proxy.open = true;
    await expectToBeInStep(client.watching, widgets);
    expect(await client.failures('Gone')).toBe(1);
    expect(client.watching.told('reborn')).toEqual(['Added by Server', 'Deleted by Server', 'Added by Server']);
  });
});

/** Makes etcd forget all versions but the newest. There is no etcdctl here, so through etcd's HTTP gateway. */
async function compactEtcd(): Promise<void> {
  const { resourceVersion } = await widgets.client.list({ namespace: widgets.namespace, limit: 1 });
  const read = (file: string) => readFile(pkiPath(controlPlane.directory, file));
  const request = startRequest(`${controlPlane.etcdUrl}/v3/kv/compaction`, {
    method: 'POST',
    ca: await read('etcd-ca.crt'),
    cert: await read('apiserver-etcd-client.crt'),
    key: await read('apiserver-etcd-client.key'),
  });
  const answered = Promise.withResolvers<string>();
  request.on('response', (response) => text(response).then(answered.resolve, answered.reject));
  request.on('error', answered.reject);
  request.end(JSON.stringify({ revision: resourceVersion, physical: true }));
  expect(await answered.promise).toContain('"revision"');
}

describe('a client', () => {
  let reader: Reader;
  beforeAll(async () => {
    reader = await createReader(admin.connection, widgets);
    await reader.allow();
  });

  const isRefused = async (token: string, reason: string) => {
    const kubeConfig = await files.load(controlPlane.url, { 'insecure-skip-tls-verify': true }, { token });
    await using other = await openConnection(kubeConfig);
    const { namespace } = widgets;
    return (await reasonOf(widgets.clientOver(other.connection).list({ namespace, limit: 1 }))) === reason;
  };

  test('whose right is withdrawn keeps what it knows and asks on; given back, it catches up', async () => {
    const token = await reader.issueToken();
    await widgets.create('known');
    await using client = await startClient({ token: token.value });
    await reader.forbid();
    await until('it is forbidden', () => isRefused(token.value, 'Forbidden'));
    proxy.cut();
    await widgets.delete('known');
    await changeThings(widgets, 'unseen');
    await until('it was refused twice', async () => (await client.failures('Forbidden')) > 1);
    expect(client.watching.store.list().map(({ metadata }) => metadata.name)).toEqual(['known']);

    await reader.allow();
    await expectToBeInStep(client.watching, widgets);
  });

  test('whose certificate has expired goes on when there is a new one in its files', async () => {
    const user = { 'client-certificate': files.path('user.crt'), 'client-key': files.path('user.key') };
    const write = async ({ certificate, key }: Credential) => {
      await files.replace('user.crt', certificate);
      // Somebody may look between the two.
      proxy.cut();
      await systemClock.sleep(seconds(1));
      await files.replace('user.key', key);
    };
    await write(await issueUser(seconds(20)));
    await using client = await startClient(user);
    await until('it has expired', async () => {
      proxy.cut();
      // On a busy machine a connection, and a request on it, take their time.
      await systemClock.sleep(seconds(1));
      return (await client.failures('Unauthorized')) > 0;
    });
    await changeThings(widgets, 'unseen');
    await write(await issueUser());
    await expectToBeInStep(client.watching, widgets);
  });

  test('with a plugin asks it again when its token expires', async () => {
    const [first, second] = [await reader.issueToken(), await reader.issueToken()];
    const expires = new Date(systemClock.now().getTime() + seconds(5));
    await files.replace('plugin', `#!/bin/sh\nexec cat "$(dirname "$0")/credential.json"\n`, 0o700);
    const grant = (token: string, until: Date) =>
      files.replace(
        'credential.json',
        JSON.stringify({
          apiVersion: 'client.authentication.k8s.io/v1',
          kind: 'ExecCredential',
          status: { token, expirationTimestamp: until.toISOString() },
        }),
      );
    await grant(first.value, expires);
    const exec = {
      apiVersion: 'client.authentication.k8s.io/v1',
      command: files.path('plugin'),
      interactiveMode: 'Never',
    };
    await using client = await startClient({ exec });
    await grant(second.value, new Date(expires.getTime() + hours(1)));
    await first.revoke();
    await until('the first token is refused', () => isRefused(first.value, 'Unauthorized'));
    proxy.cut();
    await changeThings(widgets, 'after');
    await expectToBeInStep(client.watching, widgets);
  });

  /** A client holds on to one token, which is replaced by another and then revoked. */
  async function replaceToken(user: object, write: (token: string) => Promise<void>): Promise<void> {
    const [first, second] = [await reader.issueToken(), await reader.issueToken()];
    await write(first.value);
    await using client = await startClient(user);
    await write(second.value);
    await first.revoke();
    await until('the first token is refused', () => isRefused(first.value, 'Unauthorized'));
    proxy.cut();
    await changeThings(widgets, 'after');
    await expectToBeInStep(client.watching, widgets);
  }

  test('whose token in a file is replaced goes on', () =>
    replaceToken({ tokenFile: files.path('token') }, (token) => files.replace('token', token)));

  test('whose token in the file of a pod is replaced goes on', () => {
    const user = { 'auth-provider': { name: 'tokenFile', config: { tokenFile: files.path('token') } } };
    return replaceToken(user, (token) => files.replace('token', token));
  });

  test('with a plugin that names no end of its token asks it again when the token is refused', async () => {
    const apiVersion = 'client.authentication.k8s.io/v1';
    await files.replace('plugin', `#!/bin/sh\nexec cat "$(dirname "$0")/credential.json"\n`, 0o700);
    const credential = (token: string) => JSON.stringify({ apiVersion, kind: 'ExecCredential', status: { token } });
    const exec = { apiVersion, command: files.path('plugin'), interactiveMode: 'Never' };
    await replaceToken({ exec }, (token) => files.replace('credential.json', credential(token)));
  });

  test('picks up a new authority when the API server has a certificate of another one', async () => {
    await files.replace('ca.crt', authority);
    const cluster = { 'certificate-authority': files.path('ca.crt') };
    await using client = await startClient(pem(await issueUser()), cluster);
    await rotateServingCertificate(controlPlane.directory, nextAuthority);
    await controlPlane.end('kube-apiserver', 'SIGTERM');
    await controlPlane.start('kube-apiserver');
    const before = await client.failures('Unreachable');
    await until('it does not trust it', async () => (await client.failures('Unreachable')) > before + 1);
    await changeThings(widgets, 'unseen');

    await files.replace('ca.crt', nextAuthority.certificate);
    await expectToBeInStep(client.watching, widgets);
  });
});
