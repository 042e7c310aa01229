import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Change } from '../../../operator/kubernetes/change-feed.ts';
import { keyOf, objectKey, type UnparsedObject } from '../../../operator/kubernetes/objects.ts';
import { createStore, type WritableStore } from '../../../operator/kubernetes/store.ts';
import { silentLog, standIn, widget } from './objects.ts';

function watchedStore() {
  const store = createStore<UnparsedObject>({
    log: silentLog,
    indexes: { colour: ({ metadata }) => Object.values(metadata.labels ?? {}) },
  });
  const told: Change<UnparsedObject>[] = [];
  store.subscribe((change) => told.push(change));
  return { store, told, types: () => told.map(({ type, source }) => `${type} by ${source}`) };
}

const key = (name: string) => objectKey('shop', name);
const red = { labels: { colour: 'red' } };
const blue = { labels: { colour: 'blue' } };

test('what a watch tells is in the store, and its subscribers hear it with what was before', () => {
  const { store, told } = watchedStore();
  const [first, second] = [widget('a', { version: 1 }), widget('a', { version: 2 })];
  store.apply('Added', first);
  store.apply('Modified', second);
  expect(store.get(key('a'))).toBe(second);
  store.apply('Deleted', widget('a', { version: 3 }));
  expect(store.size).toBe(0);
  expect(told).toEqual([
    { type: 'Added', object: first, source: 'Server' },
    { type: 'Updated', object: second, previous: first, source: 'Server' },
    { type: 'Deleted', object: widget('a', { version: 3 }), source: 'Server' },
  ]);
});

test('a version that is known already is no news', () => {
  const { store, types } = watchedStore();
  store.apply('Added', widget('a', { version: 1 }));
  store.apply('Modified', widget('a', { version: 1 }));
  store.beginReplace()([widget('a', { version: 1 })]);
  expect(types()).toEqual(['Added by Server']);
});

test('a complete list replaces everything at once: no subscriber sees half of it', () => {
  const { store, types } = watchedStore();
  for (const name of ['stays', 'changes', 'goes']) store.apply('Added', widget(name));
  const sizes: number[] = [];
  store.subscribe(() => sizes.push(store.size));
  store.beginReplace()([widget('stays'), widget('changes', { version: 5 }), widget('comes', { version: 6 })]);
  expect(types().slice(3)).toEqual(['Deleted by Server', 'Updated by Server', 'Added by Server']);
  expect(sizes).toEqual([3, 3, 3]);
});

test('an object that was re-created unseen is a deletion and an addition', () => {
  const { store, told, types } = watchedStore();
  store.apply('Added', widget('a', { uid: 'old' }));
  store.beginReplace()([widget('a', { uid: 'new', version: 9 })]);
  expect(types()).toEqual(['Added by Server', 'Deleted by Server', 'Added by Server']);
  expect(told.map(({ object }) => object.metadata.uid)).toEqual(['old', 'old', 'new']);
});

test('the deletion of an object that is not the one held changes nothing', () => {
  const { store } = watchedStore();
  store.apply('Added', widget('a', { uid: 'new', version: 9 }));
  store.apply('Deleted', widget('a', { uid: 'old', version: 8 }));
  expect(store.size).toBe(1);
});

test('a deletion whose object could not be decoded is one, and tells what the object was', () => {
  const { store, told } = watchedStore();
  store.apply('Added', widget('a', red));
  store.apply('Deleted', standIn('a', { version: 2 }));
  expect(store.size).toBe(0);
  expect(store.byIndex('colour', 'red')).toEqual([]);
  expect(told.at(-1)).toEqual({ type: 'Deleted', object: widget('a', red), source: 'Server' });
});

