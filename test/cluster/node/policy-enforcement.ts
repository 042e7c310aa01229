import { join } from 'node:path';
import { ensureBinaries } from '../binaries.ts';
import { startComponent } from '../component.ts';
import { nodeName } from './configuration.ts';
import { onNode, within } from './namespaces.ts';

/** The node whose pods are kept to their network policies. */
export interface PolicedNode {
  /** A process in its namespaces. */
  readonly pid: number;
  /** Holds its files. */
  readonly folder: string;
  readonly kubeconfig: string;
}

/** Packets between pods of one node pass a bridge, and go by these rules only when told to. */
const start = 'echo 1 > /proc/sys/net/bridge/bridge-nf-call-iptables; echo $$ > "$0"; exec "$@"';
/** Its own `--cleanup-config` leaves these rules in place. */
const stop =
  'kill "$(cat "$0")"; for chain in INPUT FORWARD OUTPUT; do iptables --wait --flush "KUBE-ROUTER-$chain"; done';

/**
 * Has network policies enforced by kube-router, until this is disposed of; the pod network itself knows none. What a new pod or
 * policy needs takes effect a moment after it is there, and connections that are open stay open, as in clusters that use it.
 * Source: https://www.kube-router.io/docs/user-guide/
 */
export async function enforceNetworkPolicies({ pid, folder, kubeconfig }: PolicedNode): Promise<AsyncDisposable> {
  const { 'kube-router': file } = await ensureBinaries(['kube-router']);
  const pidFile = join(folder, 'kube-router.pid');
  const flags = [
    `--kubeconfig=${kubeconfig}`,
    `--hostname-override=${nodeName}`,
    '--run-firewall=true',
    '--run-router=false',
    '--run-service-proxy=false',
    '--enable-cni=false',
    '--health-port=0',
  ];
  const component = await startComponent({
    ...within(pid, { file: 'sh', args: ['-c', start, pidFile, file, ...flags] }),
    name: 'kube-router',
    directory: folder,
    logFile: join(folder, 'logs', 'kube-router.log'),
    environment: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
  });
  return {
    [Symbol.asyncDispose]: async () => {
      await onNode(pid, 'sh', '-c', stop, pidFile);
      await component.ended;
    },
  };
}
