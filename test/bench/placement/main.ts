/** `npm run bench:placement`: see `options.ts`. It measures, and asserts nothing: `docs/placement-cost.md` says what follows. */
import { availableParallelism, cpus, loadavg } from 'node:os';
import { buildOperator } from '../../operator-bundle.ts';
import { measure, type PlacementFigures } from './measure.ts';
import { type PlacementOptions, readOptions, usage } from './options.ts';
import { report } from './report.ts';

const interrupted = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) {
  process.once(name, () => interrupted.abort(new Error(`ended by ${name}`)));
}

const options = readOptions(process.argv.slice(2));
if (options.help) console.log(usage);
else await run(options);

async function run({ lookAgainAfter: looks, ...common }: PlacementOptions): Promise<void> {
  // As in the image.
  process.env['MALLOC_ARENA_MAX'] = '1';
  await using program = await buildOperator();
  const figures: PlacementFigures[] = [];
  console.log(describe());
  for (const lookAgainAfter of looks) {
    const { signal } = interrupted;
    figures.push(await measure({ ...common, lookAgainAfter, program: program.path, signal }));
    console.error(`${report(figures.slice(-1))}\nload ${load()}\n`);
  }
  console.log(report(figures));
  console.log(`\nload ${load()} at the end`);
}

function load(): string {
  return (loadavg()[0] ?? 0).toFixed(1);
}

function describe(): string {
  const date = new Date().toISOString().slice(0, 10);
  const machine = `${availableParallelism()} cores (${cpus()[0]?.model ?? 'unknown'})`;
  const command = ['npm run bench:placement', '--', ...process.argv.slice(2)].join(' ');
  return `${date}, ${machine}, Node ${process.version}, load ${load()} before the start. Again: \`${command}\`\n`;
}
