import { createHash } from 'node:crypto';
import { AKSKSigner } from '@huaweicloud/huaweicloud-sdk-core/auth/AKSKSigner.js';
import { BasicCredentials } from '@huaweicloud/huaweicloud-sdk-core/auth/BasicCredentials.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { canonicalRequest, isSignedWith, parseAuthorization, type ReceivedRequest, signatureOf } from './signature.ts';

const SECRET_KEY = 'SKexample000000000000000000000000000000002';
const PROJECT = '0123456789abcdef0123456789abcdef';
const digest = (text: string) => createHash('sha256').update(text).digest('hex');

const request = (method: string, url: string, headers: Record<string, string>, body = ''): ReceivedRequest => {
  const [host = '', rest = ''] = [url.slice(0, url.indexOf('/')), url.slice(url.indexOf('/'))];
  const [path = '', query = ''] = rest.split('?');
  const common = { host, 'content-type': 'application/json', 'x-sdk-date': '20260102T030405Z' };
  return { method, path, query, headers: { ...common, ...headers }, body: Buffer.from(body) };
};

const signedHeaders = ({ headers }: ReceivedRequest): string[] => Object.keys(headers).toSorted();

describe('the signature of a request', () => {
  // Made with the official Python SDK core 3.1.219.
  const order = request(
    'POST',
    'bss.myhuaweicloud.com/v2/orders/subscriptions/resources/unsubscribe',
    { 'x-domain-id': '0a1b2c3d4e5f60718293a4b5c6d7e8f9' },
    '{"resource_ids":["8f8e2c4e-0f0c-4a3f-9b7e-2f0f4b0c1d2e"],"unsubscribe_type":1,"unsubscribe_reason_type":5,"unsubscribe_reason":"decommission"}',
  );
  const servers = request(
    'GET',
    `ecs.cn-north-4.myhuaweicloud.com/v1/${PROJECT}/cloudservers/detail?offset=1&limit=1000&enterprise_project_id=all_granted_eps&name=web%20a~b%2F1`,
    { 'x-project-id': PROJECT, 'x-security-token': 'TOKEN+/==' },
  );
  const backups = request(
    'GET',
    `cbr.cn-north-4.myhuaweicloud.com/v3/${PROJECT}/backups?status=error&status=available&resource_id=8f8e2c4e&limit=1000`,
    { 'x-project-id': PROJECT },
  );

  it.each([
    ['a POST to a global service', order, '963e5e7f9fa6cb9bb281eb989db52737bab3080e3e31dafc366c3d5f96184d5f'],
    ['a GET with a security token', servers, 'f47e5477ba92a1601cbea68349ab882dab486eff60b2c9cddf74ed4e9476ada3'],
    ['a GET that repeats a parameter', backups, '7bc750b8e79834f9ad38abb2816dcfa44f73d0ec02f82c85af9ff1f18b8fe295'],
  ])('is the published one for %s', (_, vector, signature) => {
    expect(signatureOf(vector, signedHeaders(vector), SECRET_KEY)).toBe(signature);
  });

  it.each([
    [order, '9454e8d7edd2ce3a57d1c59762a534246d7bbdc817e059aa5298863744b61111'],
    [servers, '294099a0e57a0e15fcffb977388d41cd75517be7aa4217c91ae708a7a18a6288'],
  ])('is made over the published canonical request', (vector, published) => {
    expect(digest(canonicalRequest(vector, signedHeaders(vector)))).toBe(published);
  });

  it('agrees with the official signer whatever is in the query and the body', () => {
    const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 8 });
    const credentials = new BasicCredentials().withAk('AK').withSk(SECRET_KEY);
    const signing = fc.property(fc.dictionary(text, fc.array(text, { minLength: 1 })), text, (queryParams, body) => {
      // "__proto__" is no name that the official signer could carry.
      fc.pre(!Object.keys(queryParams).includes('__proto__'));
      const encode = (value: string) => encodeURIComponent(value);
      const query = Object.entries(queryParams)
        .flatMap(([name, values]) => values.map((value) => `${encode(name)}=${encode(value)}`))
        .join('&');
      const data = { body };
      const received = request('POST', `cloud.example/v2/a?${query}`, {}, JSON.stringify(data));
      const { host: _, 'x-sdk-date': date, ...headers } = received.headers;
      const endpoint = 'https://cloud.example/v2/a';
      const toSign = { endpoint, method: 'POST', headers: { ...headers, 'X-Sdk-Date': date }, queryParams, data };
      const { Authorization } = z.object({ Authorization: z.string() }).parse(AKSKSigner.sign(toSign, credentials));
      const authorization = parseAuthorization(Authorization);
      return authorization !== undefined && isSignedWith(received, authorization, SECRET_KEY);
    });
    fc.assert(signing);
  });

  it('is refused when it does not cover the host and the date', () => {
    const signature = signatureOf(order, ['content-type'], SECRET_KEY);
    const authorization = { accessKey: 'AK', signedHeaders: ['content-type'], signature };
    expect(isSignedWith(order, authorization, SECRET_KEY)).toBe(false);
  });
});
