import { type KubernetesObject, keyOf, type ObjectKey } from './objects.ts';
import { compareResourceVersions } from './resource-version.ts';

/** What a store knows of writes of ours that the API server has not told it of yet. */
export interface OwnWrites<T extends KubernetesObject> {
  /** The answer to a write has taken its place in the store: what the server still tells of before is old. */
  stored(key: ObjectKey): void;
  /** An answer for an object that the store does not hold yet: it was read live, or is new. */
  ahead(object: T): void;
  isUnconfirmed(key: ObjectKey): boolean;
  /** The server has told of the write, or of the end of the object. */
  confirm(key: ObjectKey): void;
  /** What the server says an object is, or our own write of it that is newer. */
  newest(object: T): T;
  /** The object is gone, whether or not the store ever held it. */
  gone(object: T): void;
  /** A list that is requested after a write contains it: nothing of before matters any more. */
  listRequested(): void;
}

/** An object that never comes (it is out of the selection, or was deleted) would be kept for good otherwise. */
const mostAhead = 1_000;

export function createOwnWrites<T extends KubernetesObject>(): OwnWrites<T> {
  const unconfirmed = new Set<ObjectKey>();
  /** By uid, because an old object and a new one of its name may both be on their way. */
  const ahead = new Map<string, T>();

  return {
    stored: (key) => {
      unconfirmed.add(key);
    },
    ahead: (object) => {
      const { uid } = object.metadata;
      if (isNewer(ahead.get(uid), object)) return;
      ahead.set(uid, object);
      const [oldest] = ahead.keys();
      if (ahead.size > mostAhead && oldest !== undefined) ahead.delete(oldest);
    },
    isUnconfirmed: (key) => unconfirmed.has(key),
    confirm: (key) => {
      unconfirmed.delete(key);
    },
    newest: (object) => {
      const own = ahead.get(object.metadata.uid);
      if (own === undefined) return object;
      ahead.delete(object.metadata.uid);
      if (!isNewer(own, object)) return object;
      unconfirmed.add(keyOf(object));
      return own;
    },
    gone: (object) => {
      ahead.delete(object.metadata.uid);
    },
    listRequested: () => {
      unconfirmed.clear();
      ahead.clear();
    },
  };
}

const isNewer = <T extends KubernetesObject>(own: T | undefined, object: T): own is T =>
  own !== undefined &&
  (compareResourceVersions(own.metadata.resourceVersion, object.metadata.resourceVersion) ?? 0) > 0;