test('what stands in for an object that could not be decoded takes its place, and gives it back', () => {
  const { store, types } = watchedStore();
  store.apply('Added', widget('a', red));
  store.apply('Modified', standIn('a', { version: 2 }));
  expect(store.list()).toEqual([standIn('a', { version: 2 })]);
  expect(store.byIndex('colour', 'red')).toEqual([]);
  store.beginReplace()([widget('a', { ...blue, version: 3 })]);
  expect(store.list()).toEqual([widget('a', { ...blue, version: 3 })]);
  expect(types()).toEqual(['Added by Server', 'Updated by Server', 'Updated by Server']);
});

test('an index follows its objects', () => {
  const { store } = watchedStore();
  const found = (colour: string) => store.byIndex('colour', colour).map(({ metadata }) => metadata.name);
  store.apply('Added', widget('a', red));
  store.apply('Added', widget('b', red));
  expect(found('red')).toEqual(['a', 'b']);
  store.apply('Modified', widget('a', { ...blue, version: 2 }));
  store.apply('Deleted', widget('b', red));
  expect([found('red'), found('blue')]).toEqual([[], ['a']]);
  expect(() => store.byIndex('size', 'big')).toThrow('no index named size');
});

test('an object that cannot be indexed is in the store all the same, and leaves nothing behind in the index', () => {
  const store = createStore<UnparsedObject>({
    log: silentLog,
    indexes: {
      size: ({ spec }) => {
        if (spec === 'strange') throw new Error('strange spec');
        return [String(spec)];
      },
    },
  });
  store.apply('Added', widget('a', { spec: 'big' }));
  store.apply('Modified', widget('a', { spec: 'strange', version: 2 }));
  expect(store.size).toBe(1);
  expect(store.byIndex('size', 'big')).toEqual([]);
  store.apply('Modified', widget('a', { spec: 'small', version: 3 }));
  expect(store.byIndex('size', 'small')).toHaveLength(1);
});

test('a handler that throws harms neither the store nor the other handlers', () => {
  const store = createStore<UnparsedObject>({ log: silentLog });
  let heard = 0;
  store.subscribe(() => {
    throw new Error('broken handler');
  });
  store.subscribe(() => {
    heard += 1;
  });
  store.apply('Added', widget('a'));
  expect([store.size, heard]).toEqual([1, 1]);
});

test('who has unsubscribed hears nothing more', () => {
  const store = createStore<UnparsedObject>({ log: silentLog });
  let heard = 0;
  const unsubscribe = store.subscribe(() => {
    heard += 1;
  });
  store.apply('Added', widget('a'));
  unsubscribe();
  store.apply('Added', widget('b'));
  expect(heard).toBe(1);
});

test('an own write is there at once and is not undone by the events from before it', () => {
  const { store, types } = watchedStore();
  store.apply('Added', widget('a', { version: 10 }));
  store.observeWrite(widget('a', { version: 13, status: 'ours' }));
  for (const version of [11, 12]) store.apply('Modified', widget('a', { version }));
  expect(store.get(key('a'))).toMatchObject({ status: 'ours' });
  store.apply('Modified', widget('a', { version: 13, status: 'ours' }));
  expect(types()).toEqual(['Added by Server', 'Updated by OwnWrite']);
  store.apply('Modified', widget('a', { version: 14 }));
  expect(store.get(key('a'))?.metadata.resourceVersion).toBe('14');
});

test('an own write survives a list that was under way meanwhile, but not the next one', () => {
  const { store } = watchedStore();
  store.apply('Added', widget('a', { version: 10 }));
  const replace = store.beginReplace();
  store.observeWrite(widget('a', { version: 13 }));
  replace([widget('a', { version: 12 })]);
  expect(store.get(key('a'))?.metadata.resourceVersion).toBe('13');
  // Versions that start lower again: a backup was restored. What the server says now is what is.
  store.beginReplace()([widget('a', { version: 3 })]);
  expect(store.get(key('a'))?.metadata.resourceVersion).toBe('3');
});

