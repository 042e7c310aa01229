import { type Clock, milliseconds, type Random, seconds } from '../clock.ts';
import type { Logger } from '../telemetry/log.ts';
import { resourceClient } from './client.ts';
import type { Connection } from './connection.ts';
import type { KubernetesMetrics } from './metrics.ts';
import { decodeObject, type ResourceKind, type UnparsedObject } from './objects.ts';
import { createParsedObjects, type Parsed, type ParsedObjects, type TypedObject } from './parsed-objects.ts';
import { readYourWrites } from './read-your-writes.ts';
import { type Reflector, startReflector } from './reflector.ts';
import { createStore, type Store } from './store.ts';
import type { IndexFunction } from './store-index.ts';
import { createWorkQueue, type WorkQueue } from './work-queue.ts';

/** What all parts of the process share. */
export interface Surroundings {
  connection: Connection;
  metrics: KubernetesMetrics;
  log: Logger;
  clock: Clock;
  random: Random;
  /** The one namespace to watch, or all. */
  namespace: string | undefined;
}

/** A kind with its cache, its objects and the queue of those that want a pass. */
export interface WatchedKind<T extends TypedObject> {
  kind: ResourceKind;
  store: Store<UnparsedObject>;
  objects: ParsedObjects<T>;
  queue: WorkQueue;
  /** Begins to fill the cache. Handlers are subscribed before, so that they miss nothing. */
  start(): Reflector;
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
  const { connection, metrics, log, clock, random, namespace } = surroundings;
  const { kind, fitStatus, finalizer } = options;
  const parse = parsedOnce(options.parse);
  const indexes = Object.entries(options.indexes).map(([name, valuesOf]) => {
    return [name, (raw: UnparsedObject) => valuesOf(parse(raw))] as const;
  });
  const store = createStore<UnparsedObject>({ log, indexes: Object.fromEntries(indexes) });
  const client = readYourWrites(resourceClient(connection, kind, decodeObject), store);
  const retries = { baseDelay: milliseconds(200), maxDelay: seconds(60) };
  const queue = createWorkQueue({ clock, random, ...retries, metrics: metrics.workQueue(kind.plural) });
  const reflector = { client, store, namespace, log, clock, random, metrics: metrics.reflector(kind.plural) };
  return {
    kind,
    store,
    queue,
    objects: createParsedObjects({ client, store, parse, fitStatus, finalizer }),
    start: () => startReflector(reflector),
  };
}

/** Objects of a store never change, so each version is parsed once. */
function parsedOnce<T>(parse: (raw: UnparsedObject) => Parsed<T>): (raw: UnparsedObject) => Parsed<T> {
  const known = new WeakMap<UnparsedObject, Parsed<T>>();
  return (raw) => {
    const result = known.get(raw) ?? parse(raw);
    known.set(raw, result);
    return result;
  };
}
