import fc from 'fast-check';
import { expect, test } from 'vitest';
import { errorOf } from '../../../operator/huaweicloud/answers.ts';
import { unsubscribeOperation } from '../../../operator/huaweicloud/billing-unsubscribe.ts';
import type { Answer } from '../../../operator/huaweicloud/transport.ts';
import { outcomeOf } from '../../../operator/huaweicloud/unsubscription-outcome.ts';

const credentials = { accessKey: 'AK', secretKey: () => 'secret' };

const outcome = (status: number, body: unknown, ids: readonly string[] = ['a', 'b']) => {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const answer: Answer = { status, headers: {}, body: text };
  return outcomeOf(answer, errorOf(answer, unsubscribeOperation, credentials), ids);
};
const failure = (id: string, code = 'CBC.99003185') => ({ resource_id: id, error_code: code, error_msg: 'refused' });

test.each([
  [400, 'CBC.30000052', 'FrozenResource'],
  [400, 'CBC.99003656', 'FrozenResource'],
  [200, 'CBC.7281', 'FrozenAccount'],
  [400, 'CBC.99003185', 'Portfolio'],
  [400, 'CBC.99003100', 'UnpaidOrder'],
  [400, 'CBC.30000067', 'Gone'],
  [400, 'CBC.0100', 'Refused'],
  [403, 'CBC.0151', 'Permission'],
  [403, 'CBC.0150', 'WrongSite'],
  [403, 'CBC.9', 'Permission'],
  [401, 'APIGW.0301', 'Credentials'],
  [401, 'APIGW.0303', 'Credentials'],
  [429, 'APIGW.0308', 'Throttled'],
])('status %i with %s is a refusal of class %s', (status, code, errorClass) => {
  expect(outcome(status, { error_code: code, error_msg: 'text', request_id: 'r1' })).toMatchObject({
    kind: 'Rejected',
    code,
    class: errorClass,
    requestId: 'r1',
  });
});

test.each([
  ['a 5xx, even with a documented refusal', 500, { error_code: 'CBC.99003185', error_msg: 'whole' }],
  ['an order in progress, which may be its own', 400, { error_code: 'CBC.99003651', error_msg: 'busy' }],
  ['CBC.0999', 400, { error_code: 'CBC.0999', error_msg: 'other' }],
  ['CBC.0999 inside 200', 200, { error_code: 'CBC.0999', error_msg: 'other' }],
  ['a code that nobody documents', 400, { error_code: 'CBC.30010035', error_msg: '?' }],
  ['a 400 without a code', 400, 'Bad Request'],
  ['a 404 of somebody', 404, { error_code: 'APIGW.0101', error_msg: 'no such API' }],
  ['the page of a proxy that forbids', 403, '<html>Forbidden</html>'],
  ['the page of a proxy that wants a login', 401, '<html></html>'],
  ['a 429 that explains nothing', 429, ''],
  ['the JSON of a proxy that forbids', 403, { code: 403, message: 'Blocked by policy.' }],
  ['the JSON of a proxy that has enough', 429, { error: { code: 'GW.LIMIT', message: 'Too many requests.' } }],
  ['the JSON of another service', 401, { error_code: 'PROXY.0401', error_msg: 'Log in.' }],
  ...[401, 403, 429].flatMap((status) =>
    ['CBC.99003651', 'CBC.0999', 'APIGW.0201'].map((code): [string, number, unknown] => [
      `${code} with ${status}`,
      status,
      { error_code: code, error_msg: '?' },
    ]),
  ),
  [
    'one that is refused by a code that nobody documents',
    200,
    { fail_resource_infos: [failure('a'), failure('b', 'CBC.3002')] },
  ],
  ['a redirect', 302, ''],
  ['HTML with 200', 200, '<html></html>'],
  ['an empty 200', 200, ''],
  ['an empty object', 200, {}],
  ['no order and no failure', 200, { order_ids: [], fail_resource_infos: [] }],
  ['null lists', 200, { order_ids: null, fail_resource_infos: null }],
  ['a failure of only one of the resources', 200, { order_ids: [], fail_resource_infos: [failure('a')] }],
  ['failures of other resources', 200, { fail_resource_infos: [failure('x'), failure('y')] }],
  ['a failure that is "other error"', 200, { fail_resource_infos: [failure('a'), failure('b', 'CBC.0999')] }],
  ['one in progress for one of them', 200, { fail_resource_infos: [failure('a'), failure('b', 'CBC.99003651')] }],
  ['order ids of the wrong type', 200, { order_ids: [7] }],
  ['an order id beside an error', 200, { order_ids: ['CS1'], error_code: 'CBC.7281', error_msg: 'frozen' }],
  [
    'an order id that is no list beside a refusal',
    400,
    { order_ids: 'CS1', error_code: 'CBC.7281', error_msg: 'frozen' },
  ],
  [
    'an order id beside a refusal, and failures that cannot be read',
    400,
    { order_ids: ['CS1'], fail_resource_infos: [7], error_code: 'CBC.99003185', error_msg: 'whole' },
  ],
  [
    'an order beside a refusal, in camel case',
    400,
    { orderIds: ['CS1'], errorCode: 'CBC.99003185', errorMsg: 'whole' },
  ],
  ['one order id beside a refusal', 400, { order_id: 'CS1', error_code: 'CBC.99003185', error_msg: 'whole' }],
  [
    'an order further down beside a refusal',
    400,
    { data: { error_code: 'CBC.99003185', error_msg: 'whole', orders: [{ main_order_id: 'CS1' }] } },
  ],
  [
    'an order beside a refusal of every resource',
    200,
    { orderIds: ['CS1'], fail_resource_infos: [failure('a'), failure('b')] },
  ],
])('%s is Unknown', (_, status, body) => {
  expect(outcome(status, body)).toMatchObject({ kind: 'Unknown' });
});

