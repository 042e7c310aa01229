import { isDeepStrictEqual } from 'node:util';
import { group, version } from '../../operator/api/names.ts';
import type { Query } from '../../operator/kubernetes/connection.ts';
import type { ObjectMeta } from '../../operator/kubernetes/objects.ts';

/** An object as the API server keeps it; never changed, only replaced. */
export interface StoredObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: Readonly<ObjectMeta>;
  readonly spec?: unknown;
  readonly status?: unknown;
}

/** What a process asks for, at the moment at which it begins to. */
export interface Asked {
  readonly process: string;
  readonly method: string;
  readonly path: string;
  readonly body: unknown;
}

export interface ApiAnswer {
  readonly status: number;
  readonly body: unknown;
}

export interface WatchLine {
  readonly version: number;
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly object: StoredObject;
}

/** What of an object a person, or a writer of status, changes. */
export interface Changes {
  readonly metadata?: Partial<ObjectMeta>;
  readonly spec?: unknown;
  readonly status?: unknown;
}

/**
 * An API server as far as the operator needs one: compare-and-swap on resourceVersion, status as a subresource, finalizers and
 * generations, lists and watches. It answers at once; the way to it is what is slow, loses things, and tells them late.
 */
export interface ApiServer {
  answer(method: string, path: string, query: Query, body: unknown): ApiAnswer;
  /** Calls `onLine` for each change of a kind after `version`, from the past at once. Gives what ends it. */
  watch(plural: string, version: number, onLine: (line: WatchLine) => void): () => void;
  /** For people, who see it all. */
  get(plural: string, name: string): StoredObject | undefined;
  list(plural: string): StoredObject[];
  create(
    plural: string,
    object: { kind: string; name: string; spec?: unknown; annotations?: Record<string, string> },
  ): void;
  change(plural: string, name: string, change: (object: StoredObject) => Changes): void;
  remove(plural: string, name: string): void;
  /** Told of each new version, and of the last of what is gone. */
  onWrite(hear: (line: WatchLine, before: StoredObject | undefined) => void): void;
  /** A process begins to ask for something, whether or not that ever arrives. */
  ask(asked: Asked): void;
  onAsk(hear: (asked: Asked) => void): void;
}

export const namespace = 'datacenter';

/** Paths of the two kinds, and of ConfigMaps. */
const paths = /^\/apis?\/(?:[^/]+\/)?v[^/]+\/(?:namespaces\/[^/]+\/)?([^/]+)(?:\/([^/]+))?(?:\/(status))?$/;

const refuse = (status: number, reason: string, message = reason): ApiAnswer => ({
  status,
  body: { kind: 'Status', code: status, reason, message },
});

