import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { KubeConfig } from '@kubernetes/client-node';
import { stringify } from 'yaml';
import { loadKubeConfig } from '../../operator/kubernetes/kubeconfig.ts';
import { ensureBinaries } from '../cluster/binaries.ts';
import { type Component, describeProblem, startComponent } from '../cluster/component.ts';
import { installDebianPackages } from '../cluster/debian.ts';
import { follow } from '../cluster/follow.ts';
import { kubectlOutput } from '../cluster/kubectl.ts';
import { freePorts } from '../cluster/ports.ts';
import { eventually } from '../integration/operator/expectations.ts';
import { type Application, argoCdNamespace, parseApplication } from './application.ts';

const redisServer = '/usr/bin/redis-server';

/** Whom Argo CD acts as in the cluster. */
export const argoCdAccount = 'argocd-application-controller';

/** Argo CD's application controller and repo server, as processes of this machine. */
export interface ArgoCD extends AsyncDisposable {
  /** Every version of each Application in the order in which they came about, by name. */
  versions(name: string): readonly Application[];
  /** Rejects when one of its processes ends, with the end of its log. */
  readonly failed: Promise<never>;
}

/**
 * Installs Argo CD's own manifests, as far as processes need them, and starts it. It may read everything, and change only what
 * its service account is granted beyond that; a standard installation lets it do everything everywhere.
 */
export async function startArgoCD(kubeconfig: string): Promise<ArgoCD> {
  const files = await ensureBinaries(['argocd', 'argocd-core-install.yaml', 'git-verify-wrapper.sh', 'helm']);
  await installDebianPackages({ 'redis-server': redisServer }, 'Argo CD', process.stderr);
  await using parts = new AsyncDisposableStack();
  const directory = await mkdtemp(join(tmpdir(), 'dcc-operator-argocd-'));
  parts.defer(() => rm(directory, { recursive: true, force: true, maxRetries: 3 }));
  await install(kubeconfig, await readFile(files['argocd-core-install.yaml'], 'utf8'));

  const [redis = 0, repoServer = 0, repoServerMetrics = 0, metrics = 0] = await freePorts(4);
  const kubeconfigOfArgoCD = await writeKubeconfig(kubeconfig, directory);
  const paths = [files.argocd, files.helm].map(dirname);
  const environment = {
    PATH: [...paths, process.env['PATH']].join(delimiter),
    HOME: directory,
    KUBECONFIG: kubeconfigOfArgoCD,
    // The cluster that it runs in is then that of the kubeconfig.
    ARGOCD_FAKE_IN_CLUSTER: 'true',
    ARGOCD_GPG_ENABLED: 'false',
    ARGOCD_TLS_DATA_PATH: directory,
    ARGOCD_SSH_DATA_PATH: directory,
    ARGOCD_PLUGINSOCKFILEPATH: directory,
    TMPDIR: directory,
  };
  const components: Component[] = [];
  const start = async (name: string, file: string, args: readonly string[]) => {
    const logFile = join(directory, `${name}.log`);
    const variables = { ...environment, ARGOCD_BINARY_NAME: name };
    const component = await startComponent({ name, file, args, directory, logFile, environment: variables });
    parts.defer(() => component.end('SIGTERM'));
    components.push(component);
  };
  const address = (port: number) => `127.0.0.1:${port}`;
  await start('redis-server', redisServer, ['--port', `${redis}`, '--bind', '127.0.0.1', '--save', '']);
  const local = ['--redis', address(redis), '--loglevel', 'info'];
  await start('argocd-repo-server', files.argocd, [
    ...[...local, '--disable-tls', '--client-ca-path=', '--address', '127.0.0.1', '--port', `${repoServer}`],
    ...['--metrics-address', '127.0.0.1', '--metrics-port', `${repoServerMetrics}`],
  ]);
  await start(argoCdAccount, files.argocd, [
    ...[...local, '--namespace', argoCdNamespace, '--metrics-port', `${metrics}`],
    ...['--repo-server', address(repoServer), '--repo-server-plaintext'],
    // What each resource says of its health is then in the Application, too; else only Argo CD's own API server tells it.
    '--persist-resource-health',
  ]);

  const failed = firstToEnd(components);
  failed.catch(() => undefined);
  const watching = watchApplications(kubeconfig);
  parts.use(watching);
  const running = parts.move();
  return {
    versions: watching.versions,
    failed,
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

async function firstToEnd(components: readonly Component[]): Promise<never> {
  const ends = components.map(async (component) => ({ component, ended: await component.ended }));
  const { component, ended } = await Promise.race(ends);
  throw await describeProblem(`${component.name} ${ended}`, [component]);
}

const kindsForProcesses = ['ConfigMap', 'Secret', 'ServiceAccount', 'Role', 'RoleBinding', 'CustomResourceDefinition'];

/** What Argo CD's own API server makes besides, the default project and the key of its sessions, is made here: it does not run. */
async function install(kubeconfig: string, manifests: string): Promise<void> {
  const wanted = manifests
    .split(/^---$/m)
    .filter((document) => kindsForProcesses.includes(/^kind: (\S+)$/m.exec(document)?.[1] ?? ''))
    // A megabyte that nothing here reads.
    .filter((document) => !document.includes('name: applicationsets.argoproj.io'));
  const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: argoCdNamespace } };
  const input = [stringify(namespace), ...wanted].join('\n---\n');
  const apply = ['--namespace', argoCdNamespace, 'apply', '--server-side', '-f', '-'];
  await kubectlOutput(kubeconfig, apply, { input });
  // Without it no change of the settings comes to the controller's cache: https://github.com/argoproj/argo-cd/blob/v3.6.1/util/settings/settings.go
  const secretKey = ['patch', 'secret', 'argocd-secret', '-p', '{"stringData":{"server.secretkey":"of the tests"}}'];
  await kubectlOutput(kubeconfig, ['--namespace', argoCdNamespace, ...secretKey]);
  const definitions = ['applications.argoproj.io', 'appprojects.argoproj.io'];
  // Of a definition that has no status yet kubectl says that it cannot wait for it.
  await eventually(() => kubectlOutput(kubeconfig, ['wait', '--for=condition=Established', 'crd', ...definitions]));
  await kubectlOutput(kubeconfig, apply, {
    input: [defaultProject, ...readsEverything].map((one) => stringify(one)).join('---\n'),
  });
}

