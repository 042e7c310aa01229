/** `npm run capacity`: see `options.ts`. It measures, and asserts nothing: `docs/capacity.md` says what follows. */
import { writeFile } from 'node:fs/promises';
import { availableParallelism, cpus, loadavg, totalmem } from 'node:os';
import { buildOperator } from '../operator-bundle.ts';
import { type Figures, measure } from './measure.ts';
import { type CapacityOptions, readOptions, usage } from './options.ts';
import { measureReadings, type ReadingFigures, reportReadings } from './reading-figures.ts';
import { report } from './report.ts';

const interrupted = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) {
  process.once(name, () => interrupted.abort(new Error(`ended by ${name}`)));
}

const options = readOptions(process.argv.slice(2));
if (options.help) console.log(usage);
else if (options.readings > 0) await runReadings(options);
else await run(options);

async function run({ fleets, json, ...common }: CapacityOptions): Promise<void> {
  // As in the image.
  process.env['MALLOC_ARENA_MAX'] = '1';
  await using program = await buildOperator();
  const figures: Figures[] = [];
  console.log(describe());
  try {
    for (const fleet of fleets) {
      figures.push(await measure({ ...common, fleet, program: program.path, signal: interrupted.signal }));
      console.error(report(figures.slice(-1)));
    }
  } finally {
    if (json !== undefined) await writeFile(json, `${JSON.stringify(figures, undefined, 1)}\n`);
    if (figures.length > 0) console.log(report(figures));
  }
}

async function runReadings({ fleets, latency, readings }: CapacityOptions): Promise<void> {
  console.log(describe());
  const figures: ReadingFigures[] = [];
  for (const fleet of fleets) figures.push(await measureReadings(fleet, latency, readings));
  console.log(reportReadings(figures));
}

function describe(): string {
  const date = new Date().toISOString().slice(0, 10);
  const memory = Math.round(totalmem() / 2 ** 30);
  const load = (loadavg()[0] ?? 0).toFixed(1);
  const machine = `${availableParallelism()} cores (${cpus()[0]?.model ?? 'unknown'}), ${memory} GiB`;
  const command = ['npm run capacity', '--', ...process.argv.slice(2)].join(' ');
  return `${date}, ${machine}, Node ${process.version}, load ${load} before the start. Again: \`${command}\`\n`;
}
