import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, inject, test } from 'vitest';
import { seconds } from '../../../operator/clock.ts';
import type { Connection, RequestOptions } from '../../../operator/kubernetes/connection.ts';
import { asKubernetesError, type KubernetesError } from '../../../operator/kubernetes/errors.ts';
import { loadKubeConfig, serverOf } from '../../../operator/kubernetes/kubeconfig.ts';
import { kubeConfigVia, openConnection, type TestConnection, until } from './cluster.ts';
import { startConnectProxy } from './connect-proxy.ts';
import { startTcpProxy } from './tcp-proxy.ts';

let opened: TestConnection;
let connection: Connection;
beforeEach(async () => {
  opened = await openConnection();
  connection = opened.connection;
});
afterEach(() => opened[Symbol.asyncDispose]());

async function failure(call: Promise<unknown>): Promise<KubernetesError> {
  const error = await call.then(
    () => expect.fail('the call should have failed'),
    (reason: unknown) => reason,
  );
  return asKubernetesError(error);
}

const configMaps = '/api/v1/namespaces/default/configmaps';
const get = (path: string, options?: RequestOptions) => connection.request('GET', path, options);

test('a hundred requests one after the other use one connection', async () => {
  for (let count = 0; count < 100; count += 1) await get('/version');
  expect(await opened.count('rest_client_requests_total', { code: 200, method: 'GET' })).toBe(100);
  expect(await opened.count('rest_client_connections_opened_total')).toBe(1);
});

test('refusals of the API server come with their reason', async () => {
  const reasonOf = async (call: Promise<unknown>) => (await failure(call)).reason;
  expect(await reasonOf(get(`${configMaps}/missing`))).toBe('NotFound');
  expect(await reasonOf(get(configMaps, { query: { resourceVersion: 'nonsense' } }))).toBe('BadRequest');
  const nameless = { metadata: { name: 'Not A Name' } };
  expect(await reasonOf(connection.request('POST', configMaps, { body: nameless }))).toBe('Invalid');
  const twice = { metadata: { name: 'default' } };
  expect(await reasonOf(connection.request('POST', '/api/v1/namespaces', { body: twice }))).toBe('AlreadyExists');
  expect(await reasonOf(get(configMaps, { query: { resourceVersion: '99999999999', limit: 1 } }))).toBe('Gone');
});

test('a wrong token is Unauthorized, and a plugin is asked again after it', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'dcc-operator-exec-'));
  try {
    const tokenFile = join(folder, 'credential.json');
    const credential = (token: string) =>
      JSON.stringify({
        apiVersion: 'client.authentication.k8s.io/v1',
        kind: 'ExecCredential',
        status: { token, expirationTimestamp: '2020-01-01T00:00:00Z' },
      });
    await writeFile(tokenFile, credential('wrong'));
    const kubeConfig = await loadKubeConfig(inject('kubeconfig'));
    kubeConfig.users = kubeConfig.users.map(({ name }) => ({ name, exec: { command: 'cat', args: [tokenFile] } }));
    await using other = await openConnection(kubeConfig);
    expect((await failure(other.connection.request('GET', configMaps))).reason).toBe('Unauthorized');

    const account = '/api/v1/namespaces/default/serviceaccounts/default/token';
    const issued = await connection.request('POST', account, { body: { spec: {} } });
    await writeFile(tokenFile, credential(tokenOf(issued)));
    // This account may not list ConfigMaps: known, and forbidden.
    expect((await failure(other.connection.request('GET', configMaps))).reason).toBe('Forbidden');
  } finally {
    await rm(folder, { recursive: true });
  }
});

function tokenOf(issued: unknown): string {
  expect(issued).toMatchObject({ status: { token: expect.any(String) } });
  return JSON.parse(JSON.stringify(issued)).status.token;
}

