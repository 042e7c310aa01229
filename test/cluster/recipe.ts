import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buildEnvironment, buildFlags } from './go.ts';

/** A set of programs that one go.mod below `binaries/` builds. */
export type RecipeName =
  | 'kubernetes'
  | 'kubernetes-node'
  | 'kube-router'
  | 'helm'
  | 'prometheus'
  | 'prometheus-operator'
  | 'kubeconform'
  | 'argocd';

/** A command that is built: its Go package, and the name that `go install` gives its executable. */
interface BuiltProgram {
  readonly recipe: RecipeName;
  readonly package: string;
  readonly installedAs: string;
}

/** A file of a module as it is: what a command needs beside it, or what a cluster takes. */
interface FileOfModule {
  readonly recipe: RecipeName;
  readonly module: string;
  readonly file: string;
}

/** What a recipe makes. */
export type Program = BuiltProgram | FileOfModule;

const kubernetesCommand = (name: string) => kubernetesCommandOf('kubernetes', name);
const nodeCommand = (name: string) => kubernetesCommandOf('kubernetes-node', name);

const kubernetesCommandOf = <Name extends RecipeName>(recipe: Name, name: string) =>
  ({ recipe, package: `k8s.io/kubernetes/cmd/${name}`, installedAs: name }) as const;

const prometheusCommand = <Name extends string>(name: Name) =>
  ({ recipe: 'prometheus', package: `github.com/prometheus/prometheus/cmd/${name}`, installedAs: name }) as const;

function argoCdFile(file: string) {
  return { recipe: 'argocd', module: 'github.com/argoproj/argo-cd/v3', file } as const;
}

function prometheusOperatorDefinition(plural: string) {
  const file = `example/prometheus-operator-crd/monitoring.coreos.com_${plural}.yaml`;
  return { recipe: 'prometheus-operator', module: 'github.com/prometheus-operator/prometheus-operator', file } as const;
}

/** The programs that tests and the demo run. */
export const programs = {
  etcd: { recipe: 'kubernetes', package: 'go.etcd.io/etcd/server/v3', installedAs: 'server' },
  'kube-apiserver': kubernetesCommand('kube-apiserver'),
  'kube-controller-manager': kubernetesCommand('kube-controller-manager'),
  kubectl: kubernetesCommand('kubectl'),
  kubelet: nodeCommand('kubelet'),
  'kube-scheduler': nodeCommand('kube-scheduler'),
  'kube-proxy': nodeCommand('kube-proxy'),
  'kube-router': {
    recipe: 'kube-router',
    package: 'github.com/cloudnativelabs/kube-router/v2/cmd/kube-router',
    installedAs: 'kube-router',
  },
  helm: { recipe: 'helm', package: 'helm.sh/helm/v3/cmd/helm', installedAs: 'helm' },
  promtool: prometheusCommand('promtool'),
  prometheus: prometheusCommand('prometheus'),
  'servicemonitors.yaml': prometheusOperatorDefinition('servicemonitors'),
  'prometheusrules.yaml': prometheusOperatorDefinition('prometheusrules'),
  kubeconform: {
    recipe: 'kubeconform',
    package: 'github.com/yannh/kubeconform/cmd/kubeconform',
    installedAs: 'kubeconform',
  },
  argocd: { recipe: 'argocd', package: 'github.com/argoproj/argo-cd/v3/cmd', installedAs: 'cmd' },
  'argocd-health': { recipe: 'argocd', package: 'dcc-operator.io/test/cluster/argocd/health', installedAs: 'health' },
  'argocd-core-install.yaml': argoCdFile('manifests/core-install.yaml'),
  // The repo server runs it by this name.
  'git-verify-wrapper.sh': argoCdFile('hack/git-verify-wrapper.sh'),
} as const satisfies Record<string, Program>;

/** A program that tests and the demo run. */
export type BinaryName = keyof typeof programs;

export const allBinaries = Object.keys(programs).filter((name): name is BinaryName => name in programs);

/** All that decides what is built. */
export interface Recipe {
  readonly name: RecipeName;
  /** The folder of the go.mod. */
  readonly folder: string;
  readonly version: string;
  /** The oldest Go that the go.mod allows. */
  readonly go: string;
  /** Values for variables that the project's own release build sets; a plain build leaves them at "unknown". */
  readonly stamps: Readonly<Record<string, string>>;
  readonly goMod: string;
  readonly goSum: string;
  /** The Go toolchain that the go.mod names when it needs a newer one than most machines have; else the machine's own. */
  readonly toolchain: string | undefined;
  /** The text of each source file that belongs to the recipe itself. */
  readonly sources: readonly string[];
}

