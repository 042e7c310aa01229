import { expect, test } from 'vitest';
import { parseRequestCounts, refusedIn, requestsIn, since, writesIn } from '../../bench/requests.ts';

const line = (group: string, verb: string, code: number, count: number, subresource = '') =>
  `apiserver_request_total{code="${code}",group="${group}",subresource="${subresource}",verb="${verb}"} ${count}`;

const before = parseRequestCounts(
  [
    line('bench', 'PATCH', 200, 5),
    line('bench', 'LIST', 200, 2),
    'apiserver_request_total_of_another_kind{code="200",group="bench",verb="PATCH"} 1',
  ].join('\n'),
  'bench',
);
const after = parseRequestCounts(
  [
    line('bench', 'PATCH', 200, 15),
    line('bench', 'PUT', 200, 10, 'status'),
    line('bench', 'PUT', 409, 2, 'status'),
    line('bench', 'LIST', 200, 2),
    line('bench', 'WATCH', 429, 1),
    line('another', 'PUT', 200, 1_000),
  ].join('\n'),
  'bench',
);

test('requests are told apart by verb, over all subresources and codes, of one group only', () => {
  expect(after.byVerb).toEqual({ PATCH: 15, PUT: 12, LIST: 2, WATCH: 1 });
});

test('what was counted before does not count', () => {
  const counts = since(before, after);
  expect(counts.byVerb).toEqual({ PATCH: 10, PUT: 12, WATCH: 1 });
  expect(requestsIn(counts)).toBe(23);
});

test('writes are those of all verbs that change something', () => {
  expect(writesIn(since(before, after))).toBe(22);
});

test('refused are those with a code of 400 or above', () => {
  const counts = since(before, after);
  expect(counts.refusedByVerb).toEqual({ PUT: 2, WATCH: 1 });
  expect(refusedIn(counts)).toBe(3);
});
