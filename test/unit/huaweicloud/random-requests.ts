import fc from 'fast-check';
import type { Query, UnsignedRequest } from '../../../operator/huaweicloud/signing.ts';
import { domainId, projectId } from './recorded-cloud.ts';

// Any text but halves of surrogate pairs, which no client can send.
const anyText = fc.string({ unit: 'grapheme', maxLength: 30 });
const oddText = fc.constantFrom(
  '',
  ' ',
  '+',
  '%',
  '%2F',
  '%2f',
  'a b',
  'a&b=c',
  "it's*(!)",
  '~-_.',
  '/?#[]@:;,$',
  'ü',
  '数据',
  '\n',
);
// An object of JavaScript could not carry that name.
const key = fc
  .oneof(fc.stringMatching(/^[A-Za-z][A-Za-z0-9_.-]{0,15}$/), anyText, oddText)
  .filter((text) => text !== '__proto__');
const value = fc.oneof(anyText, oddText);

/** Queries with names and values of any kind, empty ones, and names that come several times. */
const query: fc.Arbitrary<Query> = fc.dictionary(
  key,
  fc.oneof(value, fc.integer(), fc.boolean(), fc.array(value, { minLength: 1, maxLength: 4 }), fc.constant(undefined)),
  { maxKeys: 6, noNullPrototype: true },
);

const isNoFolder = (text: string) => text !== '.' && text !== '..';
/** A segment of a path that stays as it is, but for what is not ASCII. */
export const plainSegment = fc.stringMatching(/^[A-Za-z0-9_.~üß数据-]{1,20}$/).filter(isNoFolder);
/** A segment of a path that may need any encoding; never a slash, see `signing.ts`. */
export const oddSegment = fc
  .oneof(plainSegment, anyText, oddText)
  .filter((text) => text !== '' && isNoFolder(text) && !text.includes('/'));

const contents = fc.oneof(
  fc.dictionary(anyText, fc.jsonValue(), { noNullPrototype: true }).map((content) => JSON.stringify(content)),
  fc.constant(undefined),
);

/** Requests of every kind that our clients could make, and of many that they never do. */
export const requestsWith = (segment: fc.Arbitrary<string>): fc.Arbitrary<UnsignedRequest> =>
  fc
    .record({
      method: fc.constantFrom('GET' as const, 'POST' as const),
      origin: fc.constantFrom(
        'https://bss.myhuaweicloud.com',
        'http://127.0.0.1:8443',
        'https://ecs.cn-north-4.myhuaweicloud.com',
      ),
      path: fc.array(segment, { minLength: 1, maxLength: 6 }),
      query,
      headers: fc.constantFrom<Record<string, string>[]>(
        {},
        { 'x-project-id': projectId },
        { 'x-domain-id': domainId },
      ),
      body: contents,
    })
    // A POST may come without a body; a GET never has one.
    .map(({ body, ...rest }) => (rest.method === 'GET' || body === undefined ? rest : { ...rest, body }));

/** A security token, or none. */
export const token = fc.option(fc.stringMatching(/^[A-Za-z0-9+/=_-]{1,60}$/), { nil: undefined });
