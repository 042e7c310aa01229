import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { onNode } from './namespaces.ts';

const run = promisify(execFile);

/**
 * Addresses for benchmarks, which no network uses (RFC 2544). There is one node on a machine at a time, so they are always the
 * same.
 */
export const network = {
  /** This machine, as the node and its pods reach it: the API server, and whatever a test lets listen there. */
  machine: '198.18.77.1',
  node: '198.18.77.2',
  /** Of the link between the two. */
  prefix: 30,
  pods: '198.18.78.0/24',
} as const;

const link = 'dcc-node';

/** Connects the network namespace of the process `pid` with this machine. The link goes with the namespace. */
export async function connectNode(pid: number): Promise<void> {
  const { machine, node, prefix, pods } = network;
  const outside = (...args: string[]) => run('ip', args);
  const inside = (...args: string[]) => onNode(pid, 'ip', ...args);
  // Of a node whose end is not over yet.
  await outside('link', 'delete', link).catch(() => undefined);
  await outside('link', 'add', link, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', String(pid));
  await outside('address', 'add', `${machine}/${prefix}`, 'dev', link);
  await outside('link', 'set', link, 'up');
  await inside('link', 'set', 'lo', 'up');
  await inside('address', 'add', `${node}/${prefix}`, 'dev', 'eth0');
  await inside('link', 'set', 'eth0', 'up');
  await inside('route', 'add', 'default', 'via', machine);
  await outside('route', 'add', pods, 'via', node);
  // Pods on one node talk over a bridge, which iptables sees only when told to. Many kernels have that without a module.
  await outside('modprobe', 'br_netfilter').catch(() => undefined);
  const settings = ['net/ipv4/ip_forward', 'net/bridge/bridge-nf-call-iptables'];
  await onNode(pid, 'sh', '-c', settings.map((name) => `echo 1 > /proc/sys/${name}`).join(' && '));
}
