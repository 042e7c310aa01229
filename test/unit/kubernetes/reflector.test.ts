import { Registry } from 'prom-client';
import { afterEach, expect, test } from 'vitest';
import type { ListOptions, Page, WatchOptions } from '../../../operator/kubernetes/client.ts';
import { KubernetesError } from '../../../operator/kubernetes/errors.ts';
import { createReflectorMetrics } from '../../../operator/kubernetes/metrics/reflector.ts';
import type { UnparsedObject } from '../../../operator/kubernetes/objects.ts';
import { type Reflector, startReflector } from '../../../operator/kubernetes/reflector.ts';
import { createStore } from '../../../operator/kubernetes/store.ts';
import type { WatchEvent } from '../../../operator/kubernetes/watch-event.ts';
import { createVirtualClock } from '../../virtual-clock.ts';
import { silentLog, standIn, widget } from './objects.ts';

type Event = WatchEvent<UnparsedObject>;
const page = (items: UnparsedObject[], rest: Partial<Page<UnparsedObject>> = {}): Page<UnparsedObject> => ({
  items,
  resourceVersion: '100',
  ...rest,
});
const changed = (type: 'Added' | 'Modified' | 'Deleted', object: UnparsedObject): Event => ({
  type,
  object,
  resourceVersion: object.metadata.resourceVersion,
});
const bookmark = (version: number, { listed = false } = {}): Event => ({
  type: 'Bookmark',
  resourceVersion: String(version),
  listed,
});
const failure = (reason: 'Gone' | 'Forbidden' | 'Malformed' | 'ConnectionLost' | 'Invalid') =>
  new KubernetesError(reason, reason);

/** A watch that a test plays the server of. */
interface OpenWatch {
  options: WatchOptions;
  send(...events: Event[]): Promise<void>;
  end(error?: unknown): Promise<void>;
}

let reflector: Reflector;
afterEach(() => reflector.stop());

/** A reflector against lists that are prepared, in turn, and watches that the test answers. No list is streamed. */
const start = (lists: (Page<UnparsedObject> | KubernetesError)[]) => startAgainst(lists, { streams: false });
/** The same against a server that streams lists: the first watch is the first list. */
const startStreaming = () => startAgainst([], { streams: true });

function startAgainst(lists: (Page<UnparsedObject> | KubernetesError)[], { streams }: { streams: boolean }) {
  const clock = createVirtualClock();
  const store = createStore<UnparsedObject>({ log: silentLog });
  const registry = new Registry();
  const asked: ListOptions[] = [];
  const watches: OpenWatch[] = [];
  const client = {
    list: async (options: ListOptions) => {
      asked.push(options);
      const next = lists.shift() ?? page([]);
      if (next instanceof KubernetesError) throw next;
      return next;
    },
    watch: (options: WatchOptions) =>
      options.from === 'Everything' && !streams ? refuse() : playWatch(options, watches, clock.settle),
  };
  const metrics = createReflectorMetrics(registry)('widgets');
  reflector = startReflector({ client, store, log: silentLog, clock, random: () => 0.5, metrics });
  const watch = (index: number) => watches[index] ?? expect.fail(`there is no watch ${index}`);
  const count = async (name: string) => (await registry.getSingleMetric(name)?.get())?.values[0]?.value ?? 0;
  return { clock, store, asked, watches, watch, count };
}

// biome-ignore lint/correctness/useYield: a watch that rejects before its first event
async function* refuse(): AsyncGenerator<Event> {
  throw failure('Invalid');
}

async function* playWatch(
  options: WatchOptions,
  watches: OpenWatch[],
  settle: () => Promise<void>,
): AsyncGenerator<Event> {
  const events: (Event | { end: unknown })[] = [];
  let wake = Promise.withResolvers<void>();
  const push = (item: Event | { end: unknown }) => {
    events.push(item);
    wake.resolve();
  };
  watches.push({
    options,
    send: (...sent) => {
      for (const event of sent) push(event);
      return settle();
    },
    end: (error) => {
      push({ end: error });
      return settle();
    },
  });
  options.signal.addEventListener('abort', () => push({ end: options.signal.reason }));
  for (;;) {
    const next = events.shift();
    if (next === undefined) {
      wake = Promise.withResolvers();
      await wake.promise;
    } else if ('end' in next) {
      if (next.end !== undefined) throw next.end;
      return;
    } else {
      yield next;
    }
  }
}

