import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Mutation, mutations } from './list.ts';

const help = `Breaks the protocol of placement on purpose, one line at a time, and sees the simulation find it.

Usage: npm run simulate:mutations [-- OPTIONS]

  --seeds N     in how many worlds it has to be found at most; default: 20000
  --only TEXT   those whose names contain this
  --help        show this`;

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '20000' },
    only: { type: 'string', default: '' },
    help: { type: 'boolean', default: false },
  },
});

const root = new URL('../../../', import.meta.url).pathname;

/** A copy of all that the simulation loads, to break it in. */
async function copySources(): Promise<string> {
  const copy = await mkdtemp(join(tmpdir(), 'dcc-operator-mutation-'));
  for (const part of ['operator', 'test', 'package.json'])
    await cp(join(root, part), join(copy, part), { recursive: true });
  await symlink(join(root, 'node_modules'), join(copy, 'node_modules'));
  return copy;
}

interface Finding {
  /** The first world in which something did not hold; `undefined` when it held in all of them. */
  readonly seed: number | undefined;
  readonly violation: string;
}

/** The simulation in a process of its own: it must load the broken file. */
function simulateIn(copy: string, worlds: readonly string[]): Promise<Finding> {
  const args = [join(copy, 'test/simulation/main.ts'), ...worlds];
  return new Promise((resolve, reject) => {
    execFile(process.execPath, args, { maxBuffer: 1 << 28 }, (error, stdout, stderr) => {
      const seed = /In the world of seed (\d+)/.exec(stdout)?.[1];
      const violation = /VIOLATED at (.*)/.exec(stdout)?.[1] ?? '';
      if (error !== null && seed === undefined) reject(new Error(`the simulation did not end by itself: ${stderr}`));
      else resolve({ seed: seed === undefined ? undefined : Number(seed), violation });
    });
  });
}

async function findIn(copy: string, { name, file, from, to }: Mutation): Promise<Finding> {
  const path = join(copy, file);
  const whole = await readFile(path, 'utf8');
  if (whole.split(from).length !== 2) throw new Error(`"${name}": its line does not stand exactly once in ${file}`);
  await writeFile(
    path,
    whole.replace(from, () => to),
  );
  try {
    return await simulateIn(copy, ['--seeds', values.seeds]);
  } finally {
    await writeFile(path, whole);
  }
}

/** What was found was found because of the broken line: without it all holds in the same world. */
async function assertSound(copy: string, seed: number): Promise<void> {
  const { violation } = await simulateIn(copy, ['--first', String(seed), '--seeds', '1']);
  if (violation !== '') throw new Error(`in world ${seed} something does not hold without a sabotage: ${violation}`);
}

/** Without its time. What a request waits for can be long. */
function inShort(violation: string): string {
  const words = violation.replace(/^[\d.]+ s: /, '');
  return words.length <= 100 ? words : `${words.slice(0, 99)}…`;
}

async function main(): Promise<void> {
  const copy = await copySources();
  try {
    console.log('| sabotage | found in world | what did not hold |\n| --- | ---: | --- |');
    for (const mutation of mutations.filter(({ name }) => name.includes(values.only))) {
      const { seed, violation } = await findIn(copy, mutation);
      if (seed === undefined) process.exitCode = 1;
      else await assertSound(copy, seed);
      console.log(`| ${mutation.name} | ${seed ?? 'not found'} | ${inShort(violation)} |`);
    }
  } finally {
    await rm(copy, { recursive: true });
  }
}

if (values.help) console.log(help);
else await main();
