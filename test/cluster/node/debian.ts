import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { promisify } from 'node:util';
import { minutes } from '../../../operator/clock.ts';
import type { Output } from '../progress.ts';

const run = promisify(execFile);

/** What a node and its images need of Debian: a file of each package, to tell whether it is there. */
const packages: Readonly<Record<string, string>> = {
  buildah: '/usr/bin/buildah',
  containerd: '/usr/bin/containerd',
  'containernetworking-plugins': '/usr/lib/cni/bridge',
  gcc: '/usr/bin/gcc',
  iproute2: '/usr/bin/ip',
  iptables: '/usr/sbin/iptables',
  'libc6-dev': '/usr/include/stdio.h',
  runc: '/usr/sbin/runc',
};

/** Another installation on the machine is waited for. */
const options = ['-o', 'DPkg::Lock::Timeout=600', '--yes', '--no-install-recommends', '--quiet=2'];

/**
 * Makes sure that the packages are there, and installs those that are missing.
 * @throws with what to do when it cannot.
 */
export async function ensureDebianPackages(output: Output): Promise<void> {
  const missing = Object.keys(packages).filter((name) => !existsSync(packages[name] ?? ''));
  const list = missing.join(' ');
  if (process.getuid?.() !== 0) throw new Error('A real node makes namespaces and control groups: run this as root.');
  if (missing.length === 0) return;
  if (!existsSync('/usr/bin/apt-get')) {
    throw new Error(
      `A real node needs what Debian has in the packages ${list}, and this machine has no apt-get: install that yourself.`,
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
    throw new Error(`The packages ${list} could not be installed. ${advice}`, { cause: error });
  }
}