test('an order id is an acceptance, and every failed resource is named', () => {
  const body = { order_ids: ['CS1', 'CS2'], fail_resource_infos: [failure('b')] };
  expect(outcome(200, body)).toEqual({
    kind: 'Accepted',
    orderIds: ['CS1', 'CS2'],
    failed: [{ resourceId: 'b', code: 'CBC.99003185', class: 'Portfolio', message: 'refused' }],
  });
});

test('"other error" beside an order id refuses nothing: such a resource counts as ordered', () => {
  const body = { order_ids: ['CS1'], fail_resource_infos: [failure('a'), failure('b', 'CBC.0999')] };
  expect(outcome(200, body)).toMatchObject({ kind: 'Accepted', failed: [{ resourceId: 'a' }] });
  expect(outcome(200, { ...body, fail_resource_infos: [failure('b', 'CBC.0999')] })).toMatchObject({ failed: [] });
});

test('nor does an order in progress: one that was handed over twice made it', () => {
  const body = { order_ids: ['CS2'], fail_resource_infos: [failure('a'), failure('b', 'CBC.99003651')] };
  expect(outcome(200, body)).toMatchObject({ kind: 'Accepted', failed: [{ resourceId: 'a' }] });
});

test.each([
  ['order_ids', []],
  ['order_ids', null],
  ['orderId', ''],
])('an empty %s names no order beside a refusal: %j', (key, value) => {
  const body = { [key]: value, error_code: 'CBC.99003185', error_msg: 'whole' };
  expect(outcome(400, body)).toMatchObject({ kind: 'Rejected', code: 'CBC.99003185' });
});

test('a failure of every resource is a refusal', () => {
  const body = { order_ids: [], fail_resource_infos: [failure('a'), failure('b')] };
  expect(outcome(200, body)).toMatchObject({
    kind: 'Rejected',
    code: 'CBC.99003185',
    class: 'Portfolio',
    failed: [{ resourceId: 'a' }, { resourceId: 'b' }],
  });
});

test('no answer whatsoever makes it throw, accept without an order id, or be sure of a 5xx', () => {
  const infos = fc.array(fc.record({ resource_id: fc.constantFrom('a', 'b', 'c'), error_code: fc.string() }));
  const body = fc.oneof(
    fc.json(),
    fc.string(),
    fc
      .record(
        {
          order_ids: fc.oneof(fc.array(fc.string()), fc.jsonValue()),
          fail_resource_infos: fc.oneof(infos, fc.jsonValue()),
          error_code: fc.oneof(fc.constantFrom('CBC.0000', 'CBC.0100', 'CBC.0999'), fc.jsonValue()),
          error_msg: fc.jsonValue(),
        },
        { requiredKeys: [] },
      )
      .map((value) => JSON.stringify(value)),
  );
  fc.assert(
    fc.property(fc.constantFrom(200, 201, 400, 404, 500, 503), body, (status, text) => {
      const result = outcome(status, text);
      if (result.kind === 'Accepted') expect(result.orderIds.length).toBeGreaterThan(0);
      if (status >= 500) expect(result.kind).toBe('Unknown');
      expect(result.kind).not.toBe('NotSent');
    }),
    { numRuns: 2_000 },
  );
});
