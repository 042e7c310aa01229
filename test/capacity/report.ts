import { type Column, markdownTable } from '../bench/table.ts';
import { readingsIn, total, writesIn } from './counters.ts';
import { pagesOf } from './fleet.ts';
import type { Figures } from './measure.ts';

const perMinute = (count: number, { rest }: Figures) => count / rest.minutes;
const ratio = (count: number, of: number, digits: number) => (of === 0 ? '-' : (count / of).toFixed(digits));

const medianOf = (values: readonly number[]) =>
  values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)]?.toFixed(1) ?? '-';

const columns: readonly Column<Figures>[] = [
  { title: 'servers x accounts', of: ({ fleet }) => `${fleet.servers.toLocaleString('en')} x ${fleet.accounts}` },
  { title: 'machines', of: ({ fleet }) => String(fleet.servers * fleet.machinesPerServer) },
  { title: 'requests', of: ({ fleet }) => String(Math.floor(fleet.servers * fleet.requestsPerServer)) },
  { title: 'ready, s', of: ({ ready }) => ready.toFixed(1) },
  { title: 'all observed, s', of: ({ observed }) => observed.toFixed(0) },
  { title: 'writes a server', of: ({ settling, fleet }) => ratio(writesIn(settling), fleet.servers, 2) },
  { title: 'peak MB', of: ({ peak }) => peak.toFixed(0) },
  { title: 'at rest MB', of: ({ rest }) => rest.resident.toFixed(0) },
  { title: 'heap MB', of: ({ rest }) => rest.heap.toFixed(0) },
  { title: 'CPU at rest, %', of: ({ rest }) => ((100 * rest.cpu) / (60 * rest.minutes)).toFixed(1) },
  { title: 'loop p99, ms', of: ({ rest }) => (1_000 * rest.lagP99).toFixed(0) },
  { title: 'API requests/min', of: (figures) => perMinute(total(figures.rest.apiRequests), figures).toFixed(0) },
  { title: 'writes/min', of: (figures) => perMinute(writesIn(figures.rest), figures).toFixed(1) },
  { title: 'cloud calls/min', of: (figures) => perMinute(total(figures.rest.cloudCalls), figures).toFixed(0) },
  { title: 'writes seen by the API server', of: ({ rest }) => String(rest.writesSeenByApiServer) },
  { title: 'calls seen by the cloud', of: ({ rest }) => String(rest.callsSeenByCloud) },
  { title: 'pages a reading', of: ({ fleet }) => String(pagesOf(fleet)) },
  { title: 'KiB a reading', of: ({ rest }) => ratio(rest.bytes / 1_024, readingsIn(rest), 0) },
  // Those of several accounts are not told apart.
  { title: 'a reading, s', of: ({ rest, fleet }) => (fleet.accounts === 1 ? medianOf(rest.bursts) : '-') },
  { title: 'calls a reading', of: ({ rest }) => ratio(total(rest.cloudCalls), readingsIn(rest), 1) },
  {
    title: 'readings/min/account',
    of: (figures) => ratio(perMinute(readingsIn(figures.rest), figures), figures.fleet.accounts, 2),
  },
  { title: 'refused', of: ({ rest }) => String(rest.cloudRefusals) },
  {
    title: 'passes/min/server',
    of: (figures) => (perMinute(figures.rest.serverPasses, figures) / figures.fleet.servers).toFixed(2),
  },
  { title: 'mean wait, s', of: ({ rest }) => ratio(rest.queued.seconds, rest.queued.keys, 1) },
];

/** The figures for people, as Markdown. */
export const report = (figures: readonly Figures[]): string => markdownTable(columns, figures);