test('pages are fetched one after the other, and the store gets them all at once', async () => {
  const { clock, store, asked, watch } = start([
    page([widget('a')], { continue: 'more' }),
    page([widget('b')], { continue: 'even more' }),
    page([widget('c')]),
  ]);
  const sizes: number[] = [];
  store.subscribe(() => sizes.push(store.size));
  expect(reflector.hasSynced()).toBe(false);
  await reflector.synced;
  await clock.settle();
  expect(asked.map((options) => options.continue)).toEqual([undefined, 'more', 'even more']);
  expect(asked.every(({ limit }) => limit === 500)).toBe(true);
  expect(sizes).toEqual([3, 3, 3]);
  expect(watch(0).options.from).toEqual({ version: '100' });
});

test('a list that breaks off in the middle leaves the store as it was, and begins anew', async () => {
  const { clock, store, asked } = start([page([widget('a')], { continue: 'x' }), failure('Gone'), page([widget('b')])]);
  await clock.settle();
  expect([store.size, reflector.hasSynced()]).toEqual([0, false]);
  await clock.advance(400);
  expect(store.list()).toEqual([widget('b')]);
  expect(asked.map((options) => options.continue)).toEqual([undefined, 'x', undefined]);
});

test('a watch asks the server to end it after 300 to 600 s', async () => {
  const { clock, watch } = start([]);
  await clock.settle();
  expect(watch(0).options.timeout).toBe(450_000);
});

test('a watch that ends goes on from the last event or bookmark', async () => {
  const { clock, store, watch, asked } = start([page([])]);
  await clock.settle();
  await watch(0).send(changed('Added', widget('a', { version: 101 })), bookmark(150));
  await watch(0).end();
  expect(watch(1).options.from).toEqual({ version: '150' });
  expect(store.size).toBe(1);
  expect(asked).toHaveLength(1);
});

test('a watch that breaks goes on after a while, without a list', async () => {
  const { clock, watch, watches, asked } = start([page([])]);
  await clock.settle();
  await watch(0).send(bookmark(150));
  await watch(0).end(failure('ConnectionLost'));
  expect(watches).toHaveLength(1);
  await clock.advance(400);
  expect(watch(1).options.from).toEqual({ version: '150' });
  expect(asked).toHaveLength(1);
});

test.each(['Gone', 'Malformed'] as const)(
  'after %s everything is listed again, and what vanished meanwhile is deleted',
  async (reason) => {
    const { clock, store, watch, count } = start([
      page([widget('a')]),
      page([widget('b')], { resourceVersion: '200' }),
    ]);
    await clock.settle();
    await watch(0).end(failure(reason));
    await clock.advance(400);
    expect(store.list()).toEqual([widget('b')]);
    expect(watch(1).options.from).toEqual({ version: '200' });
    expect(await count('reflector_failures_total')).toBe(1);
  },
);

test('versions that go back, as after a restored backup, lead to a list', async () => {
  const { clock, store, watch, asked } = start([page([widget('a')]), page([], { resourceVersion: '50' })]);
  await clock.settle();
  await watch(0).send(bookmark(99));
  await clock.advance(400);
  expect([asked.length, store.size]).toEqual([2, 0]);
});

test('a watch that falls silent is given up after 150 s, and goes on from where it was', async () => {
  const { clock, watch, watches, asked } = start([page([])]);
  await clock.settle();
  await clock.advance(100_000);
  await watch(0).send(bookmark(150));
  await clock.advance(149_999);
  expect([watches.length, watch(0).options.signal.aborted]).toEqual([1, false]);
  await clock.advance(1);
  expect(watch(0).options.signal.reason).toMatchObject({ reason: 'Timeout' });
  await clock.advance(400);
  expect(watch(1).options.from).toEqual({ version: '150' });
  expect(asked).toHaveLength(1);
});

