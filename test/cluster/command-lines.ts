import { join } from 'node:path';
import { authenticationFile } from './authentication.ts';
import { pkiPath } from './pki.ts';
import type { Ports } from './ports.ts';

/** Where one control plane keeps its files, and the ports that it listens on. */
export interface Layout {
  readonly directory: string;
  /** The address of the API server; everything else is on loopback. */
  readonly address: string;
  readonly ports: Ports;
}

/** A program of the control plane. */
export type ComponentName = 'etcd' | 'kube-apiserver' | 'kube-controller-manager';

/** Where nobody but this machine reaches it. */
export const loopback = '127.0.0.1';

const httpsUrl = (port: number, address = loopback) => `https://${address}:${port}`;

/** The address of the API server. */
export const apiServerUrl = ({ address, ports }: Layout) => httpsUrl(ports.apiServer, address);

/** The address at which etcd has clients. */
export const etcdUrl = ({ ports }: Layout) => httpsUrl(ports.etcd);

/** The kubeconfig of the controller manager. */
export const controllerManagerKubeconfig = (directory: string) => join(directory, 'controller-manager.kubeconfig');

/** The command line of each program: `--name=value`, in the order in which the programs start. */
export const commandLines: Record<ComponentName, (layout: Layout) => readonly string[]> = {
  etcd: ({ directory, ports }) =>
    flags({
      name: 'default',
      'data-dir': join(directory, 'etcd'),
      'listen-client-urls': httpsUrl(ports.etcd),
      'advertise-client-urls': httpsUrl(ports.etcd),
      'listen-peer-urls': httpsUrl(ports.etcdPeer),
      'initial-advertise-peer-urls': httpsUrl(ports.etcdPeer),
      'initial-cluster': `default=${httpsUrl(ports.etcdPeer)}`,
      'cert-file': pkiPath(directory, 'etcd.crt'),
      'key-file': pkiPath(directory, 'etcd.key'),
      'trusted-ca-file': pkiPath(directory, 'etcd-ca.crt'),
      'client-cert-auth': true,
      'peer-cert-file': pkiPath(directory, 'etcd.crt'),
      'peer-key-file': pkiPath(directory, 'etcd.key'),
      'peer-trusted-ca-file': pkiPath(directory, 'etcd-ca.crt'),
      'peer-client-cert-auth': true,
      // The data is gone with the run anyway.
      'unsafe-no-fsync': true,
    }),

  'kube-apiserver': ({ directory, address, ports }) =>
    flags({
      'bind-address': address,
      'secure-port': ports.apiServer,
      'advertise-address': address,
      // An endpoint must not be a loopback address: the reconciler would refuse it.
      'endpoint-reconciler-type': address === loopback ? 'none' : 'lease',
      'service-cluster-ip-range': '10.96.0.0/16',
      'tls-cert-file': pkiPath(directory, 'apiserver.crt'),
      'tls-private-key-file': pkiPath(directory, 'apiserver.key'),
      'client-ca-file': pkiPath(directory, 'ca.crt'),
      'authentication-config': authenticationFile(directory),
      'authorization-mode': 'Node,RBAC',
      'enable-admission-plugins': 'NodeRestriction',
      'etcd-servers': httpsUrl(ports.etcd),
      'etcd-cafile': pkiPath(directory, 'etcd-ca.crt'),
      'etcd-certfile': pkiPath(directory, 'apiserver-etcd-client.crt'),
      'etcd-keyfile': pkiPath(directory, 'apiserver-etcd-client.key'),
      'service-account-issuer': 'https://kubernetes.default.svc.cluster.local',
      'service-account-key-file': pkiPath(directory, 'service-account.pub'),
      'service-account-signing-key-file': pkiPath(directory, 'service-account.key'),
      'requestheader-client-ca-file': pkiPath(directory, 'front-proxy-ca.crt'),
      'requestheader-allowed-names': 'front-proxy-client',
      'requestheader-username-headers': 'X-Remote-User',
      'requestheader-group-headers': 'X-Remote-Group',
      'requestheader-extra-headers-prefix': 'X-Remote-Extra-',
      'proxy-client-cert-file': pkiPath(directory, 'front-proxy-client.crt'),
      'proxy-client-key-file': pkiPath(directory, 'front-proxy-client.key'),
      // For logs and exec, where there is a node: nobody resolves its name.
      'kubelet-preferred-address-types': 'InternalIP',
      'kubelet-client-certificate': pkiPath(directory, 'apiserver-kubelet-client.crt'),
      'kubelet-client-key': pkiPath(directory, 'apiserver-kubelet-client.key'),
    }),

  'kube-controller-manager': ({ directory }) =>
    flags({
      kubeconfig: controllerManagerKubeconfig(directory),
      'leader-elect': false,
      // Nobody reads its metrics, and a port that does not exist cannot collide.
      'secure-port': 0,
      'use-service-account-credentials': true,
      // It makes an account and a token for each of its controllers first: with the default of 20 calls a second, that is
      // half of the time until the control plane is ready.
      'kube-api-qps': 500,
      'kube-api-burst': 1000,
      'root-ca-file': pkiPath(directory, 'ca.crt'),
      'service-account-private-key-file': pkiPath(directory, 'service-account.key'),
      'cluster-signing-cert-file': pkiPath(directory, 'ca.crt'),
      'cluster-signing-key-file': pkiPath(directory, 'ca.key'),
      // Default: a folder below /usr, which it would make.
      'flex-volume-plugin-dir': join(directory, 'flexvolume'),
    }),
};

function flags(values: Readonly<Record<string, string | number | boolean>>): string[] {
  return Object.entries(values).map(([name, value]) => `--${name}=${value}`);
}
