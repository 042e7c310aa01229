import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { withoutSecrets } from '../../../operator/huaweicloud/credentials.ts';
import { signRequest } from '../../../operator/huaweicloud/signing.ts';
import { createLog } from '../../../operator/telemetry/log.ts';
import { redactLine, redactWords } from '../../../operator/telemetry/redaction.ts';

const secret = 'MARKER/do+not.tell-0123456789abcdef==';
const jwt = ['eyJhbGciOiJSUzI1NiJ9', 'eyJzdWIiOiJNQVJLRVIifQ', 'TUFSS0VS'].join('.');
const key = `-----BEGIN RSA PRIVATE KEY-----\nMARKER\nMARKER\n-----END RSA PRIVATE KEY-----\n`;

/** What the log makes of a line, which must be one JSON object. */
function logged(fields: object, message = 'something'): string {
  const written: string[] = [];
  createLog('info', { write: (text) => void written.push(text) }).info(fields, message);
  const text = written.join('');
  expect(() => JSON.parse(text)).not.toThrow();
  return text;
}

/** Not the operator's own list: what is missing there would be missing here, too. */
const secretNames = [
  // As this code names them.
  ...['accessKey', 'secretKey', 'securityToken', 'secretAccessKey', 'secret', 'token', 'password'],
  // Headers.
  ...['Authorization', 'Proxy-Authorization', 'Cookie', 'Set-Cookie'],
  ...['X-Security-Token', 'X-Auth-Token', 'X-Subject-Token', 'X-Metadata-Token'],
  // A kubeconfig, and logins by OpenID Connect.
  ...['id-token', 'refresh-token', 'client-secret', 'client-key-data'],
  ...['id_token', 'refresh_token', 'access_token', 'client_secret'],
  // The environment.
  ...['HUAWEICLOUD_SDK_AK', 'HUAWEICLOUD_SDK_SK', 'HUAWEICLOUD_SDK_SECURITY_TOKEN', 'HUAWEICLOUD_OIDC_ID_TOKEN'],
  // What IAM, STS and the metadata service answer.
  ...['access', 'securitytoken', 'access_key_id', 'secret_access_key', 'security_token'],
];

const deep = (depth: number, inner: object): object => (depth === 0 ? inner : { inner: deep(depth - 1, inner) });

const signed = signRequest(
  { method: 'POST', origin: 'https://bss.example.com', path: ['v2'], body: '{}' },
  { accessKey: 'AK', secretKey: () => secret, securityToken: () => secret },
  new Date(0),
);

describe('no secret reaches the log', () => {
  test.each(secretNames)('under the name %s, at any depth and in any case', (name) => {
    for (const spelt of [name, name.toUpperCase(), name.toLowerCase()]) {
      expect(logged(deep(7, { [spelt]: secret, harmless: 'told' }))).toMatch(/\[redacted\].*told/);
      expect(logged(deep(7, { [spelt]: secret }))).not.toContain('MARKER');
    }
  });

  test.each<[string, object]>([
    ['a request as it is signed', { request: signed }],
    ['raw headers', { response: { rawHeaders: ['Date', 'now', 'X-Subject-Token', secret, 'Via', 'told'] } }],
    ['a body in a string', { body: JSON.stringify({ auth: { password: secret } }) }],
    ['a body in a string in a string', { body: JSON.stringify({ text: JSON.stringify({ token: secret }) }) }],
    ['a secret with quotes and backslashes in it', { password: `a"b\\MARKER"}, {\\"` }],
    ['bytes', { body: Buffer.from(secret) }],
    ['an error with causes', { err: new Error('no', { cause: new Error(`Authorization: Bearer ${secret}`) }) }],
    ['an error with a request', { err: Object.assign(new Error('no'), { request: deep(5, { token: secret }) }) }],
    [
      'errors in an error',
      { err: new AggregateError([new Error(`https://u:${encodeURIComponent(secret)}@proxy:1`)], 'no') },
    ],
    [
      'a kubeconfig',
      { users: [{ user: { 'auth-provider': { config: { 'id-token': jwt, 'refresh-token': secret } } } }] },
    ],
    ['a private key', { err: new Error(`cannot read ${key}`) }],
  ])('as %s', (_, fields) => {
    const text = logged(fields);
    expect(text).not.toMatch(/MARKER|TUFSS0VS|do\+not\.tell/);
    expect(text).toMatch(/\[redacted\]|\[bytes\]/);
  });

  test.each([
    `refused: Authorization: Basic ${secret}`,
    `refused: X-Auth-Token: ${secret}`,
    `GET /callback?id_token=${secret}&x=1`,
    `connect https://user:MARKER@proxy.example.com:3128 failed`,
    `the answer was Bearer ${secret}`,
    `logged in with ${jwt}`,
  ])('in the words %s', (words) => {
    expect(logged({}, words)).not.toMatch(/MARKER|TUFSS0VS/);
  });

  test('in a signature that was repeated to us', () => {
    const words = `you sent ${signed.headers['authorization']}`;
    expect(words).toMatch(/Signature=[0-9a-f]{64}/);
    expect(logged({}, words)).not.toMatch(/[0-9a-f]{64}/);
  });
});

test.each([
  'The Secret huaweicloud does not exist in this namespace.',
  'X-Subject-Token is missing from the answer.',
  'https://bss.example.com:443/v2/orders answered 503',
  'Basic authentication is not supported.',
  'The password of the proxy is wrong.',
  'ConfigMap a/b: the token bucket of billing.listOrders is empty',
])('what is no secret stays: %s', (words) => {
  expect(logged({}, words)).toContain(JSON.stringify(words));
});

test('a line keeps all names, and all that is no secret, whatever is in it', () => {
  const name = fc.string({ minLength: 1 }).map((text) => `name ${text}`);
  const harmless = fc.string().filter((text) => redactWords(text) === text && !/^\s*[[{]/.test(text));
  const value = fc.oneof(harmless, fc.integer(), fc.boolean(), fc.constant(null));
  const object = fc.dictionary(name, fc.oneof(value, fc.array(value), fc.dictionary(name, value)));
  fc.assert(
    fc.property(object, (fields) => {
      const line = `${JSON.stringify({ inner: fields })}\n`;
      expect(redactLine(line)).toBe(line);
    }),
  );
});

test('what is no JSON keeps its words', () => {
  expect(redactLine('Bearer MARKER-0123456789 told\n')).toBe('Bearer [redacted] told\n');
});

test('what a gateway repeats of a token that is not ours does not go into an error, which statuses and events show', () => {
  const credentials = { accessKey: 'AK', secretKey: () => secret };
  const words = `cannot verify ${secret}, Authorization: Bearer MARKER-0123456789`;
  expect(withoutSecrets(words, credentials)).toBe('cannot verify [redacted], Authorization: [redacted]');
});