test('a watch that the server does not end in time is ended 30 s after that, however lively', async () => {
  const { clock, watch, watches } = start([page([])]);
  await clock.settle();
  for (let minute = 1; minute < 8; minute += 1) {
    await clock.advance(60_000);
    await watch(0).send(bookmark(100 + minute));
  }
  await clock.advance(59_999);
  expect(watch(0).options.signal.aborted).toBe(false);
  await clock.advance(1);
  expect(watch(0).options.signal.aborted).toBe(true);
  await clock.advance(400);
  expect(watches).toHaveLength(2);
});

test('an object that could not be decoded is counted, is no more what it was, and stops nothing', async () => {
  const [changedTo, listed] = [standIn('a', { version: 120 }), standIn('a', { version: 300 })];
  const { clock, store, watch, count } = start([page([widget('a', { spec: 'known', version: 90 })]), page([listed])]);
  await clock.settle();
  await watch(0).send(changed('Modified', changedTo), changed('Added', widget('b', { version: 130 })));
  expect(store.list()).toEqual([changedTo, widget('b', { version: 130 })]);
  await watch(0).end(failure('Gone'));
  await clock.advance(400);
  expect(store.list()).toEqual([listed]);
  await watch(1).send(changed('Deleted', standIn('a', { version: 310 })));
  expect([store.size, await count('reflector_unreadable_objects_total')]).toEqual([0, 3]);
});

test('it says when it last heard from the API server', async () => {
  const { clock, watch } = start([page([])]);
  await clock.advance(7_000);
  expect(reflector.lastActivity()).toBe(0);
  await watch(0).send(bookmark(150));
  expect(reflector.lastActivity()).toBe(7_000);
  await clock.advance(1_000);
  await watch(0).end();
  await clock.advance(1_000);
  await watch(1).send({ type: 'Opened' });
  expect(reflector.lastActivity()).toBe(9_000);
});

test('it says that it is refused until the API server lets it read again', async () => {
  const lists = [failure('Forbidden'), failure('ConnectionLost'), page([]), failure('Forbidden'), page([])];
  const { clock, watch } = start(lists);
  const said = () => ({ isRefused: reflector.isRefused(), isComplete: reflector.isComplete() });
  expect(reflector.isRefused()).toBe(false);
  await clock.settle();
  await reflector.refused;
  expect(reflector.isRefused()).toBe(true);
  // That nobody answers says nothing of rights.
  await clock.advance(400);
  expect([reflector.isRefused(), reflector.hasSynced()]).toEqual([true, false]);
  await clock.advance(800);
  expect([reflector.isRefused(), reflector.hasSynced()]).toEqual([false, true]);
  expect(said()).toEqual({ isRefused: false, isComplete: true });
  await watch(0).end(failure('Forbidden'));
  expect(said()).toEqual({ isRefused: true, isComplete: false });
  await clock.advance(400);
  expect(said()).toEqual({ isRefused: true, isComplete: false });
  await clock.advance(30_000);
  expect(said()).toEqual({ isRefused: false, isComplete: true });
});

test('stopped, it leaves no timer behind and changes nothing more', async () => {
  const { clock, store, watch } = start([page([])]);
  await clock.settle();
  await reflector.stop();
  expect(watch(0).options.signal.aborted).toBe(true);
  await watch(0).send(changed('Added', widget('a', { version: 101 })));
  expect([store.size, clock.sleepers]).toEqual([0, 0]);
});

test('stopped before the first list is complete, it never says that it is synced', async () => {
  const { clock } = start([failure('ConnectionLost')]);
  await clock.settle();
  await reflector.stop();
  await expect(reflector.synced).rejects.toThrow('the reflector was stopped');
  expect(clock.sleepers).toBe(0);
});