test('a server that nobody listens for is Unreachable: the request certainly did not leave', async () => {
  const proxy = await startTcpProxy(serverOf(await loadKubeConfig(inject('kubeconfig'))));
  await using nowhere = await openConnection(await kubeConfigVia(proxy.server));
  await proxy[Symbol.asyncDispose]();
  const error = await failure(nowhere.connection.request('POST', configMaps, { body: {} }));
  expect(error.reason).toBe('Unreachable');
  expect(await nowhere.count('rest_client_requests_total', { code: '<error>' })).toBe(1);
});

test('a server whose certificate is not trusted is Unreachable', async () => {
  const kubeConfig = await loadKubeConfig(inject('kubeconfig'));
  kubeConfig.clusters = kubeConfig.clusters.map(({ name, server, skipTLSVerify }) => ({ name, server, skipTLSVerify }));
  await using untrusting = await openConnection(kubeConfig);
  const error = await failure(untrusting.connection.request('GET', '/version'));
  expect(error.reason).toBe('Unreachable');
  expect(error.message).toContain('certificate');
});

test('an answer that does not come in time is a Timeout, and one that is cut off is ConnectionLost', async () => {
  await using proxy = await startTcpProxy(serverOf(await loadKubeConfig(inject('kubeconfig'))));
  await using behind = await openConnection(await kubeConfigVia(proxy.server));
  await behind.connection.request('GET', '/version');
  proxy.swallowAnswers();
  const late = behind.connection.request('POST', configMaps, { body: {}, timeout: seconds(0.3) });
  expect((await failure(late)).reason).toBe('Timeout');

  await using proxy2 = await startTcpProxy(serverOf(await loadKubeConfig(inject('kubeconfig'))));
  await using behind2 = await openConnection(await kubeConfigVia(proxy2.server));
  await behind2.connection.request('GET', '/version');
  proxy2.swallowAnswers();
  const cut = failure(behind2.connection.request('POST', configMaps, { body: {} }));
  proxy2.cut();
  expect((await cut).reason).toBe('ConnectionLost');
});

test('a read on a kept-alive connection that the server has just closed is sent again', async () => {
  await using proxy = await startTcpProxy(serverOf(await loadKubeConfig(inject('kubeconfig'))));
  await using behind = await openConnection(await kubeConfigVia(proxy.server));
  await behind.connection.request('GET', '/version');
  proxy.cut();
  await expect(behind.connection.request('GET', '/version')).resolves.toMatchObject({ major: '1' });
  await until('the first connection is gone', () => proxy.connections === 1);
});

test('a request whose turn comes when it must not be sent any more rejects with the reason', async () => {
  const reason = new Error('no longer the leader');
  const admit = () => {
    throw reason;
  };
  await expect(connection.request('POST', configMaps, { body: {}, admit })).rejects.toBe(reason);
});

test('the way through an HTTP proxy that the kubeconfig names', async () => {
  await using proxy = await startConnectProxy();
  const kubeConfig = await loadKubeConfig(inject('kubeconfig'));
  kubeConfig.clusters = kubeConfig.clusters.map((cluster) => ({ ...cluster, proxyUrl: proxy.url }));
  await using behind = await openConnection(kubeConfig);
  await expect(behind.connection.request('GET', '/version')).resolves.toMatchObject({ major: '1' });
  expect(proxy.tunnels).toEqual([serverOf(kubeConfig).host]);
  await using another = await openConnection(kubeConfig);
  await proxy[Symbol.asyncDispose]();
  expect((await failure(another.connection.request('GET', '/version'))).reason).toBe('Unreachable');
});

test('a caller who gives up gets their own reason', async () => {
  const giveUp = new AbortController();
  const call = get('/version', { signal: giveUp.signal });
  giveUp.abort(new Error('no longer interested'));
  await expect(call).rejects.toThrow('no longer interested');
});

test('a closed connection refuses everything', async () => {
  connection.close();
  expect((await failure(get('/version'))).reason).toBe('Unreachable');
});

test('a connection that is closed while a request waits for its credentials sends nothing', async () => {
  const call = failure(get('/version'));
  connection.close();
  expect((await call).message).toContain('closed by its owner');
  expect(await opened.count('rest_client_connections_opened_total')).toBe(0);
});