/** The uids of a cluster that has a name end with it: no two clusters have the same. */
export function createApiServer(wallClock: () => Date, cluster = ''): ApiServer {
  const kinds = new Map<string, Map<string, StoredObject>>();
  const log: (WatchLine & { plural: string })[] = [];
  const watchers = new Map<(line: WatchLine) => void, string>();
  const listeners: ((line: WatchLine, before: StoredObject | undefined) => void)[] = [];
  const watchersOfAsking: ((asked: Asked) => void)[] = [];
  let last = 0;
  const ofKind = (plural: string) => {
    const known = kinds.get(plural) ?? new Map<string, StoredObject>();
    kinds.set(plural, known);
    return known;
  };

  const publish = (plural: string, type: WatchLine['type'], object: StoredObject, before?: StoredObject) => {
    const line = { version: last, type, object, plural };
    log.push(line);
    for (const hear of listeners) hear(line, before);
    for (const [onLine, watched] of watchers) if (watched === plural) onLine(line);
  };

  /** Puts a new version in place; one that is being deleted and that nobody holds is gone with it. */
  const store = (plural: string, before: StoredObject | undefined, next: Omit<StoredObject, 'apiVersion' | 'kind'>) => {
    last += 1;
    const { kind, apiVersion } = before ?? (next as StoredObject);
    const object = { ...next, kind, apiVersion, metadata: { ...next.metadata, resourceVersion: String(last) } };
    const isGone = object.metadata.deletionTimestamp !== undefined && !object.metadata.finalizers?.length;
    if (isGone) ofKind(plural).delete(object.metadata.name);
    else ofKind(plural).set(object.metadata.name, object);
    publish(plural, isGone ? 'DELETED' : before === undefined ? 'ADDED' : 'MODIFIED', object, before);
    return object;
  };

  const applyTo = (plural: string, before: StoredObject, changes: Changes): StoredObject => {
    const { spec, status } = { ...before, ...changes };
    const metadata = { ...before.metadata, ...changes.metadata };
    const isNewSpec = !isDeepStrictEqual(spec, before.spec);
    if (isNewSpec) metadata.generation += 1;
    const isNew =
      isNewSpec || !isDeepStrictEqual(metadata, before.metadata) || !isDeepStrictEqual(status, before.status);
    return isNew ? store(plural, before, { metadata, spec, status }) : before;
  };

  function replaceStatus(plural: string, before: StoredObject, body: StoredObject): ApiAnswer {
    const { resourceVersion, uid } = body.metadata;
    // Who names no version overwrites whatever there is, as with the real one.
    const isOld = resourceVersion !== undefined && resourceVersion !== before.metadata.resourceVersion;
    if (uid !== before.metadata.uid || isOld) return refuse(409, 'Conflict');
    return { status: 200, body: applyTo(plural, before, { status: body.status }) };
  }

  function patch(plural: string, before: StoredObject, operations: readonly Operation[]): ApiAnswer {
    const left = [...(before.metadata.finalizers ?? [])];
    for (const { op, path, value } of operations) {
      const index = Number(path.split('/').at(-1));
      if (op === 'test' && !isDeepStrictEqual(valueAt(before, left, path), value))
        return refuse(422, 'Invalid', 'the test of the patch failed');
      if (op === 'remove') left.splice(index, 1);
      if (op === 'add') left.push(...[value].flat().map(String));
    }
    return { status: 200, body: applyTo(plural, before, { metadata: { finalizers: left } }) };
  }

  return {
    answer: (method, path, { fieldSelector }, body) => {
      const [, plural = '', name, sub] = paths.exec(path) ?? [];
      if (name === undefined) {
        const items = [...ofKind(plural).values()].filter((object) => isSelected(object, fieldSelector));
        return { status: 200, body: { metadata: { resourceVersion: String(last) }, items } };
      }
      const before = ofKind(plural).get(name);
      if (before === undefined) return refuse(404, 'NotFound');
      if (method === 'GET') return { status: 200, body: before };
      if (method === 'PUT' && sub === 'status') return replaceStatus(plural, before, body as StoredObject);
      if (method === 'PATCH') return patch(plural, before, body as readonly Operation[]);
      throw new Error(`the simulated API server does not know ${method} ${path}`);
    },
    watch: (plural, from, onLine) => {
      for (const line of log) if (line.plural === plural && line.version > from) onLine(line);
      watchers.set(onLine, plural);
      return () => watchers.delete(onLine);
    },
    get: (plural, name) => ofKind(plural).get(name),
    list: (plural) => [...ofKind(plural).values()],
    create: (plural, { kind, name, spec, annotations }) => {
      if (ofKind(plural).has(name)) return;
      const uid = `${name}-${last + 1}${cluster}`;
      const metadata = {
        name,
        namespace,
        uid,
        resourceVersion: '',
        generation: 1,
        creationTimestamp: wallClock().toISOString(),
      };
      const apiVersion = kind === 'ConfigMap' ? 'v1' : `${group}/${version}`;
      const created = {
        apiVersion,
        kind,
        metadata: { ...metadata, ...(annotations === undefined ? {} : { annotations }) },
        ...(spec === undefined ? {} : { spec }),
      };
      store(plural, undefined, created);
    },
    change: (plural, name, change) => {
      const before = ofKind(plural).get(name);
      if (before !== undefined) applyTo(plural, before, change(before));
    },
    remove: (plural, name) => {
      const before = ofKind(plural).get(name);
      if (before === undefined) return;
      const deletionTimestamp = before.metadata.deletionTimestamp ?? wallClock().toISOString();
      applyTo(plural, before, { metadata: { deletionTimestamp } });
    },
    onWrite: (hear) => listeners.push(hear),
    ask: (asked) => {
      for (const hear of watchersOfAsking) hear(asked);
    },
    onAsk: (hear) => watchersOfAsking.push(hear),
  };
}

/** The one field that ours select by. */
function isSelected({ spec }: StoredObject, fieldSelector: unknown): boolean {
  const [, resourceId] = /^spec\.resourceId=(.*)$/.exec(String(fieldSelector)) ?? [];
  if (fieldSelector !== undefined && resourceId === undefined)
    throw new Error(`the simulated API server does not know the field selector ${fieldSelector}`);
  return resourceId === undefined || (spec as { resourceId?: unknown }).resourceId === resourceId;
}

/** What a patch of ours looks at: the uid, all finalizers (`null` for none), or one of them. */
function valueAt({ metadata }: StoredObject, finalizers: readonly string[], path: string): unknown {
  if (path === '/metadata/uid') return metadata.uid;
  if (path === '/metadata/finalizers') return finalizers.length > 0 ? finalizers : null;
  return finalizers[Number(path.split('/').at(-1))];
}

interface Operation {
  readonly op: 'test' | 'add' | 'remove';
  readonly path: string;
  readonly value?: unknown;
}
