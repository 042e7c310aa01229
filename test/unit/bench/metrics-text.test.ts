import { expect, test } from 'vitest';
import { parseFamilies } from '../../bench/metric-families.ts';
import { parseSamples, sumOf } from '../../bench/metrics-text.ts';

const text = `# HELP requests_total Requests, by code.
# TYPE requests_total counter
requests_total{code="200",path="/a,b{}"} 3
requests_total{code="409",path="say \\"no\\""} 1e+06
# HELP up Whether it is up.
# TYPE up gauge
up 1
# HELP took_seconds How long it took.
# TYPE took_seconds histogram
took_seconds_bucket{verb="GET",le="0.5"} 1
took_seconds_bucket{verb="GET",le="10"} 2
took_seconds_bucket{verb="GET",le="+Inf"} 2
took_seconds_sum{verb="GET"} 3.5
took_seconds_count{verb="GET"} 2
`;

test('values come with their labels, whatever these contain', () => {
  expect(parseSamples(text).slice(0, 3)).toEqual([
    { name: 'requests_total', labels: { code: '200', path: '/a,b{}' }, value: 3 },
    { name: 'requests_total', labels: { code: '409', path: 'say "no"' }, value: 1_000_000 },
    { name: 'up', labels: {}, value: 1 },
  ]);
});

test('a line that is no sample is refused', () => {
  expect(() => parseSamples('requests_total{code="200"')).toThrow('not a sample');
});

test('a sum counts the samples of one name whose labels agree', () => {
  const samples = parseSamples(text);
  expect(sumOf(samples, 'requests_total')).toBe(1_000_003);
  expect(sumOf(samples, 'requests_total', { code: '200' })).toBe(3);
  expect(sumOf(samples, 'requests_total', { code: '200', path: '/' })).toBe(0);
});

test('a family is told by name, type, help, labels and buckets, in the order of names', () => {
  expect(parseFamilies(text)).toEqual([
    { name: 'requests_total', type: 'counter', help: 'Requests, by code.', labels: ['code', 'path'] },
    { name: 'took_seconds', type: 'histogram', help: 'How long it took.', labels: ['verb'], buckets: [0.5, 10] },
    { name: 'up', type: 'gauge', help: 'Whether it is up.', labels: [] },
  ]);
});
