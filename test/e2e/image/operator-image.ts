import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { minutes, systemClock } from '../../../operator/clock.ts';
import { cacheFolder } from '../../cluster/binaries.ts';
import { acquireLock } from '../../cluster/lock.ts';
import { basesKey, makeBases } from './bases.ts';
import { type Buildah, openBuildah } from './buildah.ts';
import { makePauseImage } from './pause.ts';

const run = promisify(execFile);
const root = join(import.meta.dirname, '..', '..', '..');

/** Builds images with what earlier runs left of them. Disposing of it lets others build. */
export interface Images extends AsyncDisposable {
  readonly buildah: Buildah;
  /** Builds the operator's image with what is kept of its dependencies, and gives its id. */
  quickly(tag: string): Promise<string>;
  /** Builds it from nothing, out of a copy of the sources somewhere else, and gives its id. */
  fromNothing(tag: string): Promise<string>;
}

/** Opens the images of this machine; the bases, and the image of pods, are made the first time. */
export async function openImages(): Promise<Images> {
  await using parts = new AsyncDisposableStack();
  const cache = cacheFolder(process.env);
  await mkdir(cache, { recursive: true });
  parts.use(await acquireLock(join(cache, 'images.lock'), { clock: systemClock, patience: minutes(30) }));
  const lockfile = await readFile(join(root, 'package-lock.json'));
  const key = createHash('sha256')
    .update(lockfile)
    .update(await basesKey())
    .digest('hex')
    .slice(0, 8);
  const folder = join(cache, `images-${key}`);
  await mkdir(folder, { recursive: true });
  const buildah = parts.use(await openBuildah(join(folder, 'storage')));
  // Of builds that were killed.
  await buildah.run('rm', '--all');
  const stamp = join(folder, 'bases');
  if (!existsSync(stamp)) {
    await makeBases(buildah);
    await makePauseImage(buildah);
    await writeFile(stamp, '');
  }
  const scratch = await mkdtemp(join(tmpdir(), 'dcc-operator-image-'));
  parts.defer(() => rm(scratch, { recursive: true, force: true }));
  const packages = await offlinePackages(scratch);
  const dockerfile = join(root, 'Dockerfile');
  const open = parts.move();
  return {
    buildah,
    quickly: async (tag) => {
      const context = join(scratch, 'kept');
      await copySources(context);
      // What is kept counts as the same by modes and times, too: those of a fresh clone are always others.
      await run('chmod', ['-R', 'u=rwX,go=rX', context]);
      await run('find', [context, '-exec', 'touch', '--date=@0', '{}', '+']);
      const stage = 'localhost/dcc-operator-build';
      const options = [...packages, '--layers', '--target=build'];
      await withPackages(() => buildah.build({ context, dockerfile, tag: stage, options }));
      return buildah.build({ context, dockerfile, tag, options: [`--build-context=build=container-image://${stage}`] });
    },
    fromNothing: async (tag) => {
      const context = join(scratch, 'sources');
      await copySources(context);
      // As by somebody whose umask is another.
      await run('chmod', ['-R', 'go=', context]);
      return withPackages(() => buildah.build({ context, dockerfile, tag, options: [...packages, '--no-cache'] }));
    },
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  };
}

/** Copies what a build sees. */
async function copySources(to: string): Promise<void> {
  const rules = await readFile(join(root, '.dockerignore'), 'utf8');
  const names = [...rules.matchAll(/^!(.+)$/gm)].flatMap(([, name]) => name ?? []);
  for (const name of ['.dockerignore', ...names]) await cp(join(root, name), join(to, name), { recursive: true });
}

/** Options by which npm, in the build, takes packages from the cache of this machine's npm. */
async function offlinePackages(scratch: string): Promise<string[]> {
  const settings = join(scratch, 'npmrc');
  await writeFile(settings, 'offline=true\naudit=false\nfund=false\n');
  const { stdout } = await run('npm', ['config', 'get', 'cache'], { cwd: root });
  const cache = stdout.trim() || join(homedir(), '.npm');
  return [`--volume=${settings}:/root/.npmrc:ro`, `--volume=${cache}:/root/.npm`];
}

/** Builds once more when packages were missing, after npm has fetched them the way this machine is set up for. */
async function withPackages(build: () => Promise<string>): Promise<string> {
  try {
    return await build();
  } catch (error) {
    if (!String(error).includes('ENOTCACHED')) throw error;
    await fetchPackages();
    return build();
  }
}

async function fetchPackages(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'dcc-operator-packages-'));
  try {
    for (const name of ['package.json', 'package-lock.json', '.npmrc']) await cp(join(root, name), join(folder, name));
    await run('npm', ['ci', '--ignore-scripts', '--prefer-offline'], { cwd: folder, timeout: minutes(10) });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
