import { expect, test } from 'vitest';
import { asKubernetesError, errorFromAnswer, errorFromStatus } from '../../../operator/kubernetes/errors.ts';

const now = new Date('2026-01-01T00:00:00Z');
const status = (fields: object) => ({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', ...fields });

test.each([
  [400, 'BadRequest', 'BadRequest'],
  [401, 'Unauthorized', 'Unauthorized'],
  [403, 'Forbidden', 'Forbidden'],
  [404, 'NotFound', 'NotFound'],
  [405, 'MethodNotAllowed', 'BadRequest'],
  [409, 'Conflict', 'Conflict'],
  [409, 'AlreadyExists', 'AlreadyExists'],
  [410, 'Expired', 'Gone'],
  [410, 'Gone', 'Gone'],
  [413, 'RequestEntityTooLarge', 'BadRequest'],
  [422, 'Invalid', 'Invalid'],
  [429, 'TooManyRequests', 'TooManyRequests'],
  [500, 'InternalError', 'ServerError'],
  [503, 'ServiceUnavailable', 'ServerError'],
  [504, 'Timeout', 'Timeout'],
])('%i %s is %s', (code, reason, expected) => {
  const error = errorFromAnswer({ status: code, body: status({ reason, code, message: 'because' }) }, now);
  expect(error).toMatchObject({ reason: expected, status: code, message: 'because' });
  expect(errorFromStatus(status({ reason, code })).reason).toBe(expected);
});

test('a version from the future is Gone, not a Timeout: waiting for it does not help after a restored backup', () => {
  const details = { causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }] };
  expect(errorFromAnswer({ status: 504, body: status({ reason: 'Timeout', details }) }, now).reason).toBe('Gone');
});

test('an answer that is not from the API server is classified by its HTTP status', () => {
  const error = errorFromAnswer({ status: 502, body: '<html>Bad Gateway</html>' }, now);
  expect(error).toMatchObject({ reason: 'ServerError', message: 'HTTP 502: <html>Bad Gateway</html>' });
});

test.each([
  ['7', 7_000],
  ['Thu, 01 Jan 2026 00:00:09 GMT', 9_000],
  ['Wed, 31 Dec 2025 00:00:00 GMT', 0],
  ['3600', 3_600_000],
  ['2147484', 3_600_000],
  ['9'.repeat(400), 3_600_000],
  ['Fri, 01 Jan 2027 00:00:00 GMT', 3_600_000],
  ['soon', undefined],
  [undefined, undefined],
])('Retry-After %j is %j ms', (retryAfterHeader, retryAfter) => {
  expect(errorFromAnswer({ status: 429, body: '', retryAfterHeader }, now).retryAfter).toBe(retryAfter);
});

test('without a header the time to wait is in the details', () => {
  const body = status({ reason: 'TooManyRequests', details: { retryAfterSeconds: 3 } });
  expect(errorFromAnswer({ status: 429, body }, now).retryAfter).toBe(3_000);
  expect(errorFromAnswer({ status: 429, body, retryAfterHeader: '9' }, now).retryAfter).toBe(9_000);
  const forYears = status({ reason: 'TooManyRequests', details: { retryAfterSeconds: 1e9 } });
  expect(errorFromAnswer({ status: 429, body: forYears }, now).retryAfter).toBe(3_600_000);
  expect(errorFromStatus(forYears).retryAfter).toBe(3_600_000);
});

test('an ERROR event without a Status is Malformed', () => {
  expect(errorFromStatus({ kind: 'ConfigMap' }).reason).toBe('Malformed');
});

test('an error of unknown origin keeps its cause', () => {
  const cause = new TypeError('x is not a function');
  expect(asKubernetesError(cause)).toMatchObject({ reason: 'Malformed', message: 'x is not a function', cause });
});
