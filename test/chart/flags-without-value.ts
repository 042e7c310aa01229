/** Flags of the operator that no value of the chart is for, and why; `extraArgs` can give them all the same. */
export const flagsWithoutValue: Readonly<Record<string, string>> = {
  kubeconfig: 'in a cluster the service account is used',
  'look-again-after': 'its default suits the cloud; shorter is less safe, longer only slower',
  'call-timeout':
    'goes with --lease-duration, --shutdown-timeout and the grace period of the pod, which suit each other',
  'lease-duration': 'goes with --call-timeout',
  'shutdown-timeout': 'goes with the grace period of the pod, which the chart sets',
  'unready-after': 'goes with what the API server and the alerts do, not with an installation',
  'signature-lifetime': 'is what the gateway of the cloud does; only a simulated one does otherwise',
  'clock-bound': 'is what the protocol rests on; more makes it slower, less is unsafe',
  'halt-config-map': 'is called after the release, which has the right to read that one alone',
  'lease-name': 'is called after the release, which has the right to write that one alone',
  'lease-namespace': "the pod's, where the right to it is",
  'leader-election': 'Off is for one process alone, and a Deployment has two while it rolls',
  'health-address': 'the probes, the metrics and the network policy go by the port',
  'before-uninstall': 'the flag of the hook (uninstallGuard)',
  check: 'the flag of the init container (preflight)',
  'check-output': 'how --check prints is for whoever runs it',
  'check-region': 'the init container looks at the regions of the DCCServers',
  'check-timeout': 'the init container is started again when it fails',
};
