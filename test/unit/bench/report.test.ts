import { expect, test } from 'vitest';
import type { Figures, Machine } from '../../bench/figures.ts';
import { relativeCpu, report } from '../../bench/report.ts';
import type { SubjectName } from '../../bench/subject-names.ts';

const machine: Machine = {
  cores: 2,
  memory: 24,
  processor: 'a processor',
  node: 'v24.0.0',
  kubernetes: 'v1.36.3',
  load: 0.1,
  date: '2026-01-01',
};

interface Measured {
  size?: number;
  round?: number;
  cpu?: number;
  serverCpu?: number;
  seconds?: number;
  writes?: number;
  changes?: number[];
}

function figures(subject: SubjectName, measured: Measured): Figures {
  const { size = 1_000, round = 0, cpu = 1, serverCpu = 10, seconds = 5, writes = 2 * size, changes = [] } = measured;
  return {
    subject,
    size,
    round,
    converging: {
      fromStart: seconds,
      fromSynced: seconds,
      cpu,
      serverCpu,
      peak: 70,
      writes,
      requests: writes + 3,
      refused: 0,
      byVerb: {},
    },
    idle: { resident: 60, cpu: 0 },
    changes,
    life: { requests: 2_000, connections: 5, peak: 75, stopping: 0.1 },
    restart: subject === 'floor' ? undefined : { synced: 0.5, writes: 0, peak: 70, resident: 65 },
    startUp: { synced: 0.25, resident: 40 },
  };
}

/** The cells of a subject's row, by the titles of their columns. */
function row(text: string, subject: string): Record<string, string> {
  const lines = text.split('\n').map((line) => line.split('|').map((cell) => cell.trim()));
  const titles = lines.find((cells) => cells.includes('rounds')) ?? [];
  const cells = lines.find((line) => line[1]?.startsWith(subject)) ?? [];
  return Object.fromEntries(titles.map((title, index) => [title, cells[index] ?? '']));
}

const reportOf = (...all: Figures[]) => report({ machine, command: 'npm run bench -- --sizes 1000', figures: all });

test("the CPU of an object is told in writes of the API server's, so that the machine's speed cancels", () => {
  const usual = figures('ours', { cpu: 2, serverCpu: 10 });
  expect(relativeCpu(usual)).toBeCloseTo(0.4);
  expect(relativeCpu(figures('ours', { cpu: 4, serverCpu: 20 }))).toBeCloseTo(0.4);
  expect(relativeCpu(figures('ours', { cpu: 2, serverCpu: 20, writes: 4_000 }))).toBeCloseTo(0.4);
});

test('a subject is compared with the floor of the same round, and then the median is taken', () => {
  const text = reportOf(
    figures('floor', { round: 0, cpu: 1, seconds: 10 }),
    figures('ours', { round: 0, cpu: 2, seconds: 20 }),
    figures('floor', { round: 1, cpu: 2, seconds: 100 }),
    figures('ours', { round: 1, cpu: 6, seconds: 110 }),
    figures('ours', { round: 2, cpu: 60, seconds: 900 }),
  );
  expect(row(text, 'this runtime')).toMatchObject({
    rounds: '3',
    'CPU, of the floor': '2.50',
    'time, of the floor': '1.55',
    'time, s': '110.0',
  });
});

test('changes of all rounds count together', () => {
  const text = reportOf(
    figures('ours', { round: 0, changes: [1, 2, 3] }),
    figures('ours', { round: 1, changes: [4, 5, 60] }),
  );
  expect(row(text, 'this runtime')).toMatchObject({ 'change p50 ms': '3.0', 'change p99 ms': '60.0' });
});

test('writes are told by object, connections by a thousand requests', () => {
  const text = reportOf(figures('ours', { size: 500, writes: 1_340 }));
  expect(row(text, 'this runtime')).toMatchObject({
    'writes an object': '2.68',
    'connections a 1,000 requests': '2.50',
  });
});

test('what a subject does not do stays blank, and there is no ratio without the floor', () => {
  expect(row(reportOf(figures('floor', {})), 'floor')).toMatchObject({ 'restart, s': '-', 'change p50 ms': '-' });
  expect(row(reportOf(figures('ours', {})), 'this runtime')).toMatchObject({ 'CPU, of the floor': '-' });
});

test('each size has a table, under the machine and the command', () => {
  const text = reportOf(figures('ours', { size: 1_000 }), figures('ours', { size: 10_000 }));
  expect(text).toContain('2 cores (a processor), 24 GiB, Kubernetes v1.36.3, Node v24.0.0, load 0.1');
  expect(text).toContain('`npm run bench -- --sizes 1000`');
  expect(text.match(/^### .*$/gm)).toEqual(['### 1,000 objects', '### 10,000 objects']);
});
