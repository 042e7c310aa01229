import { parseSamples, sumOf } from './metrics-text.ts';

/** What the API server has counted of one kind since it started; a watch is counted when it ends. */
export interface RequestCounts {
  /** By verb, in capitals. */
  byVerb: Readonly<Record<string, number>>;
  /** Refused, with whatever code of 400 or above. */
  failed: number;
}

const writing = new Set(['POST', 'PUT', 'PATCH', 'APPLY', 'DELETE', 'DELETECOLLECTION']);

/** Reads the API server's `/metrics`. */
export function parseRequestCounts(metrics: string, group: string): RequestCounts {
  // The whole text has tens of thousands of lines, the other ones for nobody.
  const lines = metrics.split('\n').filter((line) => line.startsWith('apiserver_request_total{'));
  const samples = parseSamples(lines.join('\n')).filter(({ labels }) => labels['group'] === group);
  const verbs = new Set(samples.map(({ labels }) => labels['verb'] ?? ''));
  return {
    byVerb: Object.fromEntries([...verbs].map((verb) => [verb, sumOf(samples, 'apiserver_request_total', { verb })])),
    failed: samples.filter(({ labels }) => Number(labels['code']) >= 400).reduce((sum, { value }) => sum + value, 0),
  };
}

/** What came after `before`. */
export const since = (before: RequestCounts, after: RequestCounts): RequestCounts => ({
  byVerb: Object.fromEntries(
    Object.entries(after.byVerb)
      .map(([verb, count]) => [verb, count - (before.byVerb[verb] ?? 0)] as const)
      .filter(([, count]) => count !== 0),
  ),
  failed: after.failed - before.failed,
});

export const requestsIn = ({ byVerb }: RequestCounts): number =>
  Object.values(byVerb).reduce((sum, count) => sum + count, 0);

export const writesIn = ({ byVerb }: RequestCounts): number =>
  Object.entries(byVerb).reduce((sum, [verb, count]) => (writing.has(verb) ? sum + count : sum), 0);