const defaultProject = {
  apiVersion: 'argoproj.io/v1alpha1',
  kind: 'AppProject',
  metadata: { name: 'default' },
  spec: { sourceRepos: ['*'], destinations: [{ namespace: '*', server: '*' }] },
};

const apiGroup = 'rbac.authorization.k8s.io';
const readsEverything = [
  {
    apiVersion: `${apiGroup}/v1`,
    kind: 'ClusterRole',
    metadata: { name: 'argocd-reads-everything' },
    rules: [{ apiGroups: ['*'], resources: ['*'], verbs: ['get', 'list', 'watch'] }],
  },
  {
    apiVersion: `${apiGroup}/v1`,
    kind: 'ClusterRoleBinding',
    metadata: { name: 'argocd-reads-everything' },
    roleRef: { apiGroup, kind: 'ClusterRole', name: 'argocd-reads-everything' },
    subjects: [{ kind: 'ServiceAccount', name: argoCdAccount, namespace: argoCdNamespace }],
  },
];

/** With a token of the service account that Argo CD's manifests make for its controller. */
async function writeKubeconfig(kubeconfig: string, directory: string): Promise<string> {
  const token = await kubectlOutput(kubeconfig, ['--namespace', argoCdNamespace, 'create', 'token', argoCdAccount]);
  const config = await loadKubeConfig(kubeconfig);
  config.users = config.users.map(({ name }) => ({ name, token: token.trim() }));
  config.contexts = config.contexts.map((context) => ({ ...context, namespace: argoCdNamespace }));
  const path = join(directory, 'kubeconfig');
  await writeFile(path, config.exportConfig(), { mode: 0o600 });
  return path;
}

function watchApplications(kubeconfig: string): AsyncDisposable & Pick<ArgoCD, 'versions'> {
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromFile(kubeconfig);
  const closing = new AbortController();
  const versions = new Map<string, Application[]>();
  const path = `/apis/argoproj.io/v1alpha1/namespaces/${argoCdNamespace}/applications`;
  const following = follow(
    kubeConfig,
    path,
    (_, object) => {
      const { name } = object.metadata;
      versions.set(name, [...(versions.get(name) ?? []), parseApplication(object)]);
    },
    closing.signal,
  );
  return {
    versions: (name) => versions.get(name) ?? [],
    [Symbol.asyncDispose]: async () => {
      closing.abort();
      await following;
    },
  };
}
