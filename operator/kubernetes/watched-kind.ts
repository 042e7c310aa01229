import { type Clock, milliseconds, type Random, seconds } from '../clock.ts';
import type { Logger } from '../telemetry/log.ts';
import { resourceClient } from './client.ts';
import type { Connection } from './connection.ts';
import { type JoinedReflectors, joinReflectors, soleReflector } from './joined-reflectors.ts';
import { joinStores } from './joined-stores.ts';
import type { KubernetesMetrics } from './metrics.ts';
import { type ResourceKind, type UnparsedObject, unparsedObjects } from './objects.ts';
import {
  createParsedObjects,
  type Parsed,
  type ParsedObjects,
  parseDecoded,
  type TypedObject,
} from './parsed-objects.ts';
import { readYourWrites } from './read-your-writes.ts';
import { type ReflectorOptions, startReflector } from './reflector.ts';
import type { Scope } from './scope.ts';
import { createStore, type Store, type WritableStore } from './store.ts';
import type { IndexFunction } from './store-index.ts';
import { createWorkQueue, type WorkQueue } from './work-queue.ts';

/** What all parts of the process share. */
export interface Surroundings {
  connection: Connection;
  metrics: KubernetesMetrics;
  log: Logger;
  clock: Clock;
  random: Random;
  scope: Scope;
}

/** A kind with its cache, its objects and the queue of those that want a pass. */
export interface WatchedKind<T extends TypedObject> {
  kind: ResourceKind;
  store: Store<UnparsedObject>;
  objects: ParsedObjects<T>;
  /** What an object of the store says; each version is parsed once. */
  parse(raw: UnparsedObject): Parsed<T>;
  queue: WorkQueue;
  /** Begins to fill the cache. Handlers are subscribed before, so that they miss nothing. */
  start(): JoinedReflectors;
  /** The namespaces of which it is not known what is in them now: they may not be read, or were not listed yet. `*` stands for all. */
  unreadNamespaces(): readonly string[];
}

/** What makes a kind the kind that it is. */
export interface KindOptions<T extends TypedObject> {
  kind: ResourceKind;
  parse: (raw: UnparsedObject) => Parsed<T>;
  /** Makes a status such that the API server takes it. */
  fitStatus: (status: T['status']) => T['status'];
  /** The finalizer that its controller holds on to. */
  finalizer: string;
  /** By name: the values under which an object is found by `objects.byIndex`. */
  indexes: Readonly<Record<string, IndexFunction<Parsed<T>>>>;
}

/** Prepares all that a controller of a kind needs; nothing is read before `start`. */
export function watchKind<T extends TypedObject>(options: KindOptions<T>, surroundings: Surroundings): WatchedKind<T> {
  const { connection, metrics, log, clock, random, scope } = surroundings;
  const { kind, fitStatus, finalizer } = options;
  const parse = parsedOnce(options.parse);
  const indexes = Object.entries(options.indexes).map(([name, valuesOf]) => {
    return [name, (raw: UnparsedObject) => valuesOf(parse(raw))] as const;
  });
  const resource = resourceClient(connection, kind, unparsedObjects);
  const cache = prepareCache(scope, () => createStore<UnparsedObject>({ log, indexes: Object.fromEntries(indexes) }));
  const client = readYourWrites(resource, cache.store);
  const retries = { baseDelay: milliseconds(200), maxDelay: seconds(60) };
  const queue = createWorkQueue({ clock, random, ...retries, metrics: metrics.workQueue(kind.plural) });
  const labelSelector = scope.selector?.text;
  let parts: JoinedReflectors['parts'] = new Map();
  return {
    kind,
    store: cache.store,
    parse,
    queue,
    objects: createParsedObjects({ client, store: cache.store, parse, fitStatus, finalizer }),
    start: () => {
      const feeding = { client, labelSelector, log, clock, random, metrics: metrics.reflector(kind.plural) };
      const reflectors = cache.start(feeding, kind.plural);
      parts = reflectors.parts;
      return reflectors;
    },
    unreadNamespaces: () => [...parts].flatMap(([namespace, part]) => (part.isComplete() ? [] : namespace)),
  };
}

type Feeding = Omit<ReflectorOptions<UnparsedObject>, 'store' | 'namespace'>;

interface Cache {
  store: Store<UnparsedObject>;
  /** Begins to fill the store. */
  start(feeding: Feeding, resource: string): JoinedReflectors;
}

/** One store for all namespaces, or one for each. */
function prepareCache({ namespaces }: Scope, create: () => WritableStore<UnparsedObject>): Cache {
  if (namespaces.length === 0) {
    const store = create();
    return {
      store,
      start: (feeding, resource) =>
        soleReflector(startReflector({ ...feeding, store, log: feeding.log.child({ resource }) })),
    };
  }
  const stores = new Map(namespaces.map((namespace) => [namespace, create()]));
  return {
    store: joinStores(stores),
    start: (feeding, resource) => {
      const parts = [...stores].map(([namespace, store]) => {
        const log = feeding.log.child({ resource, namespace });
        return [namespace, startReflector({ ...feeding, namespace, store, log })] as const;
      });
      return joinReflectors(new Map(parts));
    },
  };
}

/** Objects of a store never change, so each version is parsed once. */
function parsedOnce<T>(parse: (raw: UnparsedObject) => Parsed<T>): (raw: UnparsedObject) => Parsed<T> {
  const known = new WeakMap<UnparsedObject, Parsed<T>>();
  return (raw) => {
    const result = known.get(raw) ?? parseDecoded(raw, parse);
    known.set(raw, result);
    return result;
  };
}
