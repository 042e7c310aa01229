import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import type { Connection } from '../../../operator/kubernetes/connection.ts';
import type { Playground } from './cluster.ts';

/** A service account that may read a playground, while it is allowed to. */
export interface Reader {
  /** A new token, valid for ten minutes or until it is revoked. */
  issueToken(): Promise<Token>;
  allow(): Promise<void>;
  forbid(): Promise<void>;
  /** Lets it read in another namespace too; that ends with the namespace. */
  allowIn(namespace: string): Promise<void>;
}

export interface Token {
  value: string;
  /** Makes the API server refuse it, as soon as it forgets that it has accepted it (after ten seconds). */
  revoke(): Promise<void>;
}

const tokenSchema = z.object({ status: z.object({ token: z.string() }) });
const rbac = (namespace: string) => `/apis/rbac.authorization.k8s.io/v1/namespaces/${namespace}`;

/** Makes a service account in the playground's namespace, with which it will go. */
export async function createReader(connection: Connection, { kind, namespace }: Playground): Promise<Reader> {
  const name = `reader-${randomBytes(4).toString('hex')}`;
  const core = `/api/v1/namespaces/${namespace}`;
  const create = (path: string, body: object) => connection.request('POST', path, { body });
  await create(`${core}/serviceaccounts`, { metadata: { name } });
  const rules = [{ apiGroups: [kind.group], resources: [kind.plural], verbs: ['list', 'watch'] }];
  const makeRole = (where: string) => create(`${rbac(where)}/roles`, { metadata: { name }, rules });
  const bindRole = (where: string) => {
    const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name };
    const subjects = [{ kind: 'ServiceAccount', name, namespace }];
    return create(`${rbac(where)}/rolebindings`, { metadata: { name }, roleRef, subjects });
  };
  await makeRole(namespace);
  return {
    issueToken: async () => {
      const secret = `${name}-${randomBytes(4).toString('hex')}`;
      await create(`${core}/secrets`, { metadata: { name: secret } });
      // A token that is bound to an object dies with it.
      const boundObjectRef = { apiVersion: 'v1', kind: 'Secret', name: secret };
      const issued = await create(`${core}/serviceaccounts/${name}/token`, { spec: { boundObjectRef } });
      return {
        value: tokenSchema.parse(issued).status.token,
        revoke: async () => {
          await connection.request('DELETE', `${core}/secrets/${secret}`);
        },
      };
    },
    allow: async () => {
      await bindRole(namespace);
    },
    allowIn: async (where) => {
      await makeRole(where);
      await bindRole(where);
    },
    forbid: async () => {
      await connection.request('DELETE', `${rbac(namespace)}/rolebindings/${name}`);
    },
  };
}
