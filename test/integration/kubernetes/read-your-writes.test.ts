import { isDeepStrictEqual } from 'node:util';
import { expect, test } from 'vitest';
import { milliseconds, seconds, systemClock } from '../../../operator/clock.ts';
import type { ResourceClient, WatchOptions } from '../../../operator/kubernetes/client.ts';
import { type ReconcileResult, runController } from '../../../operator/kubernetes/controller.ts';
import { holdFinalizer, releaseFinalizer } from '../../../operator/kubernetes/finalizers.ts';
import { keyOf, type ObjectKey, objectKey, type UnparsedObject } from '../../../operator/kubernetes/objects.ts';
import { readYourWrites } from '../../../operator/kubernetes/read-your-writes.ts';
import { startReflector } from '../../../operator/kubernetes/reflector.ts';
import { compareResourceVersions } from '../../../operator/kubernetes/resource-version.ts';
import { writeStatus } from '../../../operator/kubernetes/status.ts';
import { createStore } from '../../../operator/kubernetes/store.ts';
import type { WatchEvent } from '../../../operator/kubernetes/watch-event.ts';
import { createWorkQueue } from '../../../operator/kubernetes/work-queue.ts';
import { openConnection, openPlayground, silentLog, type TestConnection, until } from './cluster.ts';

const { widgets } = await openPlayground();

const finalizer = 'example.com/hold';
const key = (name: string) => objectKey(widgets.namespace, name);

/** A gate before a watch: while it is closed, events wait in front of it, in order. */
function createGate() {
  let opening = Promise.withResolvers<void>();
  opening.resolve();
  let isOpen = true;
  return {
    /** Closing a closed gate would leave those who wait in front of it behind for good. */
    close: () => {
      if (isOpen) opening = Promise.withResolvers();
      isOpen = false;
    },
    open: () => {
      isOpen = true;
      opening.resolve();
    },
    /** The same client, whose watches let events through while the gate is open. */
    before: (client: ResourceClient<UnparsedObject>): ResourceClient<UnparsedObject> => ({
      ...client,
      watch: async function* (options: WatchOptions): AsyncGenerator<WatchEvent<UnparsedObject>> {
        for await (const event of client.watch(options)) {
          await opening.promise;
          yield event;
        }
      },
    }),
  };
}

const isOlder = (object: UnparsedObject, other: UnparsedObject) =>
  (compareResourceVersions(object.metadata.resourceVersion, other.metadata.resourceVersion) ?? 0) < 0;

/**
 * An operator whose watch the test holds up. It puts a finalizer on each widget, then says in its status which generation it
 * saw, and lets go of one that is deleted. It notes each pass that began from before its own last write.
 */
function startOperator(over: TestConnection) {
  const common = { log: silentLog, clock: systemClock, random: Math.random };
  const gate = createGate();
  const store = createStore<UnparsedObject>(common);
  const reading = gate.before(widgets.clientOver(over.connection));
  const client = readYourWrites(reading, store);
  const queue = createWorkQueue({ ...common, baseDelay: milliseconds(20), maxDelay: milliseconds(100) });
  store.subscribe(({ object }) => queue.add(keyOf(object)));
  const lastWrites = new Map<string, UnparsedObject>();
  const stale: ObjectKey[] = [];
  let passes = 0;
  let word = 'something';

  const noted = (object: UnparsedObject) => {
    lastWrites.set(object.metadata.uid, object);
    return object;
  };
  const reconcile = async (of: ObjectKey): Promise<ReconcileResult> => {
    passes += 1;
    const object = store.get(of);
    if (object === undefined) return { kind: 'Done' };
    const last = lastWrites.get(object.metadata.uid);
    if (last !== undefined && isOlder(object, last)) stale.push(of);
    if (object.metadata.deletionTimestamp !== undefined) {
      await releaseFinalizer(client, object, finalizer);
      return { kind: 'Done' };
    }
    const held = noted(await holdFinalizer(client, object, finalizer));
    const status = { observedGeneration: held.metadata.generation, word };
    noted((await writeStatus(client, held, status)).object);
    return { kind: 'Done' };
  };

  const stop = new AbortController();
  const metrics = { reflector: over.metrics.reflector('widgets'), controller: over.metrics.controller('widget', 3) };
  const { namespace } = widgets;
  const reflector = startReflector({ ...common, client: reading, store, namespace, metrics: metrics.reflector });
  const ended = runController({
    ...common,
    name: 'widget',
    queue,
    concurrency: 3,
    timeout: seconds(10),
    reconcile,
    onFailing: () => undefined,
    metrics: metrics.controller,
    signal: stop.signal,
  });
  const writes = async (code?: number) => {
    const counts = ['PUT', 'PATCH'].map((method) =>
      over.count('rest_client_requests_total', { method, ...(code === undefined ? {} : { code }) }),
    );
    return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
  };
  return {
    store,
    gate,
    stale,
    synced: reflector.synced,
    writes,
    /** Sets off a pass and waits for its end. */
    look: async (name: string) => {
      const before = passes;
      queue.add(key(name));
      await until('a pass', async () => passes > before && queue.length === 0);
    },
    /** Deletes objects, of which it then lets go. */
    remove: async (...names: string[]) => {
      for (const name of names) await widgets.delete(name);
      await until('they are gone', () => names.every((name) => store.get(key(name)) === undefined));
    },
    /** Makes it report something else from the next pass on. */
    say: (said: string) => {
      word = said;
    },
    hasConverged: (name: string, generation = 1, uid = store.get(key(name))?.metadata.uid) => {
      const { metadata, status } = store.get(key(name)) ?? {};
      const isHeld = metadata?.uid === uid && metadata?.finalizers?.includes(finalizer) === true;
      return isHeld && isDeepStrictEqual(status, { observedGeneration: generation, word });
    },
    [Symbol.asyncDispose]: async () => {
      gate.open();
      stop.abort();
      await ended;
      await reflector.stop();
    },
  };
}

