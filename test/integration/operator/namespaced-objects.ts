import { z } from 'zod';
import { apiVersion } from '../../../operator/api/names.ts';
import type { Connection } from '../../../operator/kubernetes/connection.ts';
import { asKubernetesError } from '../../../operator/kubernetes/errors.ts';
import type { Manifest } from './manifests.ts';

/**
 * What people do to objects in a namespace, over a connection that is kept: a kubectl takes 0.1 to 0.4 s of a processor, most
 * of which goes into finding out what the API server serves.
 */
export interface NamespacedObjects {
  /** Applies by the server, one after the other; a field that no manifest has any longer goes. */
  apply(manifests: readonly Manifest[]): Promise<void>;
  patch(kind: ShortName, name: string, patch: object, subresource?: 'status'): Promise<void>;
  delete(kind: ShortName, name: string): Promise<void>;
  list(resource: 'events'): Promise<unknown>;
  /** Takes all finalizers off: nobody is left who would. */
  release(): Promise<void>;
}

/** Kinds as kubectl may be told them. */
export type ShortName = 'dccs' | 'unsub' | 'configmap';

const ours = ['dccservers', 'unsubscriptionrequests'] as const;
const objectList = z.object({
  items: z.array(
    z.looseObject({ metadata: z.looseObject({ name: z.string(), finalizers: z.array(z.string()).optional() }) }),
  ),
});

export function namespacedObjects(connection: Connection, namespace: string): NamespacedObjects {
  const under = (version: string, plural: string) =>
    `/${version.includes('/') ? 'apis' : 'api'}/${version}/namespaces/${namespace}/${plural}`;
  const paths: Readonly<Record<ShortName, string>> = {
    dccs: under(apiVersion, 'dccservers'),
    unsub: under(apiVersion, 'unsubscriptionrequests'),
    configmap: under('v1', 'configmaps'),
  };
  const merge = (path: string, body: object) =>
    connection.request('PATCH', path, { body, contentType: 'application/merge-patch+json' });
  return {
    apply: async (manifests) => {
      for (const body of manifests) {
        const path = `${under(body.apiVersion, `${body.kind.toLowerCase()}s`)}/${body.metadata.name}`;
        const query = { fieldManager: 'tests', force: true, fieldValidation: 'Strict' };
        await connection.request('PATCH', path, { body, query, contentType: 'application/apply-patch+yaml' });
      }
    },
    patch: async (kind, name, patch, subresource) => {
      await merge([paths[kind], name, ...(subresource === undefined ? [] : [subresource])].join('/'), patch);
    },
    delete: async (kind, name) => {
      await connection.request('DELETE', `${paths[kind]}/${name}`);
    },
    list: (resource) => connection.request('GET', under('events.k8s.io/v1', resource)),
    release: async () => {
      for (const path of ours.map((plural) => under(apiVersion, plural))) {
        const { items } = objectList.parse(await connection.request('GET', path));
        for (const { metadata } of items.filter(({ metadata: { finalizers = [] } }) => finalizers.length > 0)) {
          await merge(`${path}/${metadata.name}`, { metadata: { finalizers: null } }).catch(unlessGone);
        }
      }
    },
  };
}

function unlessGone(error: unknown): void {
  if (asKubernetesError(error).reason !== 'NotFound') throw error;
}
