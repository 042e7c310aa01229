import { expect } from 'vitest';

/** Values of the chart, as `helm --set` takes them. */
export type Settings = Readonly<Record<string, string>>;

/** What one value is seen to do: it is set beside what it needs (`given`), and the rendering is compared with that of `given` alone. */
export interface ValueCase {
  readonly value: string;
  readonly set: Settings;
  readonly given?: Settings;
  /** What a manifest then matches, and none did before. */
  readonly shows?: object;
  /** What a manifest matched before, and none does any more. */
  readonly hides?: object;
  /** What the operator reads from its flags, and did not before. */
  readonly flags?: object;
}

const pod = (spec: object, metadata: object = {}) => ({ kind: 'Deployment', spec: { template: { metadata, spec } } });
const container = (fields: object) => pod({ containers: [fields] });
const serviceMonitor = { 'monitoring.serviceMonitor.enabled': 'true' };
const argoCd = { 'argocd.healthChecks.enabled': 'true' };
const networkPolicy = { 'networkPolicy.enabled': 'true' };
const oidc = 'credentials.openIdConnect';
const newerIam = { [`${oidc}.providerUrn`]: 'iam::a:oidcProvider:k8s', [`${oidc}.agencyUrn`]: 'iam::a:agency:dcc' };
const token = (audience: string) =>
  pod({ volumes: [{ projected: { sources: [{ serviceAccountToken: { audience } }] } }] });
const env = (name: string, value: string) => container({ env: expect.arrayContaining([{ name, value }]) });
const feePercent = { 'refundRates.feePercent.monthly': '{10}' };
const days = { 'refundRates.unconditionalDays': '5' };

