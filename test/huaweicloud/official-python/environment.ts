import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { minutes, systemClock } from '../../../operator/clock.ts';
import { cacheFolder } from '../../cluster/binaries.ts';
import { acquireLock } from '../../cluster/lock.ts';

const requirements = join(import.meta.dirname, 'requirements.txt');
/** The oldest Python that every pinned package takes. */
const oldest = '3.10';
const remedy = `Install Python ${oldest} or newer with its venv module, so that "python3 -m venv" works (Debian and Ubuntu: apt-get install python3 python3-venv; Alpine: apk add python3; others: python3).`;

export interface Surroundings {
  readonly environment: NodeJS.ProcessEnv;
  readonly output: { write(text: string): unknown };
}

/**
 * Gives the Python of a virtual environment that holds Huawei's own clients, and makes that environment when the cache does
 * not hold it: half a minute the first time. Several processes may ask at once; one makes it. Packages come from the index
 * that pip is configured for, and only with the hashes of `requirements.txt`.
 * @throws with what to install, when there is no Python that can do it or no index that has the packages.
 */
export async function officialPython(
  { environment, output }: Surroundings = { environment: process.env, output: process.stderr },
): Promise<string> {
  const { version, prefix } = await systemPython(environment);
  const parts = [await readFile(requirements, 'utf8'), version, prefix, process.platform, process.arch];
  const key = createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 8);
  const folder = join(cacheFolder(environment), `official-python-clients-${key}`);
  const complete = join(folder, 'complete');
  await mkdir(dirname(folder), { recursive: true });
  if (!existsSync(complete)) {
    const patience = minutes(10);
    using _lock = await acquireLock(`${folder}.lock`, { clock: systemClock, patience });
    if (!existsSync(complete)) {
      output.write(`installing Huawei's Python clients: this takes half a minute, once; kept in ${folder}\n`);
      await install(folder, environment);
      await writeFile(complete, version);
    }
  }
  return join(folder, 'bin', 'python');
}

/** The machine's own Python: its version, and where it lies, since a virtual environment points there. */
async function systemPython(environment: NodeJS.ProcessEnv): Promise<{ version: string; prefix: string }> {
  const script = 'import sys; print(sys.version.split()[0]); print(sys.base_prefix)';
  const result = await run('python3', ['-c', script], environment);
  if (!result.succeeded)
    throw new Error(`The tests with Huawei's Python clients need python3. ${remedy}\n${result.end}`);
  const [version = '', prefix = ''] = result.text.split('\n');
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [oldestMajor = 0, oldestMinor = 0] = oldest.split('.').map(Number);
  if (major < oldestMajor || (major === oldestMajor && minor < oldestMinor)) {
    throw new Error(`python3 is ${version}, too old for Huawei's clients as they are pinned. ${remedy}`);
  }
  return { version, prefix };
}

async function install(folder: string, environment: NodeJS.ProcessEnv): Promise<void> {
  const made = await run('python3', ['-m', 'venv', '--clear', folder], environment);
  if (!made.succeeded) throw new Error(`python3 could not make a virtual environment. ${remedy}\n${made.end}`);
  const pip = ['-m', 'pip', 'install', '--quiet', '--no-input', '--disable-pip-version-check'];
  // Wheels only: nothing of a package runs here before its hash was checked, and no compiler is needed.
  const pinned = ['--require-hashes', '--only-binary', ':all:', '--requirement', requirements];
  const installed = await run(join(folder, 'bin', 'python'), [...pip, ...pinned], environment);
  if (installed.succeeded) return;
  throw new Error(
    `pip could not install Huawei's clients. It needs a package index for Python that it can reach and that has the packages of ${requirements}: name one in pip.conf or in PIP_INDEX_URL.\n${installed.end}`,
  );
}

type Result = { readonly succeeded: true; readonly text: string } | { readonly succeeded: false; readonly end: string };

const execute = promisify(execFile);

async function run(command: string, args: readonly string[], environment: NodeJS.ProcessEnv): Promise<Result> {
  try {
    return { succeeded: true, text: (await execute(command, args, { env: environment })).stdout };
  } catch (error) {
    return { succeeded: false, end: String(error).split('\n').slice(-15).join('\n') };
  }
}
