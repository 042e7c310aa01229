import { z } from 'zod';
import { type Milliseconds, seconds } from '../clock.ts';
import type { Connection, Method, RequestOptions } from './connection.ts';
import { isInvalid, KubernetesError } from './errors.ts';
import { withoutManagedFields } from './managed-fields.ts';
import {
  apiVersionOf,
  type Decoder,
  isRecord,
  type KubernetesObject,
  type ResourceKind,
  salvageMetadata,
} from './objects.ts';
import { parseWatchLine, type WatchEvent } from './watch-event.ts';

/** Calls on the objects of one kind. All reject with a KubernetesError, or with the reason of the caller's signal. */
export interface ResourceClient<T extends KubernetesObject> {
  readonly kind: ResourceKind;
  /** One page. Without `resourceVersion` it is a quorum read: nothing that was written before the call is missing. */
  list(options: ListOptions): Promise<Page<T>>;
  /** Changes from `from` on, until the server ends it after about `timeout`. */
  watch(options: WatchOptions): AsyncIterable<WatchEvent<T>>;
  /** A live quorum read, past every cache. */
  get(namespace: string, name: string, options?: CallOptions): Promise<T>;
  /** Replaces the status of exactly this version of the object; `Conflict` when it is no longer the newest. */
  replaceStatus(object: T, status: unknown, options?: CallOptions): Promise<T>;
  /** Changes an object by RFC 6902 operations; `Conflict` when one of its tests fails. */
  jsonPatch(object: T, operations: readonly JsonPatchOperation[], options?: PatchOptions): Promise<T>;
}

export interface CallOptions {
  signal?: AbortSignal | undefined;
}

export interface PatchOptions extends CallOptions {
  subresource?: 'status' | undefined;
}

export interface Selection {
  /** All namespaces when absent. */
  namespace?: string | undefined;
  labelSelector?: string | undefined;
}

export interface ListOptions extends Selection, CallOptions {
  limit: number;
  continue?: string | undefined;
  resourceVersion?: string | undefined;
}

export interface WatchOptions extends Selection {
  /**
   * The version after which changes are told; or `Everything`: first all that exists, as fresh as a quorum read, as `Added`
   * until a bookmark says that it is `listed`. A server that does not know how rejects with `Invalid`.
   */
  from: WatchStart;
  timeout: Milliseconds;
  signal: AbortSignal;
}

export type WatchStart = { version: string } | 'Everything';

export interface Page<T> {
  items: T[];
  /** Of the whole list, the same on each of its pages: where to watch from. */
  resourceVersion: string;
  /** Asks for the next page; absent on the last one. */
  continue?: string | undefined;
}

/** RFC 6902. A `test` of `null` also holds for a path that is absent: so does the library that the API server uses. */
export type JsonPatchOperation =
  | { op: 'add' | 'replace' | 'test'; path: string; value: unknown }
  | { op: 'remove'; path: string };

const listTimeout = seconds(60);

/**
 * A client for one namespaced kind. Lists and watches give the stand-in of an object that cannot be decoded, as long as it can
 * be told which object it is; when not, they are `Malformed`, since anything may have happened to any object.
 */
export function resourceClient<T extends KubernetesObject>(
  connection: Connection,
  kind: ResourceKind,
  decoder: Decoder<T>,
): ResourceClient<T> {
  const apiVersion = apiVersionOf(kind);
  const root = kind.group === '' ? `/api/${apiVersion}` : `/apis/${apiVersion}`;
  const collection = (namespace?: string) =>
    namespace === undefined
      ? `${root}/${kind.plural}`
      : `${root}/namespaces/${encodeURIComponent(namespace)}/${kind.plural}`;
  const path = (namespace: string, name: string) => `${collection(namespace)}/${encodeURIComponent(name)}`;
  const pathOf = ({ metadata }: T) => path(metadata.namespace, metadata.name);
  const ingest = (raw: unknown): T => decoder.decode(withoutManagedFields(raw));
  const ingestToCache = (raw: unknown): T => {
    try {
      return ingest(raw);
    } catch (error) {
      const undecoded = error instanceof Error ? error.message : String(error);
      return decoder.standIn({ apiVersion, kind: kind.kind, metadata: decoded(salvageMetadata, raw), undecoded });
    }
  };
  const call = async (method: Method, target: string, options: RequestOptions): Promise<T> =>
    decoded(ingest, await connection.request(method, target, options));

  return {
    kind,
    list: async ({ namespace, signal, ...query }) => {
      const options = { query, signal, timeout: listTimeout };
      const raw = await connection.request('GET', collection(namespace), options);
      return parsePage(raw, (item) => ingestToCache(withType(item, apiVersion, kind.kind)));
    },
    watch: async function* ({ namespace, timeout, signal, from, ...selection }) {
      const timeoutSeconds = Math.ceil(timeout / 1_000);
      const query = { ...selection, ...startOf(from), watch: true, allowWatchBookmarks: true, timeoutSeconds };
      for await (const line of connection.stream(collection(namespace), query, signal)) {
        yield line === '' ? { type: 'Opened' } : parseWatchLine(line, ingestToCache);
      }
    },
    get: (namespace, name, { signal } = {}) => call('GET', path(namespace, name), { signal }),
    // The whole object, because the status endpoints of some built-in kinds also take labels from what they are given.
    replaceStatus: (object, status, { signal } = {}) =>
      call('PUT', `${pathOf(object)}/status`, { body: { ...object, status }, signal }),
    jsonPatch: async (object, operations, { subresource, signal } = {}) => {
      const target = subresource === undefined ? pathOf(object) : `${pathOf(object)}/${subresource}`;
      const options = { body: operations, contentType: 'application/json-patch+json', signal };
      try {
        return await call('PATCH', target, options);
      } catch (error) {
        throw asConflict(error, operations);
      }
    },
  };
}

/** https://kubernetes.io/docs/reference/using-api/api-concepts/#streaming-lists */
const startOf = (from: WatchStart) =>
  from === 'Everything'
    ? { sendInitialEvents: true, resourceVersionMatch: 'NotOlderThan' }
    : { resourceVersion: from.version };

const listSchema = z.object({
  metadata: z.object({ resourceVersion: z.string().min(1), continue: z.string().optional() }),
  items: z.array(z.unknown()),
});

function parsePage<T>(raw: unknown, decode: (item: unknown) => T): Page<T> {
  const { metadata, items } = decoded((value) => listSchema.parse(value), raw);
  const { resourceVersion } = metadata;
  return { items: items.map(decode), resourceVersion, continue: metadata.continue || undefined };
}

function decoded<T>(decode: (raw: unknown) => T, raw: unknown): T {
  try {
    return decode(raw);
  } catch (error) {
    throw new KubernetesError('Malformed', 'the answer is not what the API promises', { cause: error });
  }
}

/** Items of a list of a built-in kind do not say what they are; those of a custom one do. */
function withType(item: unknown, apiVersion: string, kind: string): unknown {
  return isRecord(item) ? { apiVersion, kind, ...item } : item;
}

/**
 * A failed test comes as a 422 that looks like that of any patch that cannot be applied (no cause, no field), unlike that of
 * an object that fails validation. Both mean that the object is not the one that the patch was made for.
 */
function asConflict(error: unknown, operations: readonly JsonPatchOperation[]): unknown {
  const tested = operations.some(({ op }) => op === 'test');
  if (!tested || !isInvalid(error) || error.namesCauses) return error;
  return new KubernetesError('Conflict', `a test of the patch failed: ${error.message}`, {
    status: error.status,
    cause: error,
  });
}
