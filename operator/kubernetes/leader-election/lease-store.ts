import type { Connection } from '../connection.ts';
import { isNotFound } from '../errors.ts';
import { decodeLease, type LeaseStore } from './lease.ts';

const apiVersion = 'coordination.k8s.io/v1';

/** The Lease `namespace/name` in the API server. The connection should be one of its own: see `docs/decisions/0008`. */
export function createLeaseStore(connection: Pick<Connection, 'request'>, namespace: string, name: string): LeaseStore {
  const collection = `/apis/${apiVersion}/namespaces/${encodeURIComponent(namespace)}/leases`;
  const path = `${collection}/${encodeURIComponent(name)}`;
  return {
    read: async (signal) => {
      try {
        return decodeLease(await connection.request('GET', path, { signal }));
      } catch (error) {
        if (isNotFound(error)) return undefined;
        throw error;
      }
    },
    create: async (spec, signal) => {
      const body = { apiVersion, kind: 'Lease', metadata: { name, namespace }, spec };
      return decodeLease(await connection.request('POST', collection, { body, signal }));
    },
    // Labels, and fields of the spec that other versions know, stay as they are.
    update: async ({ object }, spec, signal) => {
      const kept = typeof object.spec === 'object' ? object.spec : {};
      const body = { ...object, spec: { ...kept, ...spec } };
      return decodeLease(await connection.request('PUT', path, { body, signal }));
    },
  };
}
