import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { promisify } from 'node:util';
import { minutes } from '../../operator/clock.ts';
import type { Output } from './progress.ts';

const run = promisify(execFile);

/** Packages of Debian, each with a file by which to tell whether it is there. */
export type DebianPackages = Readonly<Record<string, string>>;

/** Another installation on the machine is waited for. */
const options = ['-o', 'DPkg::Lock::Timeout=600', '--yes', '--no-install-recommends', '--quiet=2'];

/**
 * Makes sure that the packages are there, and installs those that are missing. `whose` needs them: the beginning of the
 * message when it cannot.
 * @throws with what to do when it cannot.
 */
export async function installDebianPackages(packages: DebianPackages, whose: string, output: Output): Promise<void> {
  const missing = Object.keys(packages).filter((name) => !existsSync(packages[name] ?? ''));
  const list = missing.join(' ');
  if (missing.length === 0) return;
  if (!existsSync('/usr/bin/apt-get')) {
    throw new Error(
      `${whose} needs what Debian has in the packages ${list}, and this machine has no apt-get: install that yourself.`,
    );
  }
  output.write(`installing packages of Debian: ${list}\n`);
  const environment = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const apt = (...args: string[]) => run('apt-get', [...options, ...args], { env: environment, timeout: minutes(15) });
  try {
    // Lists that are old name versions that are gone.
    await apt('install', ...missing).catch(() => apt('update').then(() => apt('install', ...missing)));
  } catch (error) {
    const advice = `Install them yourself (apt-get install ${list}), or give this machine a way to a mirror of Debian.`;
    throw new Error(`${whose} needs the packages ${list}, which could not be installed. ${advice}`, { cause: error });
  }
}
