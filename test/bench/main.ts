/** `npm run bench`: see `options.ts`. It measures, and asserts nothing: a figure is judged by people. */
import { writeFile } from 'node:fs/promises';
import { availableParallelism, cpus, loadavg, totalmem } from 'node:os';
import { z } from 'zod';
import { startControlPlane } from '../cluster/control-plane.ts';
import { type MeasuredCluster, measureCluster } from './cluster.ts';
import { createCollection } from './collection.ts';
import type { Figures, Machine } from './figures.ts';
import { measure } from './measure.ts';
import { type BenchOptions, readOptions, usage } from './options.ts';
import { relativeCpu, report } from './report.ts';
import { prepareSubjects, type Subject } from './subjects.ts';

const interrupted = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) {
  process.once(name, () => interrupted.abort(new Error(`ended by ${name}`)));
}

const options = readOptions(process.argv.slice(2));
if (options.help) console.log(usage);
else await run(options).catch(fail);

function fail(error: unknown): void {
  // Whoever has interrupted it knows why it ended.
  if (!interrupted.signal.aborted) console.error(error);
  process.exitCode = 1;
}

async function run({ subjects: names, sizes, changes, concurrency, json }: BenchOptions): Promise<void> {
  const subjects = await prepareSubjects(names);
  await using controlPlane = await startControlPlane();
  using cluster = await measureCluster(controlPlane);
  const collection = await createCollection(cluster);
  const machine = await describeMachine(cluster);
  const figures: Figures[] = [];
  try {
    for (const { size, round, subject } of turns(sizes, subjects)) {
      interrupted.signal.throwIfAborted();
      const common = { cluster, collection, changes, concurrency, signal: interrupted.signal };
      const measured = await measure({ ...common, subject, size, round });
      figures.push(measured);
      console.error(describe(measured));
    }
  } finally {
    // Also what there is after an interruption.
    const results = { machine, command: ['npm run bench', '--', ...process.argv.slice(2)].join(' '), figures };
    if (json !== undefined) await writeFile(json, `${JSON.stringify(results, undefined, 1)}\n`);
    if (figures.length > 0) console.log(report(results));
  }
}

/** The subjects take turns within each round, and each round begins with another one. */
function* turns(sizes: BenchOptions['sizes'], subjects: readonly Subject[]) {
  for (const { size, rounds } of sizes) {
    for (let round = 0; round < rounds; round += 1) {
      const first = round % subjects.length;
      for (const subject of [...subjects.slice(first), ...subjects.slice(0, first)]) yield { size, round, subject };
    }
  }
}

async function describeMachine({ api }: MeasuredCluster): Promise<Machine> {
  const version = z.object({ gitVersion: z.string() }).parse(JSON.parse(await api.send('/version')));
  return {
    cores: availableParallelism(),
    memory: Math.round(totalmem() / 2 ** 30),
    processor: cpus()[0]?.model ?? 'unknown',
    node: process.version,
    kubernetes: version.gitVersion,
    load: Math.round((loadavg()[0] ?? 0) * 10) / 10,
    date: new Date().toISOString().slice(0, 10),
  };
}

function describe(figures: Figures): string {
  const { subject, size, round, converging, life } = figures;
  const cost = `CPU ${converging.cpu.toFixed(2)} s, ${relativeCpu(figures).toFixed(3)} of a write's`;
  const rest = `${(converging.writes / size).toFixed(2)} writes an object, peak ${life.peak.toFixed(0)} MB`;
  return `${subject} ${size}, round ${round + 1}: ${converging.fromStart.toFixed(1)} s, ${cost}, ${rest}`;
}
