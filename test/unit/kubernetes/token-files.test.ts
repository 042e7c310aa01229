import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadKubeConfig } from '../../../operator/kubernetes/kubeconfig.ts';

/** A kubeconfig whose user is given as YAML, loaded from a file. */
async function load(user: string) {
  const folder = await mkdtemp(join(tmpdir(), 'dcc-operator-kubeconfig-'));
  await writeFile(join(folder, 'token'), 'from the file');
  const file = join(folder, 'config');
  await writeFile(
    file,
    `apiVersion: v1
kind: Config
current-context: here
contexts: [{ name: here, context: { cluster: c, user: u } }]
clusters: [{ name: c, cluster: { server: 'https://127.0.0.1:1' } }]
users: [{ name: u, user: ${user} }, { name: nobody }]
`,
  );
  const kubeConfig = await loadKubeConfig(file);
  const options: { headers?: Record<string, string> } = { headers: {} };
  await kubeConfig.applyToHTTPSOptions(options);
  return { headers: options.headers, [Symbol.asyncDispose]: () => rm(folder, { recursive: true }) };
}

test.each([
  ['a file beside the kubeconfig', '{ tokenFile: token }', 'Bearer from the file'],
  ['a file rather than the token that stands there', '{ tokenFile: token, token: inline }', 'Bearer from the file'],
  ['the kubeconfig', '{ token: inline }', 'Bearer inline'],
])('a token comes from %s', async (_, user, expected) => {
  await using loaded = await load(user);
  expect(loaded.headers).toEqual({ Authorization: expected });
});

test('without a token nothing is shown', async () => {
  await using loaded = await load('{}');
  expect(loaded.headers).toEqual({});
});
