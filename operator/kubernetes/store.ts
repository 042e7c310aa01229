import type { Logger } from '../telemetry/log.ts';
import { type Change, createChangeFeed } from './change-feed.ts';
import { type KubernetesObject, keyOf, type ObjectKey } from './objects.ts';
import { createOwnWrites } from './own-writes.ts';
import { compareResourceVersions } from './resource-version.ts';
import { createStoreIndex, type IndexFunction, type StoreIndex } from './store-index.ts';

/** Objects of one kind as last heard of. What it gives is shared: never change it. */
export interface Store<T extends KubernetesObject> {
  get(key: ObjectKey): T | undefined;
  list(): T[];
  /** The objects for which the index `name` gave `value`. @throws when the store has no such index. */
  byIndex(name: string, value: string): T[];
  readonly size: number;
  /** Calls `handler` on every change from now on, at once and in order. Gives the function that ends this. */
  subscribe(handler: (change: Change<T>) => void): () => void;
  /**
   * Tells the store the answer to a write of ours, so that nobody reconciles from before it. It takes the place of an older
   * version; an object that the store does not hold it shows once the API server has told of that: a deletion that was
   * heard of first stays one.
   */
  observeWrite(object: T): void;
}

/** The side of a store that a reflector feeds. */
export interface WritableStore<T extends KubernetesObject> extends Store<T> {
  /** Takes in one event of a watch. */
  apply(type: 'Added' | 'Modified' | 'Deleted', object: T): void;
  /**
   * To be called before a list is requested; the function it gives puts the complete list in place of everything, at once.
   */
  beginReplace(): (objects: readonly T[]) => void;
}

export interface StoreOptions<T> {
  log: Logger;
  /** By name: for `byIndex`. */
  indexes?: Readonly<Record<string, IndexFunction<T>>> | undefined;
}

/** An empty store. */
export function createStore<T extends KubernetesObject>(options: StoreOptions<T>): WritableStore<T> {
  const objects = new Map<ObjectKey, T>();
  const indexes = createIndexes(options);
  const feed = createChangeFeed<T>(options.log);
  const ownWrites = createOwnWrites<T>();

  const put = (key: ObjectKey, object: T, previous: T | undefined, source: Change<T>['source']): Change<T> => {
    objects.set(key, object);
    for (const index of indexes.values()) index.replace(previous, object);
    return previous === undefined ? { type: 'Added', object, source } : { type: 'Updated', object, previous, source };
  };
  const remove = (key: ObjectKey, previous: T, last: T = previous): Change<T> => {
    objects.delete(key);
    ownWrites.confirm(key);
    for (const index of indexes.values()) index.replace(previous, undefined);
    // Whoever hears of it must still learn what it was.
    return { type: 'Deleted', object: last.undecoded === undefined ? last : previous, source: 'Server' };
  };

  /** Takes in what the server says an object is. */
  const accept = (told: T): Change<T>[] => {
    const key = keyOf(told);
    const held = objects.get(key);
    if (held !== undefined && held.metadata.uid !== told.metadata.uid) return [remove(key, held), ...accept(told)];
    const object = ownWrites.newest(told);
    if (held === undefined) return [put(key, object, undefined, 'Server')];
    const age = compareAge(object, held);
    // Outside of own writes the server's order counts, not the number: after a restored backup numbers start lower.
    if (age !== undefined && age < 0 && ownWrites.isUnconfirmed(key)) return [];
    ownWrites.confirm(key);
    return age === 0 ? [] : [put(key, object, held, 'Server')];
  };
  const removeAbsent = (present: ReadonlySet<ObjectKey>): Change<T>[] =>
    [...objects].filter(([key]) => !present.has(key)).map(([key, previous]) => remove(key, previous));
  const publish = (changes: readonly Change<T>[]) => {
    for (const change of changes) feed.publish(change);
  };

  return {
    get: (key) => objects.get(key),
    list: () => [...objects.values()],
    byIndex: (name, value) => {
      const index = indexes.get(name);
      if (index === undefined) throw new Error(`the store has no index named ${name}`);
      return index.find(value);
    },
    get size() {
      return objects.size;
    },
    subscribe: feed.subscribe,
    observeWrite: (object) => {
      const key = keyOf(object);
      const previous = objects.get(key);
      if (previous?.metadata.uid !== object.metadata.uid) return ownWrites.ahead(object);
      if (!isNews(object, previous)) return;
      ownWrites.stored(key);
      feed.publish(put(key, object, previous, 'OwnWrite'));
    },
    apply: (type, object) => {
      if (type !== 'Deleted') return publish(accept(object));
      ownWrites.gone(object);
      const previous = objects.get(keyOf(object));
      if (previous?.metadata.uid === object.metadata.uid) feed.publish(remove(keyOf(object), previous, object));
    },
    beginReplace: () => {
      ownWrites.listRequested();
      return (listed) => {
        const present = new Set(listed.map(keyOf));
        // First all of it, then the news: no handler sees half a list.
        publish([...removeAbsent(present), ...listed.flatMap(accept)]);
      };
    },
  };
}

const compareAge = (object: KubernetesObject, other: KubernetesObject): number | undefined =>
  compareResourceVersions(object.metadata.resourceVersion, other.metadata.resourceVersion);

/**
 * Whether the answer to a write says more than what is held. To the release of the last finalizer the API server answers
 * with the version of before: the object ends with it.
 */
function isNews(answer: KubernetesObject, held: KubernetesObject): boolean {
  const age = compareAge(answer, held) ?? 0;
  return age > 0 || (age === 0 && finalizersOf(answer) < finalizersOf(held));
}

const finalizersOf = ({ metadata }: KubernetesObject): number => metadata.finalizers?.length ?? 0;

function createIndexes<T extends KubernetesObject>({ indexes = {}, log }: StoreOptions<T>): Map<string, StoreIndex<T>> {
  const created = new Map<string, StoreIndex<T>>();
  for (const [name, valuesOf] of Object.entries(indexes)) {
    const onError = (error: unknown, object: T) =>
      log.error({ err: error, object: keyOf(object), index: name }, 'an object could not be indexed');
    created.set(name, createStoreIndex(valuesOf, onError));
  }
  return created;
}
