import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import {
  amount,
  counted,
  errorIn,
  errorOf,
  instant,
  named,
  optional,
  parseAnswer,
} from '../../../operator/huaweicloud/answers.ts';
import { CloudError } from '../../../operator/huaweicloud/errors.ts';
import type { Answer } from '../../../operator/huaweicloud/transport.ts';

// Far from UTC, so that a time without a zone that is read as local time shows.
process.env['TZ'] = 'Asia/Shanghai';

const credentials = { accessKey: 'AK', secretKey: () => 'the-secret' };
const answer = (status: number, body: unknown, headers: Record<string, string> = {}): Answer => ({
  status,
  headers,
  body: typeof body === 'string' ? body : JSON.stringify(body),
});
const errorFrom = (status: number, body: unknown, headers: Record<string, string> = {}) =>
  errorOf(answer(status, body, headers), 'billing.Test', credentials);

describe('error bodies', () => {
  test.each([
    [{ error_code: 'CBC.0151', error_msg: 'Access denied.' }],
    [{ errorCode: 'CBC.0151', errorMsg: 'Access denied.' }],
    [{ errorCode: 'CBC.0151', errorMessage: 'Access denied.' }],
    [{ code: 'CBC.0151', message: 'Access denied.' }],
    [{ error: { code: 'CBC.0151', message: 'Access denied.' } }],
    [{ request: 1, error: { error_code: 'CBC.0151', error_msg: 'Access denied.' } }],
  ])('%j is understood', (body) => {
    expect(errorFrom(403, body)).toMatchObject({
      code: 'CBC.0151',
      class: 'Permission',
      httpStatus: 403,
      explained: true,
    });
    expect(errorFrom(403, body)?.message).toContain('Access denied.');
  });

  test('a numeric code of a nested OpenStack error is understood', () => {
    expect(errorIn({ itemNotFound: { message: 'no such host', code: 404 } })).toMatchObject({ code: '404' });
  });

  test.each([
    [401, 'Credentials'],
    [403, 'Permission'],
    [404, 'NotFound'],
    [429, 'Throttled'],
    [400, 'Ambiguous'],
    [500, 'Ambiguous'],
    [502, 'Ambiguous'],
    [302, 'Ambiguous'],
  ])('without a readable body status %i is of class %s', (status, errorClass) => {
    const error = errorFrom(status, '<html>Bad gateway</html>');
    expect(error).toMatchObject({ class: errorClass, code: String(status), explained: false });
    expect(error?.message).not.toContain('<html>');
  });

  test('the request id is taken from the body or the header', () => {
    const body = { error_code: 'APIGW.0301', error_msg: 'no' };
    expect(errorFrom(401, { ...body, request_id: 'r1' })?.requestId).toBe('r1');
    expect(errorFrom(401, body, { 'x-request-id': 'r2' })?.requestId).toBe('r2');
  });

  test('a message of the cloud becomes one short line without secrets', () => {
    const error = errorFrom(401, {
      error_code: 'APIGW.0301',
      error_msg: `bad\nkey the-secret\u0000 ${'x'.repeat(900)}`,
    });
    expect(error?.message).toContain('bad key [redacted]');
    expect(error?.message).not.toMatch(/\p{Cc}/u);
    expect(error?.message.length).toBeLessThan(500);
  });

  const date = 'Wed, 21 Oct 2026 07:28:00 GMT';

  test.each([
    ['7', {}, 7_000],
    ['0', {}, 0],
    // By the clock of the cloud: that of this machine may be wrong.
    ['Wed, 21 Oct 2026 07:28:30 GMT', { date }, 30_000],
    ['Wed, 21 Oct 2026 07:27:00 GMT', { date }, 0],
    ['Wed, 21 Oct 2026 07:28:30 GMT', {}, undefined],
    ['Wed, 21 Oct 2026 07:28:30 GMT', { date: 'yesterday' }, undefined],
    ['2026-10-21T07:28:30Z', { date }, undefined],
    ['soon', { date }, undefined],
    ['-1', { date }, undefined],
    ['Wed, 21 Oct 2099 07:28:30 GMT', { date }, 3_600_000],
    ['999999999', {}, 3_600_000],
  ])('Retry-After %j, with %j, is %s ms', (header, headers, expected) => {
    expect(errorFrom(429, {}, { 'retry-after': header, ...headers })?.retryAfter).toBe(expected);
  });

  test('any JSON with any status gives an error or none, and never throws', () => {
    fc.assert(
      fc.property(fc.integer({ min: 100, max: 599 }), fc.json(), (status, body) => {
        const error = errorFrom(status, body);
        if (status < 200 || status > 299) expect(error).toBeInstanceOf(CloudError);
      }),
    );
  });
});

