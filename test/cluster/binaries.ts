import { existsSync } from 'node:fs';
import { chmod, copyFile, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { type Clock, minutes, systemClock } from '../../operator/clock.ts';
import { type GoInstall, goInstall, requireGo, sourcesOf } from './go.ts';
import { acquireLock } from './lock.ts';
import { type Output, showProgress } from './progress.ts';
import { type BinaryName, cacheKey, type Program, programs, type Recipe, readRecipe } from './recipe.ts';

export interface EnsureOptions {
  /** Where progress is shown. Default: standard error. */
  readonly output?: Output;
  readonly environment?: NodeJS.ProcessEnv;
  readonly clock?: Clock;
}

/**
 * Gives the path of each program, and builds those that the cache does not hold: minutes the first time, then never
 * again for this version. Several processes may ask at once; one builds.
 * @throws when Go is missing or too old, or the build fails.
 */
export async function ensureBinaries<Name extends BinaryName>(
  names: readonly Name[],
  { output = process.stderr, environment = process.env, clock = systemClock }: EnsureOptions = {},
): Promise<Record<Name, string>> {
  const paths: Partial<Record<BinaryName, string>> = {};
  for (const recipeName of new Set(names.map((name) => programs[name].recipe))) {
    const wanted = names.filter((name) => programs[name].recipe === recipeName);
    const recipe = await readRecipe(recipeName);
    const folder = join(cacheFolder(environment), cacheKey(recipe));
    await ensureBuilt({ recipe, wanted, folder, output, environment, clock });
    for (const name of wanted) paths[name] = join(folder, name);
  }
  if (!coversAll(paths, names)) throw new Error(`a program of ${names} belongs to no recipe`);
  return paths;
}

const coversAll = <Name extends BinaryName>(
  paths: Partial<Record<BinaryName, string>>,
  names: readonly Name[],
): paths is Record<Name, string> => names.every((name) => paths[name] !== undefined);

/** The folder that holds built programs of all versions: outside of the checkout, so that `git clean` keeps it. */
export function cacheFolder(environment: NodeJS.ProcessEnv): string {
  const own = environment['DCC_OPERATOR_TEST_CACHE'];
  if (own) return own;
  return join(environment['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'dcc-operator-test');
}

interface Build {
  readonly recipe: Recipe;
  readonly wanted: readonly BinaryName[];
  readonly folder: string;
  readonly output: Output;
  readonly environment: NodeJS.ProcessEnv;
  readonly clock: Clock;
}

async function ensureBuilt(build: Build): Promise<void> {
  const { recipe, wanted, folder, output, clock } = build;
  const missing = () => wanted.filter((name) => !existsSync(join(folder, name)));
  if (missing().length === 0) return;
  await mkdir(folder, { recursive: true });
  using _lock = await acquireLock(`${folder}.lock`, {
    clock,
    patience: minutes(60),
    onWait: () => output.write(`${recipe.name} ${recipe.version} is being built by another process: waiting for it\n`),
  });
  await buildMissing({ ...build, wanted: missing() });
}

/** Builds into a folder beside the cache's and moves each program when it is complete, so the cache never holds half of one. */
async function buildMissing({ recipe, wanted, folder, output, environment, clock }: Build): Promise<void> {
  if (wanted.length === 0) return;
  await requireGo(recipe.folder, recipe.go, environment, recipe.toolchain);
  await removeAbandoned(folder);
  const title = `building ${wanted.join(', ')} ${recipe.version}`;
  output.write(`${title} with Go: this takes minutes, once; kept in ${folder}\n`);
  const into = await mkdtemp(`${folder}.building-`);
  try {
    using progress = showProgress(title, output, clock);
    const { folder: module, stamps, toolchain } = recipe;
    await make(wanted, { module, stamps, toolchain, into, environment, onActivity: progress.update });
    for (const name of wanted) await rename(join(into, name), join(folder, name));
  } finally {
    await rm(into, { recursive: true, force: true });
  }
}

/** Makes each of them below `into`, by its name. */
async function make(wanted: readonly BinaryName[], build: Omit<GoInstall, 'packages'>): Promise<void> {
  const named = wanted.map((name): { name: BinaryName; program: Program } => ({ name, program: programs[name] }));
  const packages = named.flatMap(({ program }) => ('package' in program ? [program.package] : []));
  if (packages.length > 0) await goInstall({ ...build, packages });
  for (const { name, program } of named) {
    const made = join(build.into, name);
    if ('package' in program) await rename(join(build.into, program.installedAs), made);
    else await copyExecutable(join(await sourcesOf(program.module, build), program.file), made);
  }
}

/** Files of a module have lost the right to be executed. */
async function copyExecutable(from: string, to: string): Promise<void> {
  await copyFile(from, to);
  await chmod(to, 0o755);
}

/** Removes what a killed build left. Only for the holder of the lock. */
async function removeAbandoned(folder: string): Promise<void> {
  const abandoned = (await readdir(dirname(folder))).filter((name) => name.startsWith(`${basename(folder)}.building-`));
  await Promise.all(abandoned.map((name) => rm(join(dirname(folder), name), { recursive: true, force: true })));
}
