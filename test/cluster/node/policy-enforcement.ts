import { join } from 'node:path';
import { type Component, startComponent } from '../component.ts';
import { nodeName } from './configuration.ts';
import { within } from './namespaces.ts';

/** A node that has registered itself. */
export interface RegisteredNode {
  /** A process in its namespaces. */
  readonly pid: number;
  /** Holds its files. */
  readonly folder: string;
  readonly kubeconfig: string;
}

/**
 * Has network policies enforced by kube-router; the pod network itself knows none. They take effect a moment after a policy or a
 * pod is there, and connections that are open stay open, as in clusters that use it.
 * Source: https://www.kube-router.io/docs/user-guide/
 */
export function enforceNetworkPolicies(kubeRouter: string, node: RegisteredNode): Promise<Component> {
  const { pid, folder, kubeconfig } = node;
  const args = [
    `--kubeconfig=${kubeconfig}`,
    `--hostname-override=${nodeName}`,
    '--run-firewall=true',
    '--run-router=false',
    '--run-service-proxy=false',
    '--enable-cni=false',
    '--health-port=0',
  ];
  return startComponent({
    ...within(pid, { file: kubeRouter, args }),
    name: 'kube-router',
    directory: folder,
    logFile: join(folder, 'logs', 'kube-router.log'),
    // Where iptables and ipset are.
    environment: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
  });
}
