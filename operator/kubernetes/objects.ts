import { z } from 'zod';

/** The part of `metadata` that every object has; fields not named here are carried along untouched. */
export interface ObjectMeta {
  name: string;
  namespace: string;
  uid: string;
  /** Opaque; `compareResourceVersions` says when two may be compared. */
  resourceVersion: string;
  /** Counts changes of spec; 0 for kinds that have no generation, such as ConfigMap. */
  generation: number;
  creationTimestamp: string;
  deletionTimestamp?: string | undefined;
  finalizers?: string[] | undefined;
  labels?: Record<string, string> | undefined;
  annotations?: Record<string, string> | undefined;
}

export interface KubernetesObject {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
  /** Why it could not be decoded. Then it exists, and what is missing here is not known, rather than absent. */
  undecoded?: string | undefined;
}

/** An object whose spec and status are not parsed yet: that is the business of who knows the kind. */
export interface UnparsedObject extends KubernetesObject {
  spec?: unknown;
  status?: unknown;
}

/** A namespaced kind as the API server's paths name it. The core group is ''. */
export interface ResourceKind {
  group: string;
  version: string;
  plural: string;
  kind: string;
}

/** `namespace/name`: how caches and queues know an object. It outlives the object: a re-created one has the same key. */
export type ObjectKey = string & { readonly form: 'namespace/name' };

export const objectKey = (namespace: string, name: string): ObjectKey => `${namespace}/${name}` as ObjectKey;

export const keyOf = ({ metadata }: KubernetesObject): ObjectKey => objectKey(metadata.namespace, metadata.name);

/** The two halves of a key. Neither can contain a slash: namespaces and names are DNS labels and subdomains. */
export function splitKey(key: ObjectKey): { namespace: string; name: string } {
  const slash = key.indexOf('/');
  return { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}

/** The kind's `apiVersion`, such as `apps/v1`, or `v1` in the core group. */
export const apiVersionOf = ({ group, version }: ResourceKind): string =>
  group === '' ? version : `${group}/${version}`;

const identitySchema = z.object({
  name: z.string().min(1),
  namespace: z.string().min(1),
  uid: z.string().min(1),
  resourceVersion: z.string().min(1),
});

const metadataSchema = identitySchema.loose().extend({
  generation: z.int().default(0),
  creationTimestamp: z.string().min(1),
  deletionTimestamp: z.string().optional(),
  finalizers: z.array(z.string()).optional(),
  labels: z.record(z.string(), z.string()).optional(),
  annotations: z.record(z.string(), z.string()).optional(),
});

const objectSchema = z.looseObject({
  apiVersion: z.string().min(1),
  kind: z.string().min(1),
  metadata: metadataSchema,
});

/**
 * The door through which objects come in: checks the metadata and leaves everything else unknown, so that an object with a
 * strange spec still reaches its controller, which can say so in its status.
 * @throws ZodError when the metadata is not that of a stored object.
 */
export const decodeObject = (raw: unknown): UnparsedObject => (isWellFormed(raw) ? raw : objectSchema.parse(raw));

const salvagedSchema = z.object({
  metadata: identitySchema.extend({
    generation: z.int().catch(0),
    creationTimestamp: z.string().catch(''),
    deletionTimestamp: z.string().optional().catch(undefined),
    finalizers: z.array(z.string()).optional().catch(undefined),
    labels: z.record(z.string(), z.string()).optional().catch(undefined),
    annotations: z.record(z.string(), z.string()).optional().catch(undefined),
  }),
});

/**
 * What can be known of an object that could not be decoded: who it is, and the fields of its metadata that are in order.
 * @throws ZodError when not even its identity can be read: then nobody knows which object was told of.
 */
export const salvageMetadata = (raw: unknown): ObjectMeta => salvagedSchema.parse(raw).metadata;

/** How the objects of a kind come in. */
export interface Decoder<T> {
  /** @throws when the object is not what the API promises. */
  decode(raw: unknown): T;
  /** What a cache holds in the place of an object that `decode` refused: neither its old state, which is over, nor nothing. */
  standIn(salvaged: KubernetesObject): T;
}

/** For whoever leaves spec and status to the controllers. */
export const unparsedObjects: Decoder<UnparsedObject> = { decode: decodeObject, standIn: (salvaged) => salvaged };

/**
 * Whether the schema would take an object and give it back as it is. By hand, because it is asked for every object of every
 * list and watch, and a copy of each would cost twice the time of parsing its JSON; whatever it refuses, the schema judges.
 */
function isWellFormed(raw: unknown): raw is UnparsedObject {
  if (!isRecord(raw) || !isText(raw['apiVersion']) || !isText(raw['kind'])) return false;
  const metadata = raw['metadata'];
  return (
    isRecord(metadata) &&
    identity.every((field) => isText(metadata[field])) &&
    Number.isSafeInteger(metadata['generation']) &&
    isOptional(metadata['deletionTimestamp'], isString) &&
    isOptional(metadata['finalizers'], (value) => Array.isArray(value) && value.every(isString)) &&
    isOptional(metadata['labels'], isTexts) &&
    isOptional(metadata['annotations'], isTexts)
  );
}

const identity = ['name', 'namespace', 'uid', 'resourceVersion', 'creationTimestamp'] as const;

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isString = (value: unknown): boolean => typeof value === 'string';
const isText = (value: unknown): boolean => typeof value === 'string' && value !== '';
const isTexts = (value: unknown): boolean => isRecord(value) && Object.values(value).every(isString);
const isOptional = (value: unknown, isValid: (value: unknown) => boolean): boolean =>
  value === undefined || isValid(value);