/** One for each value of the chart; a value without one fails a test. */
export const valueCases: readonly ValueCase[] = [
  { value: 'replicaCount', set: { replicaCount: '3' }, shows: { kind: 'Deployment', spec: { replicas: 3 } } },
  {
    value: 'image.repository',
    set: { 'image.repository': 'registry.example/dcc' },
    shows: container({ image: 'registry.example/dcc:0.1.0' }),
  },
  { value: 'image.tag', set: { 'image.tag': '9.9.9' }, shows: container({ image: 'dcc-operator:9.9.9' }) },
  {
    value: 'image.pullPolicy',
    set: { 'image.pullPolicy': 'Always' },
    shows: container({ imagePullPolicy: 'Always' }),
  },
  {
    value: 'imagePullSecrets',
    set: { 'imagePullSecrets[0].name': 'registry' },
    shows: pod({ imagePullSecrets: [{ name: 'registry' }] }),
  },
  { value: 'crds.install', set: { 'crds.install': 'false' }, hides: { kind: 'CustomResourceDefinition' } },
  { value: 'mode', set: { mode: 'ObserveOnly' }, flags: { mode: 'ObserveOnly' } },
  { value: 'site', set: { site: 'europe' }, flags: { site: 'europe' } },
  {
    value: 'endpoints',
    set: { 'endpoints.ecs': 'https://ecs.example', 'endpoints.\\*': 'https://all.example' },
    flags: { endpoints: { ecs: 'https://ecs.example', '*': 'https://all.example' } },
  },
  {
    value: 'additionalRegions',
    set: { additionalRegions: '{cn-north-77,cn-north-78}' },
    flags: { 'additional-regions': ['cn-north-77', 'cn-north-78'] },
  },
  { value: 'namespaces', set: { namespaces: '{team-a}' }, flags: { namespaces: ['team-a'] } },
  { value: 'namespaces', set: { namespaces: '{team-a}' }, hides: { kind: 'ClusterRoleBinding' } },
  {
    value: 'namespaces',
    set: { namespaces: '{team-a}' },
    shows: { kind: 'RoleBinding', metadata: { namespace: 'team-a' } },
  },
  { value: 'selector', set: { selector: 'tier=gold' }, flags: { selector: { text: 'tier=gold' } } },
  {
    value: 'credentials.existingSecret',
    set: { 'credentials.existingSecret': 'huaweicloud' },
    shows: container({ envFrom: [{ secretRef: { name: 'huaweicloud' } }] }),
  },
  {
    value: `${oidc}.audience`,
    given: newerIam,
    set: { [`${oidc}.audience`]: 'somebody' },
    shows: token('somebody'),
  },
  {
    value: `${oidc}.providerUrn`,
    set: newerIam,
    shows: env('HUAWEICLOUD_OIDC_PROVIDER_URN', 'iam::a:oidcProvider:k8s'),
  },
  { value: `${oidc}.agencyUrn`, set: newerIam, shows: env('HUAWEICLOUD_OIDC_AGENCY_URN', 'iam::a:agency:dcc') },
  {
    value: `${oidc}.identityProvider`,
    set: { [`${oidc}.identityProvider`]: 'k8s' },
    shows: env('HUAWEICLOUD_SDK_IDP_ID', 'k8s'),
  },
  { value: `${oidc}.identityProvider`, set: { [`${oidc}.identityProvider`]: 'k8s' }, shows: token('huaweicloud') },
  {
    value: 'credentials.agency',
    set: { 'credentials.agency': 'finance/dcc' },
    flags: { agency: expect.anything() },
  },
  {
    value: 'credentials.allowSecretRefs',
    set: { 'credentials.allowSecretRefs': 'true' },
    shows: {
      kind: 'ClusterRole',
      rules: expect.arrayContaining([{ apiGroups: [''], resources: ['secrets'], verbs: ['get'] }]),
    },
  },
  { value: 'admission.enabled', set: { 'admission.enabled': 'false' }, hides: { kind: 'ValidatingAdmissionPolicy' } },
  { value: 'admission.fourEyes', set: { 'admission.fourEyes': 'true' }, shows: { kind: 'MutatingAdmissionPolicy' } },
  {
    value: 'aggregateRoles',
    set: { aggregateRoles: 'false' },
    hides: { metadata: { labels: { 'rbac.authorization.k8s.io/aggregate-to-edit': 'true' } } },
  },
  { value: 'budget.openOrders', set: { 'budget.openOrders': '3' }, flags: { 'max-open-orders': 3 } },
  { value: 'budget.ordersPerHour', set: { 'budget.ordersPerHour': '7' }, flags: { 'max-orders-per-hour': 7 } },
  {
    value: 'refundRates.unconditionalDays',
    given: feePercent,
    set: days,
    flags: { 'refund-rates': { unconditionalDays: 5 } },
  },
  {
    value: 'refundRates.feePercent',
    set: feePercent,
    flags: { 'refund-rates': { feePercent: { monthly: expect.anything() } } },
  },
  { value: 'orderVisibleWithin', set: { orderVisibleWithin: '9m' }, flags: { 'order-visible-within': 540_000 } },
  {
    value: 'monitoring.labels',
    given: serviceMonitor,
    set: { 'monitoring.labels.release': 'prometheus' },
    shows: { kind: 'ServiceMonitor', metadata: { labels: { release: 'prometheus' } } },
  },
  { value: 'monitoring.serviceMonitor.enabled', set: serviceMonitor, shows: { kind: 'ServiceMonitor' } },
  {
    value: 'monitoring.serviceMonitor.interval',
    given: serviceMonitor,
    set: { 'monitoring.serviceMonitor.interval': '15s' },
    shows: { kind: 'ServiceMonitor', spec: { endpoints: [{ interval: '15s' }] } },
  },
  { value: 'monitoring.rules.enabled', set: { 'monitoring.rules.enabled': 'true' }, shows: { kind: 'PrometheusRule' } },
  {
    value: 'monitoring.dashboard.enabled',
    set: { 'monitoring.dashboard.enabled': 'true' },
    shows: { kind: 'ConfigMap', metadata: { labels: { grafana_dashboard: '1' } } },
  },
  { value: 'networkPolicy.enabled', set: networkPolicy, shows: { kind: 'NetworkPolicy' } },
  {
    value: 'argocd.healthChecks.enabled',
    set: argoCd,
    shows: { kind: 'ConfigMap', data: { 'argocd-cm.yaml': expect.stringContaining('namespace: argocd\n') } },
  },
  {
    value: 'argocd.healthChecks.namespace',
    given: argoCd,
    set: { 'argocd.healthChecks.namespace': 'gitops' },
    shows: { kind: 'ConfigMap', data: { 'argocd-cm.yaml': expect.stringContaining('namespace: gitops\n') } },
  },
  {
    value: 'networkPolicy.apiServers',
    given: networkPolicy,
    set: { 'networkPolicy.apiServers[0].cidr': '10.0.0.1/32', 'networkPolicy.apiServers[0].port': '443' },
    shows: egress(1, { to: [{ ipBlock: { cidr: '10.0.0.1/32' } }], ports: [{ port: 443 }] }),
  },
  {
    value: 'networkPolicy.cloud',
    given: networkPolicy,
    set: { 'networkPolicy.cloud[0].cidr': '10.1.2.3/32', 'networkPolicy.cloud[0].port': '3128' },
    shows: egress(2, { to: [{ ipBlock: { cidr: '10.1.2.3/32' } }], ports: [{ port: 3128 }] }),
  },
  {
    value: 'networkPolicy.metricsFrom',
    given: networkPolicy,
    set: { 'networkPolicy.metricsFrom[0].podSelector.matchLabels.app': 'prometheus' },
    shows: {
      kind: 'NetworkPolicy',
      spec: { ingress: [{ from: [{ podSelector: { matchLabels: { app: 'prometheus' } } }] }] },
    },
  },
  { value: 'pollInterval', set: { pollInterval: '5m' }, flags: { 'poll-interval': 300_000 } },
  { value: 'concurrency', set: { concurrency: '8' }, flags: { concurrency: 8 } },
  { value: 'logLevel', set: { logLevel: 'debug' }, flags: { 'log-level': 'debug' } },
  { value: 'extraArgs', set: { extraArgs: '{--call-timeout=20s}' }, flags: { 'call-timeout': 20_000 } },
  {
    value: 'serviceAccount.annotations',
    set: { 'serviceAccount.annotations.example\\.com/agency': 'dcc' },
    shows: { kind: 'ServiceAccount', metadata: { annotations: { 'example.com/agency': 'dcc' } } },
  },
  {
    value: 'extraEnv',
    set: { 'extraEnv[0].name': 'HTTPS_PROXY', 'extraEnv[0].value': 'http://proxy:3128' },
    shows: env('HTTPS_PROXY', 'http://proxy:3128'),
  },
  {
    value: 'extraVolumes',
    set: { 'extraVolumes[0].name': 'ca', 'extraVolumes[0].configMap.name': 'ca' },
    shows: pod({ volumes: expect.arrayContaining([{ name: 'ca', configMap: { name: 'ca' } }]) }),
  },
  {
    value: 'extraVolumeMounts',
    set: { 'extraVolumeMounts[0].name': 'ca', 'extraVolumeMounts[0].mountPath': '/ca' },
    shows: container({ volumeMounts: expect.arrayContaining([{ name: 'ca', mountPath: '/ca' }]) }),
  },
  {
    value: 'resources.requests',
    set: { 'resources.requests.memory': '1Gi' },
    shows: container({ resources: { requests: { memory: '1Gi' } } }),
  },
  {
    value: 'resources.limits',
    set: { 'resources.limits.memory': '2Gi' },
    shows: container({ resources: { limits: { memory: '2Gi' } } }),
  },
  {
    value: 'preflight.enabled',
    set: { 'preflight.enabled': 'true' },
    shows: pod({ initContainers: [{ name: 'preflight' }] }),
  },
  { value: 'uninstallGuard.enabled', set: { 'uninstallGuard.enabled': 'false' }, hides: { kind: 'Job' } },
  {
    value: 'priorityClassName',
    set: { priorityClassName: 'system-cluster-critical' },
    shows: pod({ priorityClassName: 'system-cluster-critical' }),
  },
  { value: 'nodeSelector', set: { 'nodeSelector.pool': 'control' }, shows: pod({ nodeSelector: { pool: 'control' } }) },
  {
    value: 'tolerations',
    set: { 'tolerations[0].key': 'control', 'tolerations[0].operator': 'Exists' },
    shows: pod({ tolerations: [{ key: 'control', operator: 'Exists' }] }),
  },
  ...['nodeAffinity', 'podAffinity', 'podAntiAffinity'].map(affinity),
  {
    value: 'podAnnotations',
    set: { 'podAnnotations.example\\.com/team': 'dcc' },
    shows: pod({}, { annotations: { 'example.com/team': 'dcc' } }),
  },
];

/** Helm has it for charts within charts, and ours does nothing with it. */
export const withoutEffect: readonly string[] = ['global'];

function egress(index: number, rule: object): object {
  const rules = [{}, {}, {}];
  return { kind: 'NetworkPolicy', spec: { egress: rules.with(index, rule) } };
}

function affinity(name: string): ValueCase {
  const list = 'preferredDuringSchedulingIgnoredDuringExecution';
  const at = `affinity.${name}.${list}[0]`;
  const term = name === 'nodeAffinity' ? 'preference.matchExpressions[0]' : 'podAffinityTerm.topologyKey';
  const set =
    name === 'nodeAffinity'
      ? { [`${at}.${term}.key`]: 'pool', [`${at}.${term}.operator`]: 'Exists' }
      : { [`${at}.${term}`]: 'zone' };
  return {
    value: `affinity.${name}`,
    set: { [`${at}.weight`]: '7', ...set },
    shows: pod({ affinity: { [name]: { [list]: [{ weight: 7 }] } } }),
  };
}
