import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { z } from 'zod';

/** Where Argo CD's settings and Applications are. */
export const argoCdNamespace = 'argocd';

const health = z.looseObject({ status: z.string(), message: z.string().default('') });

const application = z.looseObject({
  status: z
    .looseObject({
      sync: z.looseObject({ status: z.enum(['Synced', 'OutOfSync', 'Unknown']), revision: z.string().default('') }),
      health: health.optional(),
      resources: z.array(z.looseObject({ kind: z.string(), name: z.string(), health: health.optional() })).default([]),
      operationState: z.looseObject({ phase: z.string(), message: z.string().default('') }).optional(),
      /** The syncs that succeeded. */
      history: z.array(z.looseObject({ revision: z.string() })).default([]),
      conditions: z.array(z.looseObject({ type: z.string(), message: z.string() })).default([]),
    })
    .optional(),
});

/** An Argo CD Application as the API server has it. */
export type Application = z.infer<typeof application>;

export const parseApplication = (raw: unknown): Application => application.parse(raw);

/** What Argo CD says of one of the resources of an Application; undefined while it says nothing. */
export const healthOf = ({ status }: Application, kind: string, name: string) =>
  status?.resources.find((one) => one.kind === kind && one.name === name)?.health;

/** How often a sync that failed is tried again: often, so that no test waits long. */
const retry = { limit: 50, backoff: { duration: '1s', factor: 1, maxDuration: '1s' } };

const example = (file: string) =>
  z
    .looseObject({ spec: z.looseObject({}) })
    .parse(parse(readFileSync(`${import.meta.dirname}/../../docs/examples/argocd/${file}`, 'utf8')));

const cluster = 'https://kubernetes.default.svc';

/** The project that the documentation shows, for this repository and namespace. */
export function exampleProject(repository: string, namespace: string): object {
  const { spec, ...rest } = example('project.yaml');
  return { ...rest, spec: { ...spec, sourceRepos: [repository], destinations: [{ server: cluster, namespace }] } };
}

/** The Application that the documentation shows, for this repository and namespace; its name is dcc-servers. */
export function exampleApplication(repository: string, namespace: string): object {
  const { spec, ...rest } = example('application.yaml');
  const source = { repoURL: repository, targetRevision: 'main', path: 'dcc' };
  return { ...rest, spec: { ...spec, source, destination: { server: cluster, namespace }, ...withRetry(spec) } };
}

const withRetry = ({ syncPolicy }: { syncPolicy?: unknown }) => ({
  syncPolicy: { ...z.looseObject({}).parse(syncPolicy), retry },
});

/** Another Application of the same kind, which may make anything in the namespace. */
export const anApplication = (name: string, repository: string, path: string, namespace: string) => ({
  apiVersion: 'argoproj.io/v1alpha1',
  kind: 'Application',
  metadata: { name, namespace: argoCdNamespace },
  spec: {
    project: 'default',
    source: { repoURL: repository, targetRevision: 'main', path },
    destination: { server: cluster, namespace },
    syncPolicy: { automated: { prune: true, selfHeal: true }, retry },
  },
});

/** A text for each time that Argo CD found a difference at a revision at which it had found none before: somebody but Git made it. */
export function driftsOf(versions: readonly Application[]): string[] {
  const synced = new Set<string>();
  return versions.flatMap(({ status }) => {
    if (status === undefined) return [];
    const { status: word, revision } = status.sync;
    if (word === 'Synced') synced.add(revision);
    return word === 'OutOfSync' && synced.has(revision) ? [`OutOfSync at ${revision}: ${JSON.stringify(status)}`] : [];
  });
}
