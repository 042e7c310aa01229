import { expect } from 'vitest';
import { type Clock, type Random, systemClock } from '../../../operator/clock.ts';
import type { Change } from '../../../operator/kubernetes/change-feed.ts';
import type { ResourceClient } from '../../../operator/kubernetes/client.ts';
import type { JoinedReflectors } from '../../../operator/kubernetes/joined-reflectors.ts';
import { keyOf, type ObjectKey, type UnparsedObject } from '../../../operator/kubernetes/objects.ts';
import type { Parsed, TypedObject } from '../../../operator/kubernetes/parsed-objects.ts';
import { startReflector } from '../../../operator/kubernetes/reflector.ts';
import { compareResourceVersions } from '../../../operator/kubernetes/resource-version.ts';
import { createStore, type Store } from '../../../operator/kubernetes/store.ts';
import { watchKind } from '../../../operator/kubernetes/watched-kind.ts';
import { type Playground, silentLog, type TestConnection } from './cluster.ts';

/** A reflector with its store, and all changes that the store told. */
export interface Watching extends AsyncDisposable {
  store: Store<UnparsedObject>;
  changes: readonly Change<UnparsedObject>[];
  /** The changes of one object, as words. */
  told(name: string): string[];
  synced: Promise<void>;
}

export interface WatchingOptions {
  /** The connection whose metrics are counted, and over which it watches unless there is a `client`. */
  over: TestConnection;
  playground: Playground;
  client?: ResourceClient<UnparsedObject>;
  labelSelector?: string;
  clock?: Clock;
  random?: Random;
}

/** Namespaces of one kind that are watched together. */
export interface JoinedWatchingOptions extends Pick<WatchingOptions, 'over' | 'clock' | 'random'> {
  playgrounds: readonly Playground[];
}

/** Starts to watch the objects of a playground; disposing of it stops that. */
export function startWatching(options: WatchingOptions): Watching {
  const { over, playground, client = playground.clientOver(over.connection), clock = systemClock } = options;
  const store = createStore<UnparsedObject>({ log: silentLog });
  const told = noteChanges(store);
  const reflector = startReflector({
    client,
    store,
    namespace: playground.namespace,
    labelSelector: options.labelSelector,
    log: silentLog,
    clock,
    random: options.random ?? Math.random,
    metrics: over.metrics.reflector('widgets'),
  });
  return { store, ...told, synced: reflector.synced, [Symbol.asyncDispose]: () => reflector.stop() };
}

/** Starts to watch the objects of several namespaces as the operator does; disposing of it stops that. */
export function startWatchingTogether(options: JoinedWatchingOptions): Watching & { reflector: JoinedReflectors } {
  const { over, playgrounds, clock = systemClock, random = Math.random } = options;
  const [first = expect.fail('there is nothing to watch')] = playgrounds;
  const scope = { namespaces: playgrounds.map(({ namespace }) => namespace) };
  const parse = ({ metadata, spec, status }: UnparsedObject): Parsed<TypedObject> => ({
    kind: 'Readable',
    object: { metadata, spec, status },
  });
  const { store, start } = watchKind(
    { kind: first.kind, parse, fitStatus: (status) => status, finalizer: 'none', indexes: {} },
    { connection: over.connection, metrics: over.metrics, log: silentLog, clock, random, scope },
  );
  const told = noteChanges(store);
  const reflector = start();
  return { store, reflector, ...told, synced: reflector.synced, [Symbol.asyncDispose]: () => reflector.stop() };
}

function noteChanges(store: Store<UnparsedObject>): Pick<Watching, 'changes' | 'told'> {
  const changes: Change<UnparsedObject>[] = [];
  store.subscribe((change) => changes.push(change));
  const toldOf = (name: string) => changes.filter(({ object }) => object.metadata.name === name);
  return { changes, told: (name) => toldOf(name).map(({ type, source }) => `${type} by ${source}`) };
}

/** The promise of a reflector: the store holds what the API server holds, and nothing of other namespaces. */
export async function expectEqualToFreshList({ store }: Watching, ...playgrounds: Playground[]): Promise<void> {
  const lists = playgrounds.map(({ client, namespace }) => client.list({ namespace, limit: 5_000 }));
  const listed = (await Promise.all(lists)).flatMap(({ items }) => items);
  expect(byKey(store.list())).toEqual(byKey(listed));
}

const byKey = (objects: readonly UnparsedObject[]) => new Map(objects.map((object) => [keyOf(object), object]));

/**
 * Whoever listens to the changes knows what the store holds: of each object Added, Updated, Deleted come in an order that makes
 * sense, each from the version that was told before to a newer one; a re-created object is a Deleted and an Added.
 */
export function expectConsistentStory(changes: readonly Change<UnparsedObject>[], store: Store<UnparsedObject>): void {
  const known = new Map<ObjectKey, UnparsedObject>();
  for (const [index, change] of changes.entries()) {
    const key = keyOf(change.object);
    const problem = nonsenseIn(change, known.get(key));
    if (problem !== undefined) expect.fail(`change ${index}, ${change.type} of ${key}: ${problem}`);
    if (change.type === 'Deleted') known.delete(key);
    else known.set(key, change.object);
  }
  expect(known).toEqual(byKey(store.list()));
}

function nonsenseIn(change: Change<UnparsedObject>, held: UnparsedObject | undefined): string | undefined {
  if (change.type === 'Added') return held === undefined ? undefined : 'it was there already';
  if (held === undefined) return 'it was not there';
  const { uid, resourceVersion } = change.object.metadata;
  if (uid !== held.metadata.uid) return 'it is another object of the same name';
  if (change.type === 'Deleted') return undefined;
  if (change.previous !== held) return 'the previous object is not the one that was told last';
  const age = compareResourceVersions(resourceVersion, held.metadata.resourceVersion) ?? 0;
  return age > 0 ? undefined : `version ${resourceVersion} is not newer than ${held.metadata.resourceVersion}`;
}
