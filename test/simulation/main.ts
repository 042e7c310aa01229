import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { runSeeds } from './run.ts';
import { simulate } from './world.ts';

const help = `Simulates the life of requests in worlds made from seeds, and checks what must hold in each of them.

Usage: npm run simulate [-- OPTIONS]

  --seeds N     how many worlds; default: 1000
  --first N     seed of the first; default: 1
  --seed N      one world, with its story
  --workers N   worlds at the same time; default: one for each processor
  --help        show this`;

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '1000' },
    first: { type: 'string', default: '1' },
    seed: { type: 'string' },
    workers: { type: 'string', default: String(availableParallelism()) },
    help: { type: 'boolean', default: false },
  },
});

function whole(name: string, text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new Error(`--${name}: write a whole number from 1 on, not ${text}`);
}

/** A night's run says how far it is, and that its memory stays level. */
function tellProgress(worlds: number): void {
  const megabytes = Math.round(process.memoryUsage.rss() / 2 ** 20);
  const minutes = Math.round(performance.now() / 60_000);
  console.error(`${worlds.toLocaleString('en')} worlds held after ${minutes} min; ${megabytes} MiB resident`);
}

/** Gives whether all was well. */
async function tellStory(seed: number): Promise<boolean> {
  const { story, violations } = await simulate(seed, true);
  console.log([...story, ...violations.map((violation) => `VIOLATED at ${violation}`)].join('\n'));
  return violations.length === 0;
}

async function main(): Promise<boolean> {
  if (values.help) return console.log(help) === undefined;
  if (values.seed !== undefined) return tellStory(whole('seed', values.seed));
  const first = whole('first', values.first);
  const { totals, failure, worlds } = await runSeeds({
    first,
    count: whole('seeds', values.seeds),
    workers: whole('workers', values.workers),
    onProgress: tellProgress,
  });
  console.log(`${worlds.toLocaleString('en')} worlds from seed ${first} on:`);
  for (const [what, count] of Object.entries(totals))
    console.log(`  ${count.toLocaleString('en').padStart(12)}  ${what}`);
  if (failure === undefined) return true;
  console.log(
    `\nIn the world of seed ${failure.seed} something did not hold. Its story (again: npm run simulate -- --seed ${failure.seed}):\n`,
  );
  await tellStory(failure.seed);
  return false;
}

process.exitCode = (await main()) ? 0 : 1;