test.each([
  ['an object that is not held: it may be deleted already', widget('b', { version: 20 })],
  ['another object of the same name', widget('a', { uid: 'other', version: 20 })],
  ['an older version than the one held', widget('a', { version: 9 })],
  ['a version that cannot be compared', widget('a', { version: 'x20' })],
])('an own write is not taken for %s', (_, written) => {
  const { store, types } = watchedStore();
  const held = widget('a', { version: 10 });
  store.apply('Added', held);
  store.observeWrite(written);
  expect(store.list()).toEqual([held]);
  expect(types()).toEqual(['Added by Server']);
});

test('a deletion counts also after an own write', () => {
  const { store } = watchedStore();
  store.apply('Added', widget('a', { version: 10 }));
  store.observeWrite(widget('a', { version: 13 }));
  store.apply('Deleted', widget('a', { version: 14 }));
  expect(store.size).toBe(0);
});

/** An API server with one reflector, of which the test decides when what arrives. Versions only ever grow. */
function playServer(store: WritableStore<UnparsedObject>) {
  const objects = new Map<string, UnparsedObject>();
  let version = 0;
  let events: ['Added' | 'Modified' | 'Deleted', UnparsedObject][] = [];
  /** Completes a list that is under way. */
  let completeList = () => {};

  const make = (name: string, colour: string): UnparsedObject => {
    version += 1;
    const uid = objects.get(name)?.metadata.uid ?? `uid-${version}`;
    return widget(name, { version, uid, labels: { colour } });
  };
  const change = (name: string, colour: string): UnparsedObject | undefined => {
    if (!objects.has(name)) return undefined;
    const object = make(name, colour);
    objects.set(name, object);
    events.push(['Modified', object]);
    return object;
  };
  const does = {
    create: (name: string, colour: string) => {
      if (objects.has(name)) return;
      const object = make(name, colour);
      objects.set(name, object);
      events.push(['Added', object]);
    },
    change,
    write: (name: string, colour: string) => {
      const object = change(name, colour);
      if (object === undefined) return;
      store.observeWrite(object);
      const held = store.get(keyOf(object));
      if (held?.metadata.uid === object.metadata.uid) expect(held).toBe(object);
    },
    delete: (name: string, colour: string) => {
      if (!objects.has(name)) return;
      events.push(['Deleted', make(name, colour)]);
      objects.delete(name);
    },
    list: () => {
      const replace = store.beginReplace();
      const listed = [...objects.values()];
      events = [];
      completeList = () => replace(listed);
    },
  };
  return {
    does,
    objects: () => [...objects.values()],
    /** Completes a list that is under way; then the watch brings some of the events since. */
    deliver: (count: number) => {
      completeList();
      completeList = () => {};
      for (const [type, object] of events.splice(0, count)) store.apply(type, object);
    },
  };
}

const step = fc.record({
  what: fc.constantFrom('create', 'change', 'write', 'delete', 'list'),
  name: fc.constantFrom('a', 'b', 'c'),
  colour: fc.constantFrom('red', 'blue'),
  /** How many events arrive after it; with none, a list that it began is still under way during the next step. */
  events: fc.nat({ max: 3 }),
});

test('whatever happens in whatever order, in the end the store equals the API server, and so does what it told', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40, size: 'max' }), (steps) => {
      const { store, told } = watchedStore();
      const server = playServer(store);
      for (const { what, name, colour, events } of steps) {
        server.does[what](name, colour);
        if (events > 0) server.deliver(events);
      }
      server.deliver(Number.POSITIVE_INFINITY);
      expect(byKey(store.list())).toEqual(byKey(server.objects()));
      for (const colour of ['red', 'blue']) {
        const wanted = server.objects().filter(({ metadata }) => metadata.labels?.['colour'] === colour);
        expect(byKey(store.byIndex('colour', colour))).toEqual(byKey(wanted));
      }
      expect(believed(told)).toEqual(byKey(server.objects()));
    }),
    { numRuns: 500 },
  );
});

