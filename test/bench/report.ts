import type { Figures, Results } from './figures.ts';
import { median, quantile } from './statistics.ts';
import { type SubjectName, titles } from './subject-names.ts';
import { type Column, markdownTable } from './table.ts';

/** The rounds of one subject with one number of objects, and those of the floor with the same number. */
interface Row {
  subject: SubjectName;
  rounds: readonly Figures[];
  floor: ReadonlyMap<number, Figures>;
}

/**
 * What a controller costs, free of the machine's speed: its CPU seconds an object, divided by the CPU seconds that the API
 * server and etcd used for a write in the same window.
 */
export const relativeCpu = ({ converging, size }: Figures): number =>
  converging.cpu / size / (converging.serverCpu / converging.writes);

/** The results for people, as Markdown. */
export function report({ machine, command, figures }: Results): string {
  const { cores, memory, processor, node, kubernetes, load, date } = machine;
  const sizes = [...new Set(figures.map(({ size }) => size))];
  return [
    `${date}, ${cores} cores (${processor}), ${memory} GiB, Kubernetes ${kubernetes}, Node ${node}, load ${load} before the start.`,
    `Again: \`${command}\``,
    ...sizes.map((size) => `${title(size)}\n\n${markdownTable(columns, rowsOf(figures, size))}`),
    explanation,
  ].join('\n\n');
}

const title = (size: number) => `### ${size.toLocaleString('en')} objects`;

function rowsOf(figures: readonly Figures[], size: number): Row[] {
  const ofSize = figures.filter((figure) => figure.size === size);
  const floor = new Map(
    ofSize.filter(({ subject }) => subject === 'floor').map((figure) => [figure.round, figure] as const),
  );
  const subjects = [...new Set(ofSize.map(({ subject }) => subject))];
  return subjects.map((subject) => ({
    subject,
    rounds: ofSize.filter((figure) => figure.subject === subject),
    floor,
  }));
}

const middle = (value: (figures: Figures) => number | undefined, digits: number) => (row: Row) =>
  show(median(row.rounds.flatMap((round) => value(round) ?? [])), digits);

/** The median of what a round is of the floor in the same round. */
const ofFloor = (value: (figures: Figures) => number, digits: number) => (row: Row) => {
  const ratios = row.rounds.flatMap((round) => {
    const floor = row.floor.get(round.round);
    return floor === undefined ? [] : [value(round) / value(floor)];
  });
  return show(median(ratios), digits);
};

const changeTime = (at: number) => (row: Row) =>
  show(
    quantile(
      row.rounds.flatMap(({ changes }) => changes),
      at,
    ),
    1,
  );

const show = (value: number | undefined, digits: number) => (value === undefined ? '-' : value.toFixed(digits));

const columns: readonly Column<Row>[] = [
  { title: '', of: ({ subject }) => titles[subject] },
  { title: 'rounds', of: ({ rounds }) => String(rounds.length) },
  { title: 'CPU, of the floor', of: ofFloor(relativeCpu, 2) },
  { title: 'time, of the floor', of: ofFloor(({ converging }) => converging.fromStart, 2) },
  { title: 'time, s', of: middle(({ converging }) => converging.fromStart, 1) },
  { title: 'CPU, s', of: middle(({ converging }) => converging.cpu, 2) },
  { title: 'server CPU, s', of: middle(({ converging }) => converging.serverCpu, 1) },
  { title: 'writes an object', of: middle(({ converging, size }) => converging.writes / size, 2) },
  { title: 'refused', of: middle(({ converging }) => converging.refused, 0) },
  { title: 'peak MB', of: middle(({ life }) => life.peak, 0) },
  { title: 'idle MB', of: middle(({ idle }) => idle.resident, 0) },
  { title: 'connections a 1,000 requests', of: middle(({ life }) => (1_000 * life.connections) / life.requests, 2) },
  { title: 'change p50 ms', of: changeTime(0.5) },
  { title: 'change p99 ms', of: changeTime(0.99) },
  { title: 'restart, s', of: middle(({ restart }) => restart?.synced, 2) },
  { title: 'writes after it', of: middle(({ restart }) => restart?.writes, 0) },
  { title: 'start-up, s', of: middle(({ startUp }) => startUp.synced, 2) },
];

const explanation = `Medians of the rounds, which take turns. CPU, of the floor: the controller's CPU seconds an object, divided by the CPU
seconds of the API server and etcd a write in the same window, both from the start of the process until all objects have
converged, and that divided by the same of the floor in the same round. Time: from the start of the process. Writes and
requests: counted by the API server. Connections: counted in each process, where it opens a socket (Go: the dialer; Node:
\`Socket.prototype.connect\`), over converging and changes. Peak and idle: VmHWM and VmRSS of the process, at the end of its
life and five seconds after converging. Change: from sending a change of spec until a watch shows the status that answers it,
one at a time. Restart: from the start of a process that finds all work done until its cache is filled, and its writes in
the three seconds after that. Start-up: the same on no objects.`;
