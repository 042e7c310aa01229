import { parseSamples, type Sample } from './metrics-text.ts';

/** What the API server has counted of one kind since it started; a watch is counted when it ends. */
export interface RequestCounts {
  /** By verb, in capitals. */
  byVerb: Readonly<Record<string, number>>;
  /** Those of them that were answered with a code of 400 or above: conflicts, and too many requests. */
  refusedByVerb: Readonly<Record<string, number>>;
}

const writing = new Set(['POST', 'PUT', 'PATCH', 'APPLY', 'DELETE', 'DELETECOLLECTION']);

/** Reads the API server's `/metrics`. */
export function parseRequestCounts(metrics: string, group: string): RequestCounts {
  // The whole text has tens of thousands of lines, the other ones for nobody.
  const lines = metrics.split('\n').filter((line) => line.startsWith('apiserver_request_total{'));
  const samples = parseSamples(lines.join('\n')).filter(({ labels }) => labels['group'] === group);
  const refused = samples.filter(({ labels }) => Number(labels['code']) >= 400);
  return { byVerb: sumByVerb(samples), refusedByVerb: sumByVerb(refused) };
}

function sumByVerb(samples: readonly Sample[]): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const { labels, value } of samples) {
    const verb = labels['verb'] ?? '';
    sums[verb] = (sums[verb] ?? 0) + value;
  }
  return sums;
}

/** What came after `before`. */
export const since = (before: RequestCounts, after: RequestCounts): RequestCounts => ({
  byVerb: difference(before.byVerb, after.byVerb),
  refusedByVerb: difference(before.refusedByVerb, after.refusedByVerb),
});

const difference = (before: RequestCounts['byVerb'], after: RequestCounts['byVerb']) =>
  Object.fromEntries(
    Object.entries(after)
      .map(([verb, count]) => [verb, count - (before[verb] ?? 0)] as const)
      .filter(([, count]) => count !== 0),
  );

export const requestsIn = ({ byVerb }: RequestCounts): number => sum(Object.values(byVerb));

/** Writes that were asked for, refused ones among them. */
export const writesIn = ({ byVerb }: RequestCounts): number =>
  sum(Object.entries(byVerb).map(([verb, count]) => (writing.has(verb) ? count : 0)));

export const refusedIn = ({ refusedByVerb }: RequestCounts): number => sum(Object.values(refusedByVerb));

const sum = (counts: readonly number[]) => counts.reduce((total, count) => total + count, 0);
