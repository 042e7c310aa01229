import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inject } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { createUser } from '../cluster/kubeconfig.ts';
import { kubectl, kubectlOutput } from '../cluster/kubectl.ts';
import { apply, kube } from './installation.ts';

/** Somebody who works with the cluster by a kubeconfig of their own. */
export interface Person {
  /** Runs kubectl in a namespace as this person, and gives what it said, whether it did it or not. */
  kubectl(namespace: string, args: readonly string[], input?: object): Promise<string>;
}

const personWith = (kubeconfig: string): Person => ({
  kubectl: async (namespace, args, input) => {
    const options = input === undefined ? {} : { input: JSON.stringify(input) };
    const { stdout, stderr } = await kubectl(kubeconfig, ['--namespace', namespace, ...args], options);
    return `${stdout}${stderr}`;
  },
});

/** Makes a user who has these ClusterRoles in a namespace, and nothing else. */
export async function aPerson(name: string, namespace: string, ...roles: readonly string[]): Promise<Person> {
  const { directory, url } = inject('cluster');
  const bindings = roles.map((role) => ({
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'RoleBinding',
    metadata: { name: `${name}-${role}` },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: role },
    subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name }],
  }));
  await apply(namespace, ...bindings);
  return personWith(await createUser(directory, url, name));
}

const kubeconfigContent = z.looseObject({ users: z.tuple([z.object({ name: z.string(), user: z.unknown() })]) });
const rule = z.object({
  verbs: z.array(z.string()),
  apiGroups: z.array(z.string()),
  resources: z.array(z.string()),
  resourceNames: z.array(z.string()).default([]),
});
const review = z.object({ status: z.object({ resourceRules: z.array(rule) }) });

/** What everybody may ask about themselves. */
const aboutOneself = ['authentication.k8s.io', 'authorization.k8s.io'];

/**
 * All that a service account may do in a namespace, as the API server itself answers to its token; each as
 * `verbs on resources.group/names`.
 */
export async function rightsOf(serviceAccount: string, of: string, namespace: string): Promise<string[]> {
  const { directory, kubeconfig } = inject('cluster');
  const token = (await kube('-n', of, 'create', 'token', serviceAccount)).trim();
  const content = kubeconfigContent.parse(parse(await readFile(kubeconfig, 'utf8')));
  const path = join(directory, `token-${serviceAccount}.kubeconfig`);
  const users = content.users.map(({ name }) => ({ name, user: { token } }));
  await writeFile(path, JSON.stringify({ ...content, users }), { mode: 0o600 });
  const question = { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectRulesReview', spec: { namespace } };
  const reviews = '/apis/authorization.k8s.io/v1/selfsubjectrulesreviews';
  const answer = await kubectlOutput(path, ['create', '--raw', reviews, '-f', '-'], {
    input: JSON.stringify(question),
  });
  return review
    .parse(JSON.parse(answer))
    .status.resourceRules.filter(({ apiGroups }) => !apiGroups.some((group) => aboutOneself.includes(group)))
    .map(({ verbs, apiGroups, resources, resourceNames }) => {
      const names = resourceNames.length === 0 ? '' : `/${resourceNames.join()}`;
      return `${verbs.join()} on ${resources.join()}.${apiGroups.join()}${names}`;
    })
    .sort();
}