test('a list that is streamed enters the store at once, at its end mark, and the stream goes on as the watch', async () => {
  const { clock, store, asked, watch, watches, count } = startStreaming();
  const sizes: number[] = [];
  store.subscribe(() => sizes.push(store.size));
  await clock.settle();
  expect(watch(0).options.from).toBe('Everything');
  await watch(0).send(changed('Added', widget('a', { version: 90 })), changed('Added', widget('b', { version: 80 })));
  expect([store.size, reflector.hasSynced()]).toEqual([0, false]);
  await watch(0).send(bookmark(100, { listed: true }));
  expect([sizes, reflector.hasSynced(), reflector.state().phase]).toEqual([[2, 2], true, 'Watching']);
  await watch(0).send(
    changed('Deleted', widget('a', { version: 101 })),
    changed('Added', widget('c', { version: 102 })),
  );
  expect(store.list().map(({ metadata }) => metadata.name)).toEqual(['b', 'c']);
  await watch(0).end();
  expect(watch(1).options.from).toEqual({ version: '102' });
  expect([asked.length, watches.length, await count('reflector_lists_total')]).toEqual([0, 2, 1]);
});

test('what changes while a list is streamed counts as it is at the end mark', async () => {
  const { clock, store, watch } = startStreaming();
  await clock.settle();
  await watch(0).send(
    changed('Added', widget('a', { version: 90 })),
    changed('Added', widget('b', { version: 80 })),
    changed('Modified', widget('b', { version: 101, spec: 'newer' })),
    changed('Deleted', widget('a', { version: 102 })),
    bookmark(102, { listed: true }),
  );
  expect(store.list()).toEqual([widget('b', { version: 101, spec: 'newer' })]);
});

test('a stream that breaks off before its end mark changes nothing; after the second time it is pages', async () => {
  const { clock, store, asked, watch, watches } = startStreaming();
  await clock.settle();
  await watch(0).send(changed('Added', widget('a')));
  await watch(0).end();
  await clock.advance(400);
  expect([store.size, watch(1).options.from, asked.length]).toEqual([0, 'Everything', 0]);
  await watch(1).end(failure('ConnectionLost'));
  await clock.advance(800);
  expect([asked.length, reflector.hasSynced()]).toEqual([1, true]);
  expect(watch(2).options.from).toEqual({ version: '100' });
  expect(watches).toHaveLength(3);
});

test('a stream that says nothing is given up after a minute, its request is ended', async () => {
  const { clock, watch, watches } = startStreaming();
  await clock.settle();
  await clock.advance(59_999);
  expect(watch(0).options.signal.aborted).toBe(false);
  await clock.advance(1);
  expect(watch(0).options.signal.reason).toMatchObject({ reason: 'Timeout' });
  await clock.advance(400);
  expect(watches).toHaveLength(2);
});

test('once listed, a stream may be silent for as long as a watch', async () => {
  const { clock, watch } = startStreaming();
  await clock.settle();
  await watch(0).send(bookmark(100, { listed: true }));
  await clock.advance(149_999);
  expect(watch(0).options.signal.aborted).toBe(false);
  await clock.advance(1);
  expect(watch(0).options.signal.aborted).toBe(true);
});

test('a server that watches without streaming is found out by its first bookmark: its list comes in pages', async () => {
  const { clock, asked, watch } = startStreaming();
  await clock.settle();
  await watch(0).send(changed('Added', widget('a')), bookmark(150));
  expect(watch(0).options.signal.aborted).toBe(true);
  expect([asked.length, reflector.hasSynced()]).toEqual([1, true]);
});

test('an object of a streamed list that could not be decoded is no more what it was', async () => {
  const { clock, store, watch, count } = startStreaming();
  await clock.settle();
  await watch(0).send(changed('Added', widget('a', { spec: 'known' })), bookmark(100, { listed: true }));
  await watch(0).end(failure('Gone'));
  await clock.advance(400);
  const listed = standIn('a', { version: 120 });
  await watch(1).send(changed('Added', listed), bookmark(120, { listed: true }));
  expect(store.list()).toEqual([listed]);
  expect([watch(1).options.from, await count('reflector_unreadable_objects_total')]).toEqual(['Everything', 1]);
});
