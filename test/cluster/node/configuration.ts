import { network } from './network.ts';

/** Where the files of a node are. All but the sockets in /run, which the node has to itself. */
export interface NodeLayout {
  /** Holds everything of the node. */
  readonly folder: string;
  /** The control group of all its pods. */
  readonly group: string;
  /** The file with the certificate of the authority whose clients the kubelet lets in. */
  readonly clientAuthority: string;
  /** The kubeconfig of kube-proxy. */
  readonly proxyKubeconfig: string;
}

export const nodeName = 'node-1';
export const runtimeSocket = '/run/containerd/containerd.sock';
/** As the kubelet of this release names it. */
export const pauseImage = 'registry.k8s.io/pause:3.10.2';

/** The configuration of the kubelet. Source: https://kubernetes.io/docs/reference/config-api/kubelet-config.v1beta1/ */
export const kubeletConfiguration = ({ folder, group, clientAuthority }: NodeLayout) => ({
  apiVersion: 'kubelet.config.k8s.io/v1beta1',
  kind: 'KubeletConfiguration',
  containerRuntimeEndpoint: `unix://${runtimeSocket}`,
  authentication: {
    anonymous: { enabled: false },
    webhook: { enabled: true },
    x509: { clientCAFile: clientAuthority },
  },
  authorization: { mode: 'Webhook' },
  // Machines without systemd, and with the older control groups, must do.
  cgroupDriver: 'cgroupfs',
  failCgroupV1: false,
  cgroupRoot: `/${group}`,
  oomScoreAdj: 0,
  failSwapOn: false,
  // There are no names to resolve: pods reach the API server and the cloud by address.
  resolvConf: '',
  volumePluginDir: `${folder}/volume-plugins`,
  // Disks of machines that run tests are full, and the node lives for minutes.
  evictionHard: {
    'imagefs.available': '0%',
    'nodefs.available': '0%',
    'nodefs.inodesFree': '0%',
    'memory.available': '1Mi',
  },
  imageGCHighThresholdPercent: 100,
  imageGCLowThresholdPercent: 99,
  // What a test waits for.
  nodeStatusUpdateFrequency: '2s',
  syncFrequency: '10s',
  registryPullQPS: 0,
  eventRecordQPS: 0,
});

/** The configuration of kube-proxy. Source: https://kubernetes.io/docs/reference/config-api/kube-proxy-config.v1alpha1/ */
export const proxyConfiguration = ({ proxyKubeconfig }: NodeLayout) => ({
  apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
  kind: 'KubeProxyConfiguration',
  clientConnection: { kubeconfig: proxyKubeconfig },
  mode: 'iptables',
  clusterCIDR: network.pods,
  hostnameOverride: nodeName,
  healthzBindAddress: '127.0.0.1:10256',
  metricsBindAddress: '127.0.0.1:10249',
  // They belong to the machine.
  conntrack: { maxPerCore: 0, min: 0, tcpEstablishedTimeout: '0s', tcpCloseWaitTimeout: '0s' },
});

/** How pods come to their addresses. Source: https://www.cni.dev/plugins/current/main/bridge/ */
export const podNetwork = {
  cniVersion: '1.0.0',
  name: 'pods',
  plugins: [
    {
      type: 'bridge',
      bridge: 'cni0',
      isGateway: true,
      hairpinMode: true,
      ipam: { type: 'host-local', ranges: [[{ subnet: network.pods }]], routes: [{ dst: '0.0.0.0/0' }] },
    },
  ],
};

/** The configuration of containerd, TOML. Source: https://github.com/containerd/containerd/blob/v1.6.20/docs/cri/config.md */
export const containerdConfiguration = ({ folder }: NodeLayout) => `version = 2
root = "${folder}/containerd"
state = "/run/containerd"
disabled_plugins = [
  "io.containerd.snapshotter.v1.aufs",
  "io.containerd.snapshotter.v1.btrfs",
  "io.containerd.snapshotter.v1.devmapper",
  "io.containerd.snapshotter.v1.zfs",
  "io.containerd.internal.v1.opt",
  "io.containerd.tracing.processor.v1.otlp",
]
[grpc]
address = "${runtimeSocket}"
[plugins."io.containerd.grpc.v1.cri"]
sandbox_image = "${pauseImage}"
# A process in a container may lack the right to lower it.
restrict_oom_score_adj = true
netns_mounts_under_state_dir = true
[plugins."io.containerd.grpc.v1.cri".containerd]
snapshotter = "overlayfs"
[plugins."io.containerd.grpc.v1.cri".cni]
bin_dir = "/usr/lib/cni"
conf_dir = "${folder}/network.d"
`;
