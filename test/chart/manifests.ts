import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { template } from './helm.ts';

/** Any object of Kubernetes. */
const manifest = z.looseObject({
  kind: z.string(),
  metadata: z.looseObject({ name: z.string(), annotations: z.record(z.string(), z.string()).optional() }),
});

const rule = z.object({ apiGroups: z.array(z.string()), resources: z.array(z.string()), verbs: z.array(z.string()) });
/** The kinds by which rights are given, as far as tests look at them. */
export const clusterRole = manifest.extend({ kind: z.literal('ClusterRole'), rules: z.array(rule) });
export const role = manifest.extend({
  kind: z.literal('Role'),
  metadata: z.looseObject({ name: z.string(), namespace: z.string() }),
  rules: z.array(rule),
});
export const roleBinding = manifest.extend({
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
/** The operators, as far as tests look at them. */
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
export const election = 'dcc-dcc-operator-leader-election';

/** Everything that the chart renders with these `--set` values. */
export async function rendered(values?: Record<string, string>) {
  return parseAllDocuments(await template(values))
    .map((document): unknown => document.toJS())
    .filter((object) => object !== null)
    .map((object) => manifest.parse(object));
}

/** The spec of the Deployment. */
export async function deploymentOf(values?: Record<string, string>) {
  const objects = await rendered(values);
  return deployment.parse(objects.find(({ kind }) => kind === 'Deployment')).spec;
}

/** For people, to be bound by people: by itself it grants nothing. */
const forPeople = ['approver', 'glass-breaker', 'viewer', 'editor'].map((role) => `dcc-dcc-operator-${role}`);

/** Everything that grants the operator rights within the whole cluster. */
export const isClusterWide = ({ kind, metadata }: { kind: string; metadata: { name: string } }) =>
  kind === 'ClusterRoleBinding' || (kind === 'ClusterRole' && !forPeople.includes(metadata.name));

/** What the operator may do in the whole cluster. */
export async function rulesOf(values?: Record<string, string>) {
  const objects = await rendered(values);
  return clusterRole.parse(objects.find((object) => object.kind === 'ClusterRole' && isClusterWide(object))).rules;
}