describe('an error inside status 200', () => {
  test('is an error', () => {
    expect(errorFrom(200, { error_code: 'CBC.7281', error_msg: 'frozen' })).toMatchObject({ class: 'FrozenAccount' });
    expect(errorFrom(200, { errorCode: 'CBC.3002', data: [], total_count: 0 })).toMatchObject({ code: 'CBC.3002' });
  });

  test.each([
    {},
    { error_code: null },
    { error_code: '' },
    { error_code: 'CBC.0000', error_msg: 'ok' },
    { code: 'x', message: 'y' },
  ])('%j is none', (body) => {
    expect(errorFrom(200, body)).toBeUndefined();
  });
});

describe('parsing at the door', () => {
  const schema = z.object({ servers: z.array(z.object({ id: z.string() })) });

  test.each([
    '',
    '<html></html>',
    '{"servers":[{"id":"a"}',
    'null',
    '[]',
    '{}',
    '{"servers":null}',
    '{"servers":[{}]}',
  ])('the body %j is Unparsable, never empty', (body) => {
    const attempt = () => parseAnswer(schema, answer(200, body), 'ecs.Test');
    expect(attempt).toThrow(expect.objectContaining({ class: 'Unparsable' }));
  });

  test('the fields that are wrong are named', () => {
    const attempt = () => parseAnswer(schema, answer(200, { servers: [{ id: 7 }] }), 'ecs.Test');
    expect(attempt).toThrow(/ecs\.Test: the answer does not read as documented \(servers\.0\.id: /);
  });
});

describe('fields', () => {
  test('a documented code gets its name, any other is kept and shown', () => {
    const status = named({ 2: 'InUse', frozen: 'Frozen' });
    expect(status.parse(2)).toBe('InUse');
    expect(status.parse('2')).toBe('InUse');
    expect(status.parse('frozen')).toBe('Frozen');
    expect(status.parse(7)).toBe('Unrecognised(7)');
    expect(status.parse('constructor')).toBe('Unrecognised(constructor)');
    expect(status.safeParse(null).success).toBe(false);
  });

  test.each([
    ['2020-02-21T07:00:54.065135', '2020-02-21T07:00:54.065Z'],
    ['2026-01-01T00:00:00Z', '2026-01-01T00:00:00.000Z'],
    ['2018-08-20T02:33:49+0800', '2018-08-19T18:33:49.000Z'],
    ['2018-08-20T02:33:49+08:00', '2018-08-19T18:33:49.000Z'],
  ])('the time %s is %s', (text, expected) => {
    expect(instant.parse(text).toISOString()).toBe(expected);
  });

  test.each(['', 'yesterday', '2026', '12:00', '2026-13-01T00:00:00Z'])('%j is no time', (text) => {
    expect(instant.safeParse(text).success).toBe(false);
  });

  test('money is exact', () => {
    expect(amount.parse(0.1).plus(amount.parse('0.2')).toString()).toBe('0.3');
    expect(amount.parse(-8000.5).toFixed(2)).toBe('-8000.50');
    for (const bad of ['', 'free', null, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(amount.safeParse(bad).success).toBe(false);
    }
  });

  test('an optional field may be missing or null', () => {
    expect(z.object({ a: optional(z.string()) }).parse({ a: null })).toEqual({ a: undefined });
    expect(optional(z.string()).safeParse(7).success).toBe(false);
  });

  test('a counted list may be missing only when its total is 0', () => {
    const list = counted('total_count', 'data', z.string());
    expect(list.parse({ total_count: 1, data: ['a'] })).toEqual({ total: 1, items: ['a'] });
    expect(list.parse({ total_count: 0, data: null })).toEqual({ total: 0, items: [] });
    for (const bad of [
      {},
      { data: [] },
      { total_count: 1 },
      { total_count: null, data: [] },
      { total_count: -1, data: [] },
    ]) {
      expect(list.safeParse(bad).success).toBe(false);
    }
  });
});
