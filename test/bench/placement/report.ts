import { median, quantile } from '../statistics.ts';
import { type Column, markdownTable } from '../table.ts';
import { type Counts, totalOf } from './counts.ts';
import type { Cost, PlacementFigures } from './measure.ts';

const inSeconds = (time: number | undefined) => (time === undefined ? '-' : (time / 1_000).toFixed(2));

const times: readonly Column<PlacementFigures>[] = [
  { title: 'between the looks', of: ({ lookAgainAfter }) => lookAgainAfter },
  { title: 'placements', of: ({ times }) => String(times.length) },
  { title: 'least, s', of: ({ times }) => inSeconds(quantile(times, 0)) },
  { title: 'p50, s', of: ({ times }) => inSeconds(median(times)) },
  { title: 'p99, s', of: ({ times }) => inSeconds(quantile(times, 0.99)) },
  { title: 'most, s', of: ({ times }) => inSeconds(quantile(times, 1)) },
];

interface Row {
  what: string;
  until: readonly number[];
  after: readonly number[];
}

const range = (values: readonly number[]) => {
  const [least = 0, most = 0] = [quantile(values, 0), quantile(values, 1)];
  return least === most ? String(least) : `${median(values)} (${least} – ${most})`;
};

const counts: readonly Column<Row>[] = [
  { title: 'request', of: ({ what }) => what },
  { title: 'until the order leaves', of: ({ until }) => range(until) },
  { title: 'after that', of: ({ after }) => range(after) },
];

/** The figures for people, as Markdown. */
export function report(figures: readonly PlacementFigures[]): string {
  const tables = figures
    .filter(({ costs }) => costs.length > 0)
    .flatMap(({ lookAgainAfter, costs }) => [
      `API server, ${lookAgainAfter} between the looks (the approval is one of them):`,
      markdownTable(
        counts,
        rowsOf(costs, ({ api }) => api),
      ),
      `Cloud, ${lookAgainAfter} between the looks:`,
      markdownTable(
        counts,
        rowsOf(costs, ({ cloud }) => cloud),
      ),
    ]);
  return [markdownTable(times, figures), ...tables].join('\n\n');
}

function rowsOf(costs: readonly Cost[], side: (cost: Cost) => { before: Counts; after: Counts }): Row[] {
  const sides = costs.map(side);
  const names = new Set(sides.flatMap(({ before, after }) => [...Object.keys(before), ...Object.keys(after)]));
  const rows = [...names].sort().map((what) => ({
    what,
    until: sides.map(({ before }) => before[what] ?? 0),
    after: sides.map(({ after }) => after[what] ?? 0),
  }));
  const all = {
    what: 'all',
    until: sides.map(({ before }) => totalOf(before)),
    after: sides.map(({ after }) => totalOf(after)),
  };
  return [...rows, all];
}
