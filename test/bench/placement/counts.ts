import type { CallCounts } from '../../huaweicloud/dispatch.ts';
import { parseSamples } from '../metrics-text.ts';

/** Requests by what they were for. */
export type Counts = Readonly<Record<string, number>>;

/** Kinds that the operator has to do with in a placement; the Lease is renewed all the time and is none of them. */
const resources = ['unsubscriptionrequests', 'dccservers', 'configmaps', 'secrets', 'events'];

/** What the API server has counted by verb and resource; a watch is counted when it ends, so none is among them. */
export function requestsSeen(metrics: string): Counts {
  const lines = metrics.split('\n').filter((line) => line.startsWith('apiserver_request_total{'));
  const sums: Record<string, number> = {};
  for (const { labels, value } of parseSamples(lines.join('\n'))) {
    const { verb = '', resource = '', subresource = '' } = labels;
    if (!resources.includes(resource) || verb === 'WATCH') continue;
    const name = [`${verb} ${resource}`, subresource].filter(Boolean).join('/');
    sums[name] = (sums[name] ?? 0) + value;
  }
  return sums;
}

/** What the simulated cloud has counted by operation. */
export const callsSeen = (counts: CallCounts): Counts =>
  Object.fromEntries(
    Object.entries(counts).map(([operation, endings]) => [
      operation,
      Object.values(endings).reduce((sum, count) => sum + count, 0),
    ]),
  );

/** What came after `before`. */
export const countsSince = (before: Counts, after: Counts): Counts =>
  Object.fromEntries(
    Object.entries(after)
      .map(([name, count]) => [name, count - (before[name] ?? 0)] as const)
      .filter(([, count]) => count !== 0),
  );

export const totalOf = (counts: Counts): number => Object.values(counts).reduce((sum, count) => sum + count, 0);
