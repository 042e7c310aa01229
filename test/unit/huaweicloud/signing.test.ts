import { createHash } from 'node:crypto';
import { AKSKSigner } from '@huaweicloud/huaweicloud-sdk-core/auth/AKSKSigner.js';
import { BasicCredentials } from '@huaweicloud/huaweicloud-sdk-core/auth/BasicCredentials.js';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Credentials } from '../../../operator/huaweicloud/credentials.ts';
import { signRequest, type UnsignedRequest } from '../../../operator/huaweicloud/signing.ts';
import { isSignedWith, parseAuthorization } from '../../huaweicloud/signature.ts';
import { oddSegment, plainSegment, requestsWith, token } from './random-requests.ts';
import { accessKey, domainId, projectId, secretKey } from './recorded-cloud.ts';

const credentials: Credentials = { accessKey, secretKey: () => secretKey };
const at = new Date('2026-01-02T03:04:05Z');
const get = (request: Partial<UnsignedRequest>): UnsignedRequest => ({
  method: 'GET',
  origin: 'https://ecs.cn-north-4.myhuaweicloud.com',
  path: ['v1', projectId, 'cloudservers', 'detail'],
  ...request,
});
const signatureOf = (headers: Readonly<Record<string, string>>) =>
  /Signature=(\w+)$/.exec(headers['authorization'] ?? '')?.[1];

describe('the vectors made with the Python SDK', () => {
  test('1: the unsubscription', () => {
    const body =
      '{"resource_ids":["8f8e2c4e-0f0c-4a3f-9b7e-2f0f4b0c1d2e"],"unsubscribe_type":1,"unsubscribe_reason_type":5,"unsubscribe_reason":"decommission"}';
    const signed = signRequest(
      {
        method: 'POST',
        origin: 'https://bss.myhuaweicloud.com',
        path: ['v2', 'orders', 'subscriptions', 'resources', 'unsubscribe'],
        headers: { 'x-domain-id': domainId },
        body,
      },
      credentials,
      at,
    );
    expect(signed.headers['authorization']).toBe(
      'SDK-HMAC-SHA256 Access=AKEXAMPLE0000000001, SignedHeaders=content-type;host;x-domain-id;x-sdk-date, Signature=963e5e7f9fa6cb9bb281eb989db52737bab3080e3e31dafc366c3d5f96184d5f',
    );
    expect(signed.target).toBe('/v2/orders/subscriptions/resources/unsubscribe');
    expect(createHash('sha256').update(signed.body).digest('hex')).toBe(
      '164a39dddfa1493276b8df9ecbb0883f401729ee481a4454c4566e2d404f1f23',
    );
  });

  test('2: a query that needs encoding, and a security token', () => {
    const signed = signRequest(
      get({
        query: { offset: 1, limit: 1000, enterprise_project_id: 'all_granted_eps', name: 'web a~b/1' },
        headers: { 'x-project-id': projectId },
      }),
      { ...credentials, securityToken: () => 'TOKEN+/==' },
      at,
    );
    expect(signed.target).toBe(
      `/v1/${projectId}/cloudservers/detail?enterprise_project_id=all_granted_eps&limit=1000&name=web%20a~b%2F1&offset=1`,
    );
    expect(signatureOf(signed.headers)).toBe('f47e5477ba92a1601cbea68349ab882dab486eff60b2c9cddf74ed4e9476ada3');
  });

  test('3: a key that is repeated', () => {
    const signed = signRequest(
      get({
        origin: 'https://cbr.cn-north-4.myhuaweicloud.com',
        path: ['v3', projectId, 'backups'],
        query: { status: ['error', 'available'], resource_id: '8f8e2c4e', limit: 1000 },
        headers: { 'x-project-id': projectId },
      }),
      credentials,
      at,
    );
    expect(signed.target).toBe(
      `/v3/${projectId}/backups?limit=1000&resource_id=8f8e2c4e&status=available&status=error`,
    );
    expect(signatureOf(signed.headers)).toBe('7bc750b8e79834f9ad38abb2816dcfa44f73d0ec02f82c85af9ff1f18b8fe295');
  });
});

/** Signs with Huawei's own client. Its path must need no encoding: it encodes what its caller has encoded already. */
function official(request: UnsignedRequest, token: string | undefined): string | undefined {
  const headers: Record<string, string> = {
    'content-type': 'application/json',
    ...request.headers,
    ...(token === undefined ? {} : { 'x-security-token': token }),
    'X-Sdk-Date': '20260102T030405Z',
  };
  const queryParams = Object.fromEntries(
    Object.entries(request.query ?? {})
      .filter(([, value]) => value !== undefined)
      .map(([key, value]) => [key, Array.isArray(value) ? [...value] : value]),
  );
  const signed: Record<string, string> = AKSKSigner.sign(
    {
      method: request.method,
      endpoint: `${request.origin}/${request.path.join('/')}`,
      headers,
      queryParams,
      ...(request.body === undefined ? {} : { data: JSON.parse(request.body) }),
    },
    new BasicCredentials().withAk(accessKey).withSk(secretKey),
  );
  return /Signature=(\w+)$/.exec(signed['Authorization'] ?? '')?.[1];
}

const withToken = (securityToken: string | undefined): Credentials => ({
  ...credentials,
  ...(securityToken === undefined ? {} : { securityToken: () => securityToken }),
});

test("thousands of random requests are signed as Huawei's own client signs them", () => {
  fc.assert(
    fc.property(requestsWith(plainSegment), token, (unsigned, securityToken) => {
      const ours = signRequest(unsigned, withToken(securityToken), at);
      expect(signatureOf(ours.headers)).toBe(official(unsigned, securityToken));
    }),
    { numRuns: 3_000 },
  );
});

test('thousands of random requests are believed by a cloud that reads them off the wire', () => {
  fc.assert(
    fc.property(requestsWith(oddSegment), token, (unsigned, securityToken) => {
      const { method, target, headers, body } = signRequest(unsigned, withToken(securityToken), at);
      const [path = '', query = ''] = target.split('?');
      const authorization = parseAuthorization(headers['authorization']);
      const received = { method, path, query, headers, body };
      expect(authorization !== undefined && isSignedWith(received, authorization, secretKey)).toBe(true);
    }),
    { numRuns: 3_000 },
  );
});

test('what needs encoding in a path is encoded once: the npm client signs it twice encoded, the Python client as we do', () => {
  const unsigned = get({ path: ['v1', 'a b'] });
  const encodedBefore = { ...unsigned, path: ['v1', 'a%20b'] };
  const ours = signatureOf(signRequest(unsigned, credentials, at).headers);
  expect(official(encodedBefore, undefined)).not.toBe(ours);
  expect(official(encodedBefore, undefined)).toBe(signatureOf(signRequest(encodedBefore, credentials, at).headers));
});

test('a path segment is encoded once, so no id can reach another path', () => {
  const signed = signRequest(get({ path: ['v1', '..%2Fb c', "it's*"] }), credentials, at);
  expect(signed.target).toBe('/v1/..%252Fb%20c/it%27s%2A');
});

test.each([[['v1', '', 'x']], [['v1', '..']], [['.']], [['v1', 'a/b']]])('the path %j is refused', (path) => {
  expect(() => signRequest(get({ path }), credentials, at)).toThrow(TypeError);
});

test('a signed request shows the secret nowhere', () => {
  const signed = signRequest(get({}), credentials, at);
  expect(JSON.stringify(signed)).not.toContain(secretKey);
  expect(JSON.stringify(credentials)).not.toContain(secretKey);
});
