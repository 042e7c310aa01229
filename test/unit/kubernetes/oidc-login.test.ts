import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Milliseconds, minutes, seconds, systemClock } from '../../../operator/clock.ts';
import { createCredentialSource } from '../../../operator/kubernetes/credentials.ts';
import type { KubeConfig } from '../../../operator/kubernetes/kubeconfig.ts';
import { OidcLogin, takeOverOidc } from '../../../operator/kubernetes/oidc-login.ts';
import { clientId, clientSecret, type OidcIssuer, startOidcIssuer } from '../../oidc-issuer.ts';
import { createVirtualClock } from '../../virtual-clock.ts';

let issuer: OidcIssuer;
/** What was logged, as JSON. */
let logged: string[];
const log = pino({}, { write: (line: string) => logged.push(line) });
beforeEach(async () => {
  issuer = await startOidcIssuer();
  logged = [];
});
afterEach(() => issuer[Symbol.asyncDispose]());

const base64 = (value: string) => Buffer.from(value).toString('base64');
/** As `auth-provider.config` in a kubeconfig. */
const config = (more: object = {}) => ({
  'idp-issuer-url': issuer.url,
  'client-id': clientId,
  'client-secret': clientSecret,
  'idp-certificate-authority-data': base64(issuer.authority),
  ...more,
});
/** A time from now. */
const within = (time: Milliseconds) => new Date(systemClock.now().getTime() + time);
const tokenOf = (login: OidcLogin, now = systemClock.now()) => login.token(now, log);
/** A user whose ID token has ended, and whose refresh token is good. */
const expired = (more: object = {}) =>
  new OidcLogin(
    'anna',
    config({
      'id-token': issuer.issueIdToken(within(seconds(-1))),
      'refresh-token': issuer.issueRefreshToken(),
      ...more,
    }),
  );

test('an ID token is shown without asking the issuer until twenty seconds before it ends', async () => {
  const idToken = issuer.issueIdToken(within(minutes(10)));
  const login = new OidcLogin('anna', config({ 'id-token': idToken, 'refresh-token': issuer.issueRefreshToken() }));
  expect(await tokenOf(login)).toBe(idToken);
  expect(await tokenOf(login, within(seconds(575)))).toBe(idToken);
  expect(issuer.grants).toEqual([]);
  expect(await tokenOf(login, within(seconds(581)))).not.toBe(idToken);
  expect(issuer.grants).toHaveLength(1);
});

test('a refreshed ID token is kept until it ends, and the refresh token for the time after, also when it is not repeated', async () => {
  const login = expired();
  const second = await tokenOf(login);
  expect(await tokenOf(login, within(minutes(59)))).toBe(second);
  expect(await tokenOf(login, within(minutes(61)))).toMatch(/^ey/);
  expect(issuer.grants.map(({ granted }) => granted)).toEqual([true, true]);
  expect(issuer.grants[0]?.refreshToken).toBe(issuer.grants[1]?.refreshToken);
  expect(logged).toEqual([]);
});

test('a refresh token that is good for one time gives the next, and that it is not in the file is told once', async () => {
  issuer.refreshTokens = 'Once';
  const login = expired();
  await tokenOf(login);
  await tokenOf(login, within(minutes(61)));
  await tokenOf(login, within(minutes(122)));
  expect(issuer.grants.map(({ granted }) => granted)).toEqual([true, true, true]);
  expect(logged).toEqual([expect.stringContaining('kept in memory only')]);
});

test('all who ask at a time share one refresh', async () => {
  issuer.refreshTokens = 'Once';
  const login = expired();
  const tokens = await Promise.all([tokenOf(login), tokenOf(login), tokenOf(login)]);
  expect(new Set(tokens)).toHaveLength(1);
  expect(issuer.grants).toHaveLength(1);
});

test.each([
  ['by basic authentication, which a server knows that does not say otherwise', undefined, 'client_secret_basic'],
  ['by basic authentication', 'client_secret_basic', 'client_secret_basic'],
  ['in the body when the server knows that alone', 'client_secret_post', 'client_secret_post'],
] as const)('the client secret is shown %s', async (_, knows, shownBy) => {
  issuer.knows = knows;
  await tokenOf(expired());
  expect(issuer.grants).toMatchObject([{ shownBy, granted: true }]);
});

test.each([undefined, ''])('a public client (client-secret: %j) shows none', async (secret) => {
  issuer.knows = 'none';
  await tokenOf(expired({ 'client-secret': secret }));
  expect(issuer.grants).toMatchObject([{ shownBy: 'none', granted: true }]);
});

test('a token that the API server refused is replaced, but no more than every thirty seconds', async () => {
  const idToken = issuer.issueIdToken();
  const login = new OidcLogin('anna', config({ 'id-token': idToken, 'refresh-token': issuer.issueRefreshToken() }));
  login.refuse();
  const second = await tokenOf(login);
  expect(second).not.toBe(idToken);
  login.refuse();
  expect(await tokenOf(login, within(seconds(29)))).toBe(second);
  const third = await tokenOf(login, within(seconds(31)));
  expect(third).not.toBe(second);
  expect(await tokenOf(login, within(seconds(90))), 'nobody has refused this one').toBe(third);
  expect(issuer.grants).toHaveLength(2);
});

