import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { seconds } from '../../../operator/clock.ts';
import { createCredentialSource } from '../../../operator/kubernetes/credentials.ts';
import { loadKubeConfig, serverOf } from '../../../operator/kubernetes/kubeconfig.ts';
import { createVirtualClock } from '../../virtual-clock.ts';
import { silentLog } from './objects.ts';

/** Credentials of a user whose tokens `issue` gives, through the real KubeConfig and an authenticator of its own. */
async function start(issue: () => Promise<string>) {
  const { KubeConfig } = await import('@kubernetes/client-node/dist/config.js');
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromClusterAndUser(
    { name: 'c', server: 'https://127.0.0.1:1', skipTLSVerify: false },
    { name: 'u', authProvider: { name: 'test' } },
  );
  kubeConfig.addAuthenticator({
    isAuthProvider: () => true,
    applyAuthentication: async (_, options) => {
      options.headers = { ...options.headers, Authorization: await issue() };
    },
  });
  const clock = createVirtualClock();
  // A new one would not have the authenticator.
  const source = createCredentialSource(kubeConfig, clock, silentLog, async () => kubeConfig);
  const current = async () => JSON.stringify((await source.current()).headers);
  return { clock, source, current };
}

const countingTokens = () => {
  let count = 0;
  return async () => {
    count += 1;
    return `token ${count}`;
  };
};

test('credentials are read again after ten seconds, and at once after they were refused', async () => {
  const { clock, source, current } = await start(countingTokens());
  expect(await current()).toContain('token 1');
  await clock.advance(9_999);
  expect(await current()).toContain('token 1');
  await clock.advance(1);
  expect(await current()).toContain('token 2');
  source.invalidate();
  expect(await current()).toContain('token 3');
});

test('many requests at a time ask once', async () => {
  const { current } = await start(countingTokens());
  expect(new Set(await Promise.all([current(), current(), current()]))).toHaveLength(1);
});

test('the previous credentials serve while new ones cannot be read', async () => {
  const tokens = ['token 1', undefined, 'token 3'];
  const { clock, current } = await start(async () => tokens.shift() ?? Promise.reject(new Error('file is gone')));
  expect(await current()).toContain('token 1');
  await clock.advance(10_000);
  expect(await current()).toContain('token 1');
  expect(await current()).toContain('token 3');
});

test('without any credentials the failure is told', async () => {
  const { current } = await start(() => Promise.reject(new Error('plugin not found')));
  await expect(current()).rejects.toThrow('plugin not found');
});

test('a plugin that never answers holds up one request for ten seconds, not all of them for ever', async () => {
  const answers = [new Promise<string>(() => undefined), Promise.resolve('token')];
  const { clock, current } = await start(() => answers.shift() ?? Promise.reject(new Error('no more')));
  const waiting = current();
  const failed = expect(waiting).rejects.toThrow('no credentials within 10 s');
  await clock.advance(seconds(10));
  await failed;
  expect(await current()).toContain('token');
  expect(clock.sleepers).toBe(0);
});

test('a kubeconfig that cannot be read, names no cluster or speaks no TLS is refused before the first request', async () => {
  await expect(loadKubeConfig('/nonexistent/kubeconfig')).rejects.toThrow('ENOENT');
  const { KubeConfig } = await import('@kubernetes/client-node/dist/config.js');
  const kubeConfig = new KubeConfig();
  expect(() => serverOf(kubeConfig)).toThrow('the current context names no cluster');
  const cluster = { name: 'c', server: 'http://127.0.0.1:8080', skipTLSVerify: true };
  kubeConfig.loadFromClusterAndUser(cluster, { name: 'u' });
  expect(() => serverOf(kubeConfig)).toThrow('http://127.0.0.1:8080 is not an https URL');
});

test('a token that was refused is not remembered, whoever keeps it: the file is read again', async () => {
  await using folder = await openFolder();
  const tokenFile = join(folder.path, 'token');
  await writeFile(tokenFile, 'first');
  const { KubeConfig } = await import('@kubernetes/client-node/dist/config.js');
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromClusterAndUser(
    { name: 'c', server: 'https://127.0.0.1:1', skipTLSVerify: false },
    { name: 'u', authProvider: { name: 'tokenFile', config: { tokenFile } } },
  );
  const source = createCredentialSource(kubeConfig, createVirtualClock(), silentLog);
  const token = async () => (await source.current()).headers;
  expect(await token()).toEqual({ Authorization: 'Bearer first' });
  await writeFile(tokenFile, 'second\n');
  source.invalidate();
  expect(await token()).toEqual({ Authorization: 'Bearer second' });
});

async function openFolder(): Promise<AsyncDisposable & { path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'dcc-operator-credentials-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) };
}
