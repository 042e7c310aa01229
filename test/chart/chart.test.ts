import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { readConfig } from '../../operator/config.ts';
import { ensureBinaries } from '../cluster/binaries.ts';
import { kubectl, kubectlOutput } from '../cluster/kubectl.ts';
import { chart, helm, template } from './helm.ts';

const manifest = z.looseObject({
  kind: z.string(),
  metadata: z.looseObject({ name: z.string(), annotations: z.record(z.string(), z.string()).optional() }),
});

const rule = z.object({ apiGroups: z.array(z.string()), resources: z.array(z.string()), verbs: z.array(z.string()) });
const clusterRole = manifest.extend({ kind: z.literal('ClusterRole'), rules: z.array(rule) });
const role = manifest.extend({
  kind: z.literal('Role'),
  metadata: z.looseObject({ name: z.string(), namespace: z.string() }),
  rules: z.array(rule),
});
const roleBinding = manifest.extend({
  kind: z.literal('RoleBinding'),
  metadata: z.looseObject({ name: z.string(), namespace: z.string() }),
  roleRef: z.object({ apiGroup: z.string(), kind: z.string(), name: z.string() }),
  subjects: z.array(z.object({ kind: z.string(), name: z.string(), namespace: z.string() })),
});
const mebibytes = z
  .string()
  .regex(/^\d+Mi$/)
  .transform((text) => Number.parseInt(text, 10));
const container = z.looseObject({
  args: z.array(z.string()),
  env: z.array(z.unknown()),
  resources: z.object({
    requests: z.object({ memory: mebibytes }),
    limits: z.looseObject({ memory: mebibytes }),
  }),
  envFrom: z.array(z.unknown()).optional(),
  securityContext: z.unknown(),
});
const deployment = manifest.extend({
  kind: z.literal('Deployment'),
  spec: z.looseObject({
    replicas: z.number(),
    strategy: z.unknown(),
    selector: z.unknown(),
    template: z.looseObject({
      spec: z.looseObject({
        containers: z.array(container),
        securityContext: z.unknown(),
        initContainers: z.unknown().optional(),
        volumes: z.unknown().optional(),
        topologySpreadConstraints: z.unknown().optional(),
      }),
    }),
  }),
});

/** Names what lets the operators of the release elect a leader. */
const election = 'dcc-dcc-operator-leader-election';

async function rendered(values?: Record<string, string>) {
  return parseAllDocuments(await template(values))
    .map((document): unknown => document.toJS())
    .filter((object) => object !== null)
    .map((object) => manifest.parse(object));
}

async function deploymentOf(values?: Record<string, string>) {
  const objects = await rendered(values);
  return deployment.parse(objects.find(({ kind }) => kind === 'Deployment')).spec;
}

/** For people, to be bound by people: by itself it grants nothing. */
const forPeople = ['approver', 'glass-breaker', 'viewer', 'editor'].map((role) => `dcc-dcc-operator-${role}`);

/** Everything that grants the operator rights within the whole cluster. */
const isClusterWide = ({ kind, metadata }: { kind: string; metadata: { name: string } }) =>
  kind === 'ClusterRoleBinding' || (kind === 'ClusterRole' && !forPeople.includes(metadata.name));

async function rulesOf(values?: Record<string, string>) {
  const objects = await rendered(values);
  return clusterRole.parse(objects.find((object) => object.kind === 'ClusterRole' && isClusterWide(object))).rules;
}

// Built when it is missing, which takes longer than a test may.
beforeAll(() => ensureBinaries(['helm']));