test('without a refresh token the ID token is shown for as long as it is good, also when it was refused', async () => {
  const idToken = issuer.issueIdToken(within(seconds(60)));
  const login = new OidcLogin('anna', config({ 'id-token': idToken }));
  login.refuse();
  expect(await tokenOf(login, within(seconds(59)))).toBe(idToken);
  await expect(tokenOf(login, within(seconds(61)))).rejects.toThrow(
    'kubeconfig: user anna: its ID token has expired, and it has no refresh-token: log in again',
  );
});

test('a user with a refresh token alone is logged in', async () => {
  expect(await tokenOf(expired({ 'id-token': undefined }))).toMatch(/^ey/);
});

test.each([undefined, 'idp-certificate-authority-data'])(
  'an authority in a file is read at each refresh (beside %j)',
  async (beside) => {
    const folder = await mkdtemp(join(tmpdir(), 'dcc-operator-oidc-'));
    try {
      const file = join(folder, 'ca.crt');
      const authority = { 'idp-certificate-authority': file, 'idp-certificate-authority-data': undefined };
      const login = expired(beside ? { ...authority, [beside]: base64(issuer.authority) } : authority);
      if (beside === undefined) await expect(tokenOf(login)).rejects.toThrow('ENOENT');
      await writeFile(file, issuer.authority);
      expect(await tokenOf(login)).toMatch(/^ey/);
    } finally {
      await rm(folder, { recursive: true });
    }
  },
);

const answerWith = (status: number, type: string, body: string) => () => {
  issuer.instead = (response) => response.writeHead(status, { 'content-type': type }).end(body);
};

test.each([
  ['an authority that is not trusted', {}, { 'idp-certificate-authority-data': '' }, /self-signed|unable to verify/],
  [
    'a refresh token that is no longer good',
    {},
    { 'refresh-token': 'used' },
    /invalid_grant \(used or unknown\): log in/,
  ],
  ['a client that is not known', {}, { 'client-secret': 'another' }, /invalid_client \(unknown client\)/],
  ['an issuer that is not there', {}, { 'idp-issuer-url': 'https://127.0.0.1:1' }, /ECONNREFUSED/],
  ['a page instead of an answer', answerWith(200, 'text/html', '<html>'), {}, /content-type/],
  ['an answer that is cut', answerWith(200, 'application/json', '{"issuer": "secret-'), {}, /pars/],
  ['an answer that is none', answerWith(600, 'application/json', '{}'), {}, /status|something went wrong/],
  ['an overloaded issuer', answerWith(503, 'text/plain', 'later'), {}, /status/],
])('%s is told, with the user and the issuer', async (_, prepare, more, said) => {
  if (typeof prepare === 'function') prepare();
  const failure = await tokenOf(expired(more)).catch((error: Error) => error);
  expect(failure).toBeInstanceOf(Error);
  expect(String(failure)).toMatch(/^Error: kubeconfig: user anna: https:\/\/127\.0\.0\.1:\d+ gave no new ID token: /);
  expect(String(failure)).toMatch(said);
  expect(JSON.stringify(failure) + String(failure)).not.toMatch(/secret|refresh-/);
});

test('an answer without an ID token is told', async () => {
  const tokens = { access_token: 'a', token_type: 'Bearer' };
  issuer.instead = (response) => {
    const body = {
      ...tokens,
      issuer: issuer.url,
      token_endpoint: `${issuer.url}/token`,
      jwks_uri: `${issuer.url}/keys`,
    };
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  };
  await expect(tokenOf(expired())).rejects.toThrow(`${issuer.url} gave no new ID token: the answer holds none`);
});

test.each([
  ['idp-issuer-url', undefined],
  ['idp-issuer-url', 'issuer'],
  ['client-id', ''],
  ['idp-certificate-authority-data', '-----BEGIN'],
])('%s: %j is told as a fault of the kubeconfig', async (field, value) => {
  await expect(tokenOf(expired({ [field]: value }))).rejects.toThrow(`user anna: auth-provider.config: ${field}: `);
});

/** As one of several connections: with credentials of its own, of the same kubeconfig. */
async function load(user: object): Promise<KubeConfig> {
  const { KubeConfig } = await import('@kubernetes/client-node/dist/config.js');
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromClusterAndUser(
    { name: 'c', server: 'https://127.0.0.1:1', skipTLSVerify: false },
    {
      name: 'anna',
      ...user,
    },
  );
  takeOverOidc(kubeConfig);
  return kubeConfig;
}

test('two connections of a kubeconfig share a login, also after a refusal, and keep what else the user shows', async () => {
  issuer.refreshTokens = 'Once';
  const user = { 'id-token': issuer.issueIdToken(), 'refresh-token': issuer.issueRefreshToken() };
  const kubeConfig = await load({ authProvider: { name: 'oidc', config: config(user) }, impersonateUser: 'other' });
  const clock = createVirtualClock(systemClock.now());
  const [one, other] = [createCredentialSource(kubeConfig, clock, log), createCredentialSource(kubeConfig, clock, log)];
  const headers = { Authorization: `Bearer ${user['id-token']}`, 'Impersonate-User': 'other' };
  expect((await one.current()).headers).toEqual(headers);
  one.invalidate();
  const next = (await one.current()).headers;
  expect(next).not.toEqual(headers);
  other.invalidate();
  expect((await other.current()).headers).toEqual(next);
  await clock.advance(seconds(31));
  one.invalidate();
  await one.current();
  expect(issuer.grants.map(({ granted }) => granted)).toEqual([true, true]);
});
