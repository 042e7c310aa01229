import type { ResourceClient } from './client.ts';
import { isNotFound } from './errors.ts';
import { holdFinalizer, releaseFinalizer } from './finalizers.ts';
import { apiVersionOf, type ObjectMeta, objectKey, type UnparsedObject } from './objects.ts';
import { isSameJson } from './same-json.ts';
import { writeStatus } from './status.ts';
import type { Store } from './store.ts';

/** An object with its spec and status understood. */
export interface TypedObject {
  metadata: ObjectMeta;
  spec: unknown;
  status: unknown;
}

/** An object, or why it cannot be understood. */
export type Parsed<T> = { kind: 'Readable'; object: T } | { kind: 'Unreadable'; metadata: ObjectMeta; problem: string };

/** What `parse` makes of an object that could be decoded. */
export const parseDecoded = <T>(raw: UnparsedObject, parse: (raw: UnparsedObject) => Parsed<T>): Parsed<T> =>
  raw.undecoded === undefined
    ? parse(raw)
    : { kind: 'Unreadable', metadata: raw.metadata, problem: `Its metadata could not be decoded: ${raw.undecoded}` };

/** Those objects that can be understood. */
export const readable = <T>(all: readonly Parsed<T>[]): T[] =>
  all.flatMap((parsed) => (parsed.kind === 'Readable' ? [parsed.object] : []));

/** The objects of one kind as their controller sees them: parsed, from the cache or live, and the writes it may do. */
export interface ParsedObjects<T extends TypedObject> {
  /** As last heard of. */
  cached(namespace: string, name: string): Parsed<T> | undefined;
  /** All of them, as last heard of. */
  all(): Parsed<T>[];
  /** Those for which the index `name` of the store gave `value`. */
  byIndex(name: string, value: string): Parsed<T>[];
  /**
   * A live read past every cache; undefined when there is no such object. Unlike the cache it also gives objects that the
   * selector does not select: they are somebody else's (`isSelected`).
   */
  live(namespace: string, name: string, signal?: AbortSignal): Promise<Parsed<T> | undefined>;
  /**
   * Writes the status, made to fit, of exactly this version, unless it says the same already: then `object` itself comes
   * back. A conflict rejects.
   */
  writeStatus(object: T, status: T['status']): Promise<T>;
  /** Writes the status that `statusOf` makes of an object that cannot be understood, as it stands in the cache. */
  writeRawStatus(namespace: string, name: string, statusOf: (raw: UnparsedObject) => unknown): Promise<void>;
  holdFinalizer(object: T): Promise<T>;
  /** Also of an object that cannot be understood. */
  releaseFinalizer(object: Pick<TypedObject, 'metadata'>): Promise<void>;
}

export interface ParsedObjectsOptions<T extends TypedObject> {
  /** Its writes are heard of by the store, as those of `readYourWrites` are. */
  client: ResourceClient<UnparsedObject>;
  store: Store<UnparsedObject>;
  parse: (raw: UnparsedObject) => Parsed<T>;
  /** Makes a status such that the API server takes it; one that it would take already stays as it is. */
  fitStatus: (status: T['status']) => T['status'];
  finalizer: string;
}

export function createParsedObjects<T extends TypedObject>(options: ParsedObjectsOptions<T>): ParsedObjects<T> {
  const { client, store, fitStatus, finalizer } = options;
  const parse = (raw: UnparsedObject) => parseDecoded(raw, options.parse);
  const { kind } = client.kind;
  const apiVersion = apiVersionOf(client.kind);
  const unparsed = ({ metadata, spec, status }: T): UnparsedObject => ({ apiVersion, kind, metadata, spec, status });
  const understood = (raw: UnparsedObject): T => {
    const result = parse(raw);
    if (result.kind === 'Readable') return result.object;
    throw new Error(`${kind} ${raw.metadata.name} cannot be understood after a write: ${result.problem}`);
  };

  return {
    cached: (namespace, name) => {
      const raw = store.get(objectKey(namespace, name));
      return raw === undefined ? undefined : parse(raw);
    },
    all: () => store.list().map(parse),
    byIndex: (name, value) => store.byIndex(name, value).map(parse),
    live: async (namespace, name, signal) => {
      try {
        return parse(await client.get(namespace, name, { signal }));
      } catch (error) {
        if (isNotFound(error)) return undefined;
        throw error;
      }
    },
    writeStatus: async (object, status) => {
      // What stands there was taken as it is: at rest nothing has to be made to fit.
      if (isSameJson(object.status, status)) return object;
      const { object: raw, written } = await writeStatus(client, unparsed(object), fitStatus(status));
      return written ? understood(raw) : object;
    },
    writeRawStatus: async (namespace, name, statusOf) => {
      const raw = store.get(objectKey(namespace, name));
      // What stands in the status of one that could not be decoded is not known: a write would wipe it out.
      if (raw === undefined || raw.undecoded !== undefined) return;
      await writeStatus(client, raw, statusOf(raw));
    },
    holdFinalizer: async (object) => understood(await holdFinalizer(client, unparsed(object), finalizer)),
    releaseFinalizer: async ({ metadata }) => {
      await releaseFinalizer(client, { apiVersion, kind, metadata }, finalizer);
    },
  };
}