const byKey = (objects: UnparsedObject[]) => new Map(objects.map((object) => [keyOf(object), object]));

/** What somebody knows who was told these changes and nothing else. */
function believed(told: Change<UnparsedObject>[]): Map<string, UnparsedObject> {
  const objects = new Map<string, UnparsedObject>();
  for (const { type, object } of told) {
    if (type === 'Deleted') objects.delete(keyOf(object));
    else objects.set(keyOf(object), object);
  }
  return objects;
}

const versionOf = (store: WritableStore<UnparsedObject>) => store.get(key('a'))?.metadata.resourceVersion;

test('the answer to the release of the last finalizer has the version of before, and is news', () => {
  const store = watchedStore().store;
  const deletionTimestamp = '2026-01-02T00:00:00Z';
  store.apply('Added', widget('a', { version: 10, finalizers: ['x'], deletionTimestamp }));
  store.observeWrite(widget('a', { version: 10, deletionTimestamp }));
  expect(store.get(key('a'))?.metadata.finalizers).toBeUndefined();
  // ... and its own event of before, still on its way, does not bring the finalizer back.
  store.apply('Modified', widget('a', { version: 10, finalizers: ['x'], deletionTimestamp }));
  expect(store.get(key('a'))?.metadata.finalizers).toBeUndefined();
  store.apply('Deleted', widget('a', { version: 11, deletionTimestamp }));
  expect(store.size).toBe(0);
});

test('an own write of an object that the store does not hold yet is not undone when an older version of it comes', () => {
  const store = watchedStore().store;
  store.observeWrite(widget('a', { version: 11, status: 'ours' }));
  store.apply('Added', widget('a', { version: 10 }));
  expect(versionOf(store)).toBe('11');
});

test('an own write of a new object of the name is not undone either, while the store still holds the old one', () => {
  const store = watchedStore().store;
  store.apply('Added', widget('a', { uid: 'old', version: 5 }));
  store.observeWrite(widget('a', { uid: 'new', version: 11, status: 'ours' }));
  store.apply('Deleted', widget('a', { uid: 'old', version: 8 }));
  store.apply('Added', widget('a', { uid: 'new', version: 10 }));
  expect(versionOf(store)).toBe('11');
});

test('nor is it by a list that was under way', () => {
  const store = watchedStore().store;
  const replace = store.beginReplace();
  store.observeWrite(widget('a', { version: 11, status: 'ours' }));
  replace([widget('a', { version: 10 })]);
  expect(versionOf(store)).toBe('11');
});

test('an own write of an object that is gone, or that a later list lacks, comes back with nothing', () => {
  const { store } = watchedStore();
  store.observeWrite(widget('a', { version: 11 }));
  store.apply('Deleted', widget('a', { version: 12 }));
  store.apply('Added', widget('a', { version: 10 }));
  expect(versionOf(store)).toBe('10');

  store.apply('Deleted', widget('a', { version: 13 }));
  store.observeWrite(widget('a', { uid: 'later', version: 21 }));
  store.beginReplace()([widget('a', { uid: 'later', version: 20 })]);
  expect(versionOf(store)).toBe('20');
});

test('no more than a thousand own writes wait for objects that may never come', () => {
  const { store } = watchedStore();
  for (let index = 0; index <= 1_000; index += 1) store.observeWrite(widget(`w-${index}`, { version: 11 }));
  for (const name of ['w-0', 'w-1']) store.apply('Added', widget(name, { version: 10 }));
  expect(['w-0', 'w-1'].map((name) => store.get(key(name))?.metadata.resourceVersion)).toEqual(['10', '11']);
});

test('a deletion of before, of another object of the name, takes nothing away', () => {
  const { store } = watchedStore();
  store.apply('Added', widget('a', { uid: 'new', version: 9 }));
  store.apply('Deleted', widget('a', { uid: 'old', version: 8 }));
  expect(store.size).toBe(1);
});
