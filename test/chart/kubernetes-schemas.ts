import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { minutes, systemClock } from '../../operator/clock.ts';
import { cacheFolder } from '../cluster/binaries.ts';
import { acquireLock } from '../cluster/lock.ts';

const run = promisify(execFile);
const requirements = join(import.meta.dirname, 'kubernetes-schemas.txt');

/** The releases of Kubernetes that the chart is for. */
export const releases = ['1.32', '1.33', '1.34', '1.35', '1.36'] as const;

/**
 * Gives a folder with the strict schemas of these releases, as `<release>/<kind>-<group>-<version>.json`, from a package with a pinned
 * hash; made once for this version, and kept in the cache.
 * @throws with what to install when Python or its package index is missing.
 */
export async function kubernetesSchemas(environment: NodeJS.ProcessEnv = process.env): Promise<string> {
  const wanted = [await readFile(requirements, 'utf8'), ...releases].join('\n');
  const key = createHash('sha256').update(wanted).digest('hex').slice(0, 8);
  const folder = join(cacheFolder(environment), `kubernetes-schemas-${key}`);
  await mkdir(cacheFolder(environment), { recursive: true });
  if (existsSync(folder)) return folder;
  using _lock = await acquireLock(`${folder}.lock`, { clock: systemClock, patience: minutes(10) });
  if (!existsSync(folder)) await fetchInto(folder);
  return folder;
}

/** Fetches into a folder beside it and moves that when it is complete: the cache never holds half of it. */
async function fetchInto(folder: string): Promise<void> {
  const into = await mkdtemp(`${folder}.making-`);
  try {
    const pip = ['-m', 'pip', 'download', '--quiet', '--disable-pip-version-check', '--no-deps', '--no-input'];
    await run('python3', [...pip, '--require-hashes', '--requirement', requirements, '--dest', into]).catch(explain);
    const [wheel = ''] = await readdir(into);
    const unpacked = join(into, 'unpacked');
    await run('python3', ['-m', 'zipfile', '-e', join(into, wheel), unpacked]);
    const made = join(into, 'made');
    for (const release of releases) {
      const source = join(unpacked, 'kubernetes_validate/kubernetes-json-schema', `v${release}.0-local-strict`);
      await copyResolvable(source, join(made, release));
    }
    await rename(made, folder);
  } finally {
    await rm(into, { recursive: true, force: true });
  }
}

/** Their ids and references are of a site that they were not fetched from: without ids, references lead to the file beside. */
async function copyResolvable(source: string, target: string): Promise<void> {
  await mkdir(target, { recursive: true });
  for (const name of await readdir(source)) {
    const text = await readFile(join(source, name), 'utf8');
    const { $id: _, ...schema } = JSON.parse(text.replaceAll('"/api/_definitions.json#', '"_definitions.json#'));
    await writeFile(join(target, name), JSON.stringify(schema));
  }
}

function explain(error: unknown): never {
  const remedy =
    'install python3 with pip, and let pip reach an index that has the package (pip.conf, or PIP_INDEX_URL)';
  throw new Error(`The schemas of Kubernetes could not be fetched; ${remedy}: ${error}`, { cause: error });
}