describe('the chart', () => {
  test('passes Helm’s lint', async () => {
    await expect(helm(['lint', '--strict', chart])).resolves.toContain('0 chart(s) failed');
  });

  test('keeps the definitions when it is uninstalled: with them every journal would go', async () => {
    const definitions = (await rendered()).filter(({ kind }) => kind === 'CustomResourceDefinition');
    expect(definitions.map(({ metadata }) => metadata.name)).toEqual([
      'dccservers.dcc-operator.io',
      'unsubscriptionrequests.dcc-operator.io',
    ]);
    for (const { metadata } of definitions) expect(metadata.annotations).toEqual({ 'helm.sh/resource-policy': 'keep' });
  });

  test('leaves the definitions out when asked to', async () => {
    const kinds = (await rendered({ 'crds.install': 'false' })).map(({ kind }) => kind);
    expect(kinds).not.toContain('CustomResourceDefinition');
  });

  test('lets the operator delete nothing, and read no Secret unless that is configured', async () => {
    const verbs = (await rulesOf()).flatMap((one) => one.verbs);
    expect(verbs).not.toContain('delete');
    expect(verbs).not.toContain('*');
    expect((await rulesOf()).flatMap(({ resources }) => resources)).not.toContain('secrets');
    const secrets = (await rulesOf({ 'credentials.allowSecretRefs': 'true' })).filter(({ resources }) =>
      resources.includes('secrets'),
    );
    expect(secrets).toEqual([{ apiGroups: [''], resources: ['secrets'], verbs: ['get'] }]);
  });

  test('lets viewers view and editors edit, and neither approve, where the API server guards approvals', async () => {
    const people = (await rendered()).filter(({ metadata }) => /-(viewer|editor)$/.test(metadata.name));
    const verbs = people.flatMap((object) => clusterRole.parse(object).rules.flatMap((one) => one.verbs));
    expect(verbs.sort()).toEqual([
      ...['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'],
    ]);
    for (const off of ['aggregateRoles', 'admission.enabled']) {
      const names = (await rendered({ [off]: 'false' })).map(({ metadata }) => metadata.name);
      expect(names.filter((name) => /-(viewer|editor)$/.test(name))).toEqual([]);
    }
  });

  test('has nothing of the Prometheus operator or Grafana in it unless asked for, and then alerts, a dashboard and who is scraped', async () => {
    const shown = async (values?: Record<string, string>) =>
      (await rendered(values))
        .map(({ kind }) => kind)
        .filter((kind) => /^(ServiceMonitor|PrometheusRule|Service|ConfigMap)$/.test(kind));
    expect(await shown()).toEqual([]);
    const monitoring = ['serviceMonitor', 'rules', 'dashboard'].map((part) => [`monitoring.${part}.enabled`, 'true']);
    expect((await shown(Object.fromEntries(monitoring))).sort()).toEqual([
      ...['ConfigMap', 'PrometheusRule', 'Service', 'ServiceMonitor'],
    ]);
  });

  test('gives the operator the memory that docs/capacity.md measured, and no limit of processor time', async () => {
    const { template: pod } = await deploymentOf();
    const { requests, limits } = pod.spec.containers[0]?.resources ?? {};
    // 1,000 servers with 20 machines each took 164 MiB at most, 10,000 with two 251 MiB: a limit needs room above that.
    expect(requests?.memory).toBeGreaterThan(164);
    expect(limits?.memory).toBeGreaterThan(1.5 * 251);
    // What is throttled misses renewals of its lease.
    expect(Object.keys(limits ?? {})).toEqual(['memory']);
  });

  test('starts the operator with flags that it understands', async () => {
    const { template: pod } = await deploymentOf({ mode: 'ObserveOnly', site: 'europe', pollInterval: '5m' });
    const config = readConfig(pod.spec.containers[0]?.args ?? [], {});
    expect(config).toMatchObject({ mode: 'ObserveOnly', site: 'europe', 'poll-interval': 300_000 });
  });

  test('lets an operator of some namespaces do there what it may do everywhere, and nothing on the cluster', async () => {
    const values = { namespaces: '{team-a,team-b}', 'credentials.allowSecretRefs': 'true' };
    const objects = await rendered(values);
    expect(objects.filter(isClusterWide)).toEqual([]);
    const everywhere = await rulesOf({ 'credentials.allowSecretRefs': 'true' });
    for (const namespace of ['team-a', 'team-b']) {
      const granted = objects.filter(({ metadata }) => metadata['namespace'] === namespace);
      const rights = role.parse(granted.find(({ kind }) => kind === 'Role'));
      expect(rights.rules).toEqual(everywhere);
      expect(roleBinding.parse(granted.find(({ kind }) => kind === 'RoleBinding'))).toMatchObject({
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: rights.metadata.name },
        subjects: [{ kind: 'ServiceAccount', name: 'dcc-dcc-operator', namespace: 'dcc-system' }],
      });
    }
  });

  test('tells the operator its namespaces and its selector, as they are', async () => {
    const selector = 'tier in (gold,silver),!legacy,example.com/of!=north';
    const { template: pod } = await deploymentOf({
      namespaces: '{team-a,team-b}',
      selector: selector.replaceAll(',', '\\,'),
    });
    const config = readConfig(pod.spec.containers[0]?.args ?? [], {});
    expect(config.namespaces).toEqual(['team-a', 'team-b']);
    expect(config.selector?.text).toBe(selector);
  });

  test('has the operator look after everything unless told otherwise', async () => {
    const { template: pod } = await deploymentOf();
    const config = readConfig(pod.spec.containers[0]?.args ?? [], {});
    expect(config).toMatchObject({ namespaces: [] });
    expect(config.selector).toBeUndefined();
    expect((await rendered()).filter(isClusterWide)).toHaveLength(2);
    const bound = (await rendered()).filter(({ kind }) => kind === 'RoleBinding').map(({ metadata }) => metadata.name);
    expect(bound).toEqual([election]);
  });

  test('lets the operators of a release share one lease in its namespace, read what halts them, and touch no other', async () => {
    const objects = await rendered();
    const { args } = (await deploymentOf()).template.spec.containers[0] ?? {};
    const lease = readConfig(args ?? [], {})['lease-name'];
    const granted = objects.filter(({ metadata }) => metadata.name === election);
    expect(granted.map(({ kind, metadata }) => [kind, metadata['namespace']])).toEqual([
      ['Role', 'dcc-system'],
      ['RoleBinding', 'dcc-system'],
    ]);
    const leases = { apiGroups: ['coordination.k8s.io'], resources: ['leases'] };
    const halt = readConfig(args ?? [], {})['halt-config-map'];
    expect(granted[0]).toMatchObject({
      rules: [
        { ...leases, verbs: ['create'] },
        { ...leases, resourceNames: [lease], verbs: ['get', 'update'] },
        { apiGroups: [''], resources: ['configmaps'], resourceNames: [halt], verbs: ['get'] },
      ],
    });
    expect(granted[0]?.['rules']).toHaveLength(3);
    expect(roleBinding.parse(granted[1])).toMatchObject({
      roleRef: { kind: 'Role', name: election },
      subjects: [{ kind: 'ServiceAccount', name: 'dcc-dcc-operator', namespace: 'dcc-system' }],
    });
  });

  test('tells the operator its budget, and the table of fees as it stands in the values', async () => {
    const { template: pod } = await deploymentOf({
      'budget.openOrders': '3',
      'budget.ordersPerHour': '7',
      'refundRates.unconditionalDays': '5',
      'refundRates.feePercent.monthly': '{10}',
      'refundRates.feePercent.2': '{15,12.5}',
    });
    const config = readConfig(pod.spec.containers[0]?.args ?? [], {});
    expect(config).toMatchObject({ 'max-open-orders': 3, 'max-orders-per-hour': 7 });
    expect(JSON.stringify(config['refund-rates'])).toBe(
      '{"unconditionalDays":5,"feePercent":{"2":["15","12.5"],"monthly":["10"]}}',
    );
    const { template: plain } = await deploymentOf();
    expect(readConfig(plain.spec.containers[0]?.args ?? [], {})['refund-rates']).toBeUndefined();
  });

  describe('has the API server ask who may', () => {
    const admission = (values?: Record<string, string>, served?: string[]) =>
      template(values, ['templates/admission.yaml'], served);
    const named = async (values?: Record<string, string>) =>
      (await rendered(values))
        .filter(({ kind }) => kind.includes('AdmissionPolicy'))
        .map(({ kind, metadata }) => `${kind} ${metadata.name}`);

    test('approve, settle and break the glass, unless told otherwise', async () => {
      expect(await named()).toEqual([
        'ValidatingAdmissionPolicy dcc-dcc-operator-approval',
        'ValidatingAdmissionPolicy dcc-dcc-operator-force-release',
        'ValidatingAdmissionPolicyBinding dcc-dcc-operator-approval',
        'ValidatingAdmissionPolicyBinding dcc-dcc-operator-force-release',
      ]);
      expect(await named({ 'admission.enabled': 'false' })).toEqual([]);
    });

    test('in its own namespaces only, when it has some', async () => {
      expect(await admission()).not.toContain('namespaceSelector');
      expect((await admission({ namespaces: '{team-a}' })).match(/values:\n\s+- team-a/g)).toHaveLength(2);
    });

    test('since when requests are stamped, which is another time for namespaces that were added', async () => {
      const stamping = async (namespaces: string) => {
        const all = await admission({ 'admission.fourEyes': 'true', namespaces });
        const [, name = ''] = /paramRef: \{ name: (\S+), parameterNotFoundAction: Deny \}/.exec(all) ?? [];
        expect(all).toContain(`kind: MutatingAdmissionPolicyBinding\nmetadata:\n  name: ${name}\n`);
        return name;
      };
      const [before, sorted, more] = await Promise.all(['{a,b}', '{b,a}', '{a,b,c}'].map(stamping));
      expect(sorted).toBe(before);
      expect(more).not.toBe(before);
    });

    test('with four eyes only where the API server can note who made a request', async () => {
      const fourEyes = { 'admission.fourEyes': 'true' };
      expect(await named(fourEyes)).toContain('MutatingAdmissionPolicy dcc-dcc-operator-requested-by');
      const api = 'admissionregistration.k8s.io';
      const beta = await admission(fourEyes, [`${api}/v1beta1/MutatingAdmissionPolicy`]);
      expect(beta).toContain(`apiVersion: ${api}/v1beta1\nkind: MutatingAdmissionPolicy\n`);
      await expect(admission(fourEyes, [])).rejects.toThrow(
        /serves no MutatingAdmissionPolicy.*Set admission.fourEyes to false/,
      );
    });
  });

  test('tells the operator in which namespace its lease is, and leaves the old ones alone until new ones are ready', async () => {
    const { strategy, template: pod } = await deploymentOf();
    expect(pod.spec.containers[0]?.env).toContainEqual({
      name: 'POD_NAMESPACE',
      valueFrom: { fieldRef: { fieldPath: 'metadata.namespace' } },
    });
    expect(strategy).toEqual({ type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } });
  });

  test('guards two operators from being drained at once, and one alone from keeping its node', async () => {
    const budget = (await rendered()).find(({ kind }) => kind === 'PodDisruptionBudget');
    expect(budget).toMatchObject({ spec: { maxUnavailable: 1 } });
    const { selector, template: pod } = await deploymentOf();
    expect(budget?.['spec']).toMatchObject({ selector });
    expect(pod.spec.topologySpreadConstraints).toMatchObject([{ labelSelector: selector }]);
    const alone = { replicaCount: '1' };
    expect((await rendered(alone)).map(({ kind }) => kind)).not.toContain('PodDisruptionBudget');
    expect((await deploymentOf(alone)).template.spec.topologySpreadConstraints).toBeUndefined();
  });

  test('runs two pods, unprivileged, with a read-only file system', async () => {
    const { replicas, template: pod } = await deploymentOf();
    expect(replicas).toBe(2);
    expect((await deploymentOf({ replicaCount: '3' })).replicas).toBe(3);
    expect(pod.spec.securityContext).toEqual({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
    expect(pod.spec.containers[0]?.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
  });

  test('lets the operator reach names, the API server and the cloud, and only those reach it who scrape', async () => {
    const policyOf = async (values: Record<string, string>) =>
      (await rendered({ 'networkPolicy.enabled': 'true', ...values })).find(({ kind }) => kind === 'NetworkPolicy');
    const ports = (...numbers: number[]) => numbers.map((port) => expect.objectContaining({ port }));
    expect((await policyOf({}))?.['spec']).toMatchObject({
      policyTypes: ['Ingress', 'Egress'],
      ingress: [],
      egress: [{ ports: ports(53, 53) }, { ports: ports(6443) }, { ports: ports(443) }],
    });
    const proxied = {
      'networkPolicy.cloud[0].cidr': '10.1.2.3/32',
      'networkPolicy.cloud[0].port': '3128',
      'networkPolicy.metricsFrom[0].podSelector.matchLabels.app': 'prometheus',
    };
    expect((await policyOf(proxied))?.['spec']).toMatchObject({
      ingress: [{ from: [{ podSelector: { matchLabels: { app: 'prometheus' } } }] }],
      egress: [{}, {}, { to: [{ ipBlock: { cidr: '10.1.2.3/32' } }], ports: ports(3128) }],
    });
    expect((await rendered()).map(({ kind }) => kind)).not.toContain('NetworkPolicy');
  });

  test('refuses to be uninstalled while a call is open, by a Job that runs as the operator and looks where it does', async () => {
    const jobOf = async (values: Record<string, string> = {}) =>
      (await rendered(values)).find(({ kind }) => kind === 'Job');
    const job = await jobOf({ namespaces: '{team-a}', selector: 'x=y' });
    expect(job?.metadata.annotations).toMatchObject({ 'helm.sh/hook': 'pre-delete' });
    const { template: pod } = await deploymentOf();
    expect(job?.['spec']).toMatchObject({
      backoffLimit: 0,
      template: {
        spec: {
          restartPolicy: 'Never',
          serviceAccountName: 'dcc-dcc-operator',
          securityContext: pod.spec.securityContext,
          containers: [
            {
              args: ['--before-uninstall', '--namespaces=team-a', '--selector=x=y'],
              securityContext: pod.spec.containers[0]?.securityContext,
            },
          ],
        },
      },
    });
    expect(await jobOf({ 'uninstallGuard.enabled': 'false' })).toBeUndefined();
  });

  test('checks before it starts with the flags and credentials of the operator, when asked to', async () => {
    const values = { 'preflight.enabled': 'true', 'credentials.existingSecret': 'huaweicloud' };
    const { template: pod } = await deploymentOf(values);
    const { args, env, envFrom, securityContext } = pod.spec.containers[0] ?? expect.fail('there is no container');
    expect(pod.spec.initContainers).toMatchObject([{ args: ['--check', ...args], env, envFrom, securityContext }]);
    expect((await deploymentOf()).template.spec.initContainers).toBeUndefined();
  });

  test('takes keys for a token of the pod, by either generation of IAM, and the names of nothing else', async () => {
    const file = '/var/run/secrets/huaweicloud/token';
    const given = async (values: Record<string, string>) => {
      const { spec } = (await deploymentOf({ 'credentials.agency': 'finance/dcc', ...values })).template;
      const [operator] = spec.containers;
      return { ...operator, volumes: spec.volumes, env: operator?.env.slice(2) };
    };
    const newer = {
      'credentials.openIdConnect.providerUrn': 'iam::x:oidcProvider:k8s',
      'credentials.openIdConnect.agencyUrn': 'iam::x:agency:dcc',
    };
    expect(await given(newer)).toMatchObject({
      args: expect.arrayContaining(['--agency=finance/dcc']),
      env: [
        { name: 'HUAWEICLOUD_OIDC_PROVIDER_URN', value: 'iam::x:oidcProvider:k8s' },
        { name: 'HUAWEICLOUD_OIDC_AGENCY_URN', value: 'iam::x:agency:dcc' },
        { name: 'HUAWEICLOUD_OIDC_TOKEN_FILE', value: file },
      ],
      volumeMounts: [{ name: 'huaweicloud-token', mountPath: '/var/run/secrets/huaweicloud', readOnly: true }],
      volumes: [
        {
          name: 'huaweicloud-token',
          projected: { sources: [{ serviceAccountToken: { path: 'token', audience: 'huaweicloud' } }] },
        },
      ],
    });
    expect((await given({ 'credentials.openIdConnect.identityProvider': 'k8s' })).env).toEqual([
      { name: 'HUAWEICLOUD_SDK_IDP_ID', value: 'k8s' },
      { name: 'HUAWEICLOUD_SDK_ID_TOKEN_FILE', value: file },
    ]);
    expect(await given({})).toMatchObject({ env: [], volumes: undefined });
    const both = { ...newer, 'credentials.openIdConnect.identityProvider': 'k8s' };
    await expect(template(both)).rejects.toThrow('openIdConnect');
    await expect(template({ 'credentials.openIdConnect.providerUrn': 'x' })).rejects.toThrow('agencyUrn');
  });

  test('passes a proxy and its authority on', async () => {
    const { template: pod } = await deploymentOf({
      'extraEnv[0].name': 'HTTPS_PROXY',
      'extraEnv[0].value': 'http://proxy:3128',
      'extraVolumes[0].name': 'ca',
      'extraVolumes[0].configMap.name': 'ca',
      'extraVolumeMounts[0].name': 'ca',
      'extraVolumeMounts[0].mountPath': '/ca',
    });
    expect(pod.spec.containers[0]?.env).toContainEqual({ name: 'HTTPS_PROXY', value: 'http://proxy:3128' });
    expect(pod.spec).toMatchObject({
      volumes: [{ name: 'ca', configMap: { name: 'ca' } }],
      containers: [{ volumeMounts: [{ name: 'ca', mountPath: '/ca' }] }],
    });
  });

  test('takes credentials from an existing Secret', async () => {
    const { template: pod } = await deploymentOf({ 'credentials.existingSecret': 'huaweicloud' });
    expect(pod.spec.containers[0]?.envFrom).toEqual([{ secretRef: { name: 'huaweicloud' } }]);
  });

  test.each([
    ['mode', 'Destroy', 'mode'],
    ['pollInterval', 'often', 'pollInterval'],
    ['namespaces', '{Team_A}', 'namespaces'],
    ['namespaces', '{team-a,team-a}', 'namespaces'],
    ['namespaces', 'team-a', 'namespaces'],
    ['selector', '{a,b}', 'selector'],
    ['budget.openOrders', '0', 'openOrders'],
    ['refundRates.feePercent.yearly', '{10}', 'yearly'],
    ['refundRates.unconditionalDays', '5', 'feePercent'],
    ['admission.fiveEyes', 'true', 'fiveEyes'],
    ['networkPolicy.apiServers', '[]', 'apiServers'],
    ['monitoring.rules', 'true', 'rules'],
    ['replicas', '2', 'replicas'],
    ['replicaCount', 'many', 'replicaCount'],
  ])('refuses %s=%s by the schema of its values', async (name, value, told) => {
    await expect(template({ [name]: value })).rejects.toThrow(told);
  });
});

describe('the rendered manifests', () => {
  const kubeconfig = inject('kubeconfig');
  const namespace = `chart-test-${randomUUID().slice(0, 8)}`;
  beforeAll(() =>
    kubectlOutput(kubeconfig, ['create', 'namespace', namespace]).then(() =>
      kubectlOutput(kubeconfig, [
        'label',
        'namespace',
        namespace,
        'pod-security.kubernetes.io/enforce=restricted',
        'pod-security.kubernetes.io/warn=restricted',
      ]),
    ),
  );
  afterAll(() => kubectlOutput(kubeconfig, ['delete', 'namespace', namespace, '--timeout=60s']));

  test.each([
    ['of the whole cluster', {}],
    ['with four eyes', { 'admission.fourEyes': 'true' }],
    ['of one namespace', { namespaces: '{dcc-system}', selector: 'installation=north' }],
    ['behind a network policy', { 'networkPolicy.enabled': 'true', priorityClassName: 'system-cluster-critical' }],
  ])('%s are accepted by a real API server, without a warning of restricted Pod Security', async (_, scope) => {
    const manifests = await template({ 'credentials.allowSecretRefs': 'true', ...scope });
    const input = manifests.replaceAll('namespace: dcc-system', `namespace: ${namespace}`);
    const args = ['apply', '--server-side', '--dry-run=server', '--force-conflicts', '-f', '-'];
    const { code, stderr } = await kubectl(kubeconfig, args, { input });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });
});
