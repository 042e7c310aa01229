import { installDebianPackages } from '../debian.ts';
import type { Output } from '../progress.ts';

/** What a node and its images need of Debian. */
const packages = {
  buildah: '/usr/bin/buildah',
  containerd: '/usr/bin/containerd',
  'containernetworking-plugins': '/usr/lib/cni/bridge',
  gcc: '/usr/bin/gcc',
  iproute2: '/usr/bin/ip',
  ipset: '/usr/sbin/ipset',
  iptables: '/usr/sbin/iptables',
  'libc6-dev': '/usr/include/stdio.h',
  runc: '/usr/sbin/runc',
};

/**
 * Makes sure that the packages of a node are there, and installs those that are missing.
 * @throws with what to do when it cannot.
 */
export async function ensureDebianPackages(output: Output): Promise<void> {
  if (process.getuid?.() !== 0) throw new Error('A real node makes namespaces and control groups: run this as root.');
  await installDebianPackages(packages, 'A real node', output);
}