/** Deletes an object that somebody holds, and lets go of it in their place. */
async function removeByForce(name: string) {
  await widgets.delete(name);
  await releaseFinalizer(widgets.client, await widgets.client.get(widgets.namespace, name), finalizer);
}

test('while the events of its writes are held up, a finalizer and a status are two writes, and passes do not repeat them', async () => {
  await using over = await openConnection();
  const names = Array.from({ length: 10 }, (_, index) => `held-up-${index}`);
  for (const name of names) await widgets.create(name);
  await using operator = startOperator(over);
  await operator.synced;
  operator.gate.close();
  await until('all have converged', () => names.every((name) => operator.hasConverged(name)));
  for (const name of names) await operator.look(name);
  expect(await operator.writes()).toBe(20);
  operator.gate.open();
  await widgets.change('held-up-0', { size: 2 });
  await until('the change has converged', () => operator.hasConverged('held-up-0', 2));
  await operator.look('held-up-0');
  expect([await operator.writes(), await operator.writes(200)]).toEqual([21, 21]);
  expect(operator.stale).toEqual([]);
  await operator.remove(...names);
});

test('after a conflict with somebody else it goes on from what both wrote', async () => {
  await using over = await openConnection();
  await widgets.create('conflict');
  await using operator = startOperator(over);
  await operator.synced;
  await until('it has converged', () => operator.hasConverged('conflict'));

  operator.gate.close();
  await widgets.change('conflict', { size: 2 });
  operator.say('something else');
  await operator.look('conflict');
  await until('a conflict', async () => (await operator.writes(409)) > 1);
  expect(await operator.writes(200)).toBe(2);
  operator.gate.open();
  await until('it has converged again', () => operator.hasConverged('conflict', 2));
  await operator.look('conflict');
  expect(await operator.writes(200)).toBe(3);
  expect(operator.stale).toEqual([]);
  await operator.remove('conflict');
});

test('an object that others deleted and created anew in the meantime is held and reported on as a new one', async () => {
  await using over = await openConnection();
  await widgets.create('replaced');
  await using operator = startOperator(over);
  await operator.synced;
  await until('it has converged', () => operator.hasConverged('replaced'));

  operator.gate.close();
  await removeByForce('replaced');
  const reborn = await widgets.create('replaced');
  operator.say('something else');
  await operator.look('replaced');
  // What was meant for the old one does not reach the new one.
  await until('a conflict', async () => (await operator.writes(409)) > 1);
  expect(await widgets.client.get(widgets.namespace, 'replaced')).not.toHaveProperty('status');
  operator.gate.open();
  await until('the new one has converged', () => operator.hasConverged('replaced', 1, reborn.metadata.uid));
  await operator.look('replaced');
  expect(await operator.writes(200)).toBe(4);
  expect(operator.stale).toEqual([]);
  await operator.remove('replaced');
});

test('an object that it let go of is let go of once, and a new one of the name is not touched before it is told', async () => {
  await using over = await openConnection();
  await widgets.create('let-go');
  await using operator = startOperator(over);
  await operator.synced;
  await until('it has converged', () => operator.hasConverged('let-go'));

  const unsubscribe = operator.store.subscribe(({ type, object }) => {
    if (type === 'Updated' && object.metadata.deletionTimestamp !== undefined) operator.gate.close();
  });
  await widgets.delete('let-go');
  await until('it is let go of', async () => (await operator.writes()) === 3);
  const reborn = await widgets.create('let-go');
  for (let looks = 0; looks < 3; looks += 1) await operator.look('let-go');
  expect(await operator.writes()).toBe(3);
  expect((await widgets.client.get(widgets.namespace, 'let-go')).metadata).toMatchObject({
    uid: reborn.metadata.uid,
    resourceVersion: reborn.metadata.resourceVersion,
  });
  unsubscribe();
  operator.gate.open();
  await until('the new one has converged', () => operator.hasConverged('let-go', 1, reborn.metadata.uid));
  await operator.look('let-go');
  expect(await operator.writes()).toBe(5);
  expect(operator.stale).toEqual([]);
  await operator.remove('let-go');
});
