import fc from 'fast-check';
import { expect, test } from 'vitest';
import { signRequest, type UnsignedRequest } from '../../../../operator/huaweicloud/signing.ts';
import { oddSegment, requestsWith, token } from '../random-requests.ts';
import { accessKey, secretKey } from '../recorded-cloud.ts';
import { officialClients } from './clients.ts';

const clients = officialClients();

const at = new Date('2026-01-02T03:04:05Z');

/** The query as the official client hands it to its signer: a name that comes several times is several pairs. */
const pairs = ({ query = {} }: UnsignedRequest): [string, unknown][] =>
  Object.entries(query).flatMap(([name, value]): [string, unknown][] => {
    if (value === undefined) return [];
    return Array.isArray(value) ? value.map((one) => [name, one]) : [[name, value]];
  });

const codePoints = (text: string) => Array.from(text, (character) => character.codePointAt(0) ?? 0);

/** Python sorts by code points, JavaScript by halves of them: they differ only between signs that no name of ours has. */
function sortsAlike(texts: readonly string[]): boolean {
  const byCodePoint = texts.toSorted((one, other) => {
    const [left, right] = [codePoints(one), codePoints(other)];
    const differing = left.findIndex((point, place) => point !== right[place]);
    return differing < 0 ? left.length - right.length : (left[differing] ?? -1) - (right[differing] ?? -1);
  });
  return byCodePoint.join('\0') === texts.toSorted().join('\0');
}

test("hundreds of random requests are signed, and written on the wire, as Huawei's Python client does it", async () => {
  const property = fc.asyncProperty(requestsWith(oddSegment), token, async (unsigned, securityToken) => {
    const query = pairs(unsigned);
    fc.pre(sortsAlike(query.map(([name]) => name)) && sortsAlike(query.map(([, value]) => String(value))));
    const credentials = { accessKey, secretKey: () => secretKey };
    const withToken =
      securityToken === undefined ? credentials : { ...credentials, securityToken: () => securityToken };
    const ours = signRequest(unsigned, withToken, at);
    const { authorization, ...headers } = ours.headers;
    const official = await clients().sign({
      accessKey,
      secretKey,
      method: unsigned.method,
      host: new URL(unsigned.origin).host,
      path: ours.target.split('?')[0],
      query,
      headers,
      body: unsigned.body ?? null,
    });
    expect(official).toEqual({ authorization, uri: ours.target });
  });
  await fc.assert(property, { numRuns: 600 });
}, 60_000);

test('an encoded slash in a path is a slash for the official signer, so we send none', async () => {
  const request = { accessKey, secretKey, method: 'GET', host: 'ecs.example', query: [], headers: {}, body: null };
  const headers = { 'X-Sdk-Date': '20260102T030405Z' };
  const encoded = await clients().sign({ ...request, headers, path: '/v1/a%2Fb' });
  const plain = await clients().sign({ ...request, headers, path: '/v1/a/b' });
  expect(encoded['authorization']).toBe(plain['authorization']);
  const ours = { method: 'GET', origin: 'https://ecs.example', path: ['v1', 'a/b'] } as const;
  expect(() => signRequest(ours, { accessKey, secretKey: () => secretKey }, at)).toThrow(TypeError);
});