/**
 * Reads the recipe below `binaries/`: its go.mod is the only place that states versions.
 * @throws when a file is missing or states no version.
 */
export async function readRecipe(name: RecipeName): Promise<Recipe> {
  const folder = join(import.meta.dirname, 'binaries', name);
  const goMod = await readFile(join(folder, 'go.mod'), 'utf8');
  const goSum = await readFile(join(folder, 'go.sum'), 'utf8');
  const versionOf = (module: string) => find(goMod, new RegExp(`^\\s*(?:require )?${module} (v\\S+)`, 'm'));
  const go = find(goMod, /^go (\S+)/m);
  const toolchain = /^toolchain (\S+)/m.exec(goMod)?.[1];
  return { name, folder, go, goMod, goSum, toolchain, sources: await sourcesIn(folder), ...versions[name](versionOf) };
}

async function sourcesIn(folder: string): Promise<string[]> {
  const paths = (await readdir(folder, { recursive: true })).filter((path) => path.endsWith('.go'));
  return Promise.all(paths.sort().map((path) => readFile(join(folder, path), 'utf8')));
}

type Versions = Pick<Recipe, 'version' | 'stamps'>;

const versions: Record<RecipeName, (versionOf: (module: string) => string) => Versions> = {
  kubernetes: (versionOf) => kubernetesVersions(versionOf),
  'kubernetes-node': (versionOf) => kubernetesVersions(versionOf),
  'kube-router': (versionOf) => ({ version: versionOf('github.com/cloudnativelabs/kube-router/v2'), stamps: {} }),
  // `helm template` would take the cluster for Kubernetes 1.20 otherwise. Source: Helm's Makefile
  helm: (versionOf) => {
    const version = versionOf('helm.sh/helm/v3');
    const kubernetes = { k8sVersionMajor: '1', k8sVersionMinor: versionOf('k8s.io/client-go').split('.')[1] ?? '' };
    return {
      version,
      stamps: {
        'helm.sh/helm/v3/internal/version.version': version,
        ...prefixKeys('helm.sh/helm/v3/pkg/chartutil.', kubernetes),
        ...prefixKeys('helm.sh/helm/v3/pkg/lint/rules.', kubernetes),
      },
    };
  },
  prometheus: (versionOf) => ({ version: versionOf('github.com/prometheus/prometheus'), stamps: {} }),
  'prometheus-operator': (versionOf) => ({
    version: versionOf('github.com/prometheus-operator/prometheus-operator'),
    stamps: {},
  }),
  kubeconform: (versionOf) => ({ version: versionOf('github.com/yannh/kubeconform'), stamps: {} }),
  // It would call itself 99.99.99 otherwise. Source: Argo CD's Makefile
  argocd: (versionOf) => {
    const version = versionOf('github.com/argoproj/argo-cd/v3');
    return { version, stamps: { 'github.com/argoproj/argo-cd/v3/common.version': version.slice(1) } };
  },
};

/** A chart's `kubeVersion` is compared with these. Source: Kubernetes' hack/lib/version.sh */
function kubernetesVersions(versionOf: (module: string) => string): Versions {
  const version = versionOf('k8s.io/kubernetes');
  const [major = '', minor = ''] = version.slice(1).split('.');
  const values = {
    gitVersion: version,
    gitMajor: major,
    gitMinor: minor,
    gitTreeState: 'clean',
    gitCommit: 'unknown',
  };
  return { version, stamps: prefixKeys('k8s.io/component-base/version.', values) };
}

const prefixKeys = (prefix: string, values: Record<string, string>) =>
  Object.fromEntries(Object.entries(values).map(([key, value]) => [prefix + key, value]));

function find(goMod: string, pattern: RegExp): string {
  const found = pattern.exec(goMod)?.[1];
  if (found === undefined) throw new Error(`go.mod has no line like ${pattern}`);
  return found;
}

/** The name of a recipe's folder in the cache. It changes with everything that changes the programs. */
export function cacheKey({ name, version, stamps, goMod, goSum, sources }: Recipe): string {
  const parts = [goMod, goSum, buildFlags(stamps), buildEnvironment, process.platform, process.arch, ...sources];
  const digest = createHash('sha256').update(JSON.stringify(parts)).digest('hex');
  return `${name}-${version}-${digest.slice(0, 8)}`;
}
