import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cp, mkdir, mkdtemp, readdir, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import type { Buildah } from './buildah.ts';

const run = promisify(execFile);
const root = join(import.meta.dirname, '..', '..', '..');

/** What Node needs to run. */
const runtimePackages = [
  'base-files',
  'ca-certificates',
  'gcc-12-base',
  'libatomic1',
  'libc6',
  'libgcc-s1',
  'libstdc++6',
  'netbase',
  'tzdata',
];
/** What a build needs besides: a shell, and the commands that are called from one. */
const buildPackages = ['coreutils', 'dash', 'libacl1', 'libattr1', 'libgmp10', 'libpcre2-8-0', 'libselinux1'];

/** The bases that the Dockerfile names. */
export const bases = {
  build: 'docker.io/library/node:24-trixie-slim',
  runtime: 'gcr.io/distroless/nodejs24-debian13:nonroot',
} as const;

const users = 'root:x:0:0:root:/root:/bin/sh\nnonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin\n';
const groups = 'root:x:0:\nnonroot:x:65532:\n';
const dockerfile = 'FROM scratch\nCOPY . /\n';

/** Changes with all that goes into the bases, and how. */
export async function basesKey(): Promise<string> {
  const node = await readFile(join(root, 'node_modules', nodePackage, 'package.json'), 'utf8');
  const parts = [await readFile(import.meta.filename, 'utf8'), node, await npmFolder()];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 8);
}

/**
 * Makes the bases of the Dockerfile under their names, since no registry can be asked: the same Node, from npm, on packages of the
 * Debian that this machine has its own from. They stand for what a build elsewhere pulls, and are not the same bytes.
 */
export async function makeBases(buildah: Buildah): Promise<void> {
  const scratch = await mkdtemp(join(tmpdir(), 'dcc-operator-bases-'));
  try {
    const packages = join(scratch, 'packages');
    await download(packages);
    const node = join(root, 'node_modules', nodePackage, 'bin', 'node');
    const runtime = join(scratch, 'runtime');
    await unpack(packages, runtimePackages, runtime);
    // The real one has no program of the packages.
    for (const programs of ['bin', 'sbin', 'usr/bin', 'usr/sbin', 'etc/update-motd.d', 'usr/share/doc'])
      await rm(join(runtime, programs), { recursive: true, force: true });
    await cp(node, join(await made(runtime, 'nodejs/bin'), 'node'));
    const build = join(scratch, 'build');
    await unpack(packages, [...runtimePackages, ...buildPackages], build);
    await cp(node, join(await made(build, 'usr/local/bin'), 'node'));
    await cp(await npmFolder(), await made(build, 'usr/local/lib/node_modules/npm'), { recursive: true });
    await symlink('../lib/node_modules/npm/bin/npm-cli.js', join(build, 'usr/local/bin/npm'));
    await writeFile(join(scratch, 'Dockerfile'), dockerfile);
    for (const [name, context] of Object.entries({ runtime, build })) {
      const tag = name === 'runtime' ? bases.runtime : bases.build;
      await buildah.build({ context, dockerfile: join(scratch, 'Dockerfile'), tag });
    }
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

const nodePackage = `node-linux-${process.arch}`;

async function made(folder: string, path: string): Promise<string> {
  await mkdir(join(folder, path), { recursive: true });
  return join(folder, path);
}

/** By apt, so from where and with what proof this machine is set up for. */
async function download(into: string): Promise<void> {
  await mkdir(into);
  const get = () => run('apt-get', ['download', '--quiet=2', ...runtimePackages, ...buildPackages], { cwd: into });
  await get().catch(() => run('apt-get', ['update', '--quiet=2']).then(get));
}

async function unpack(packages: string, names: readonly string[], into: string): Promise<void> {
  await mkdir(join(into, 'root'), { recursive: true });
  for (const file of await readdir(packages)) {
    if (names.some((name) => file.startsWith(`${name}_`)))
      await run('dpkg-deb', ['--extract', join(packages, file), into]);
  }
  await writeFile(join(into, 'etc/passwd'), users);
  await writeFile(join(into, 'etc/group'), groups);
}

/** The npm of this machine. */
async function npmFolder(): Promise<string> {
  const { stdout } = await run('sh', ['-c', 'command -v npm']);
  const folder = dirname(dirname(await realpath(stdout.trim())));
  z.object({ name: z.literal('npm') }).parse(JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')));
  return folder;
}
