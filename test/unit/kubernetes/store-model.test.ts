import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Change } from '../../../operator/kubernetes/change-feed.ts';
import { keyOf, type ObjectKey, type UnparsedObject } from '../../../operator/kubernetes/objects.ts';
import { createStore, type WritableStore } from '../../../operator/kubernetes/store.ts';
import { type Fields, silentLog, widget } from './objects.ts';

const byKey = (objects: readonly UnparsedObject[]) => new Map(objects.map((object) => [keyOf(object), object]));
const versionOf = ({ metadata }: UnparsedObject) => Number(metadata.resourceVersion);
const isNewer = (object: UnparsedObject, other: UnparsedObject | undefined) =>
  other === undefined || versionOf(object) > versionOf(other);
const isSame = (object: UnparsedObject, other: UnparsedObject | undefined) =>
  object.metadata.uid === other?.metadata.uid;

interface WatchEvent {
  type: 'Added' | 'Modified' | 'Deleted';
  object: UnparsedObject;
}

/** An API server, of which a test decides when its events, lists and answers arrive. */
function createServer() {
  let stored = new Map<ObjectKey, UnparsedObject>();
  let version = 0;
  let backup = { stored: new Map(stored), version };
  let restored = 0;
  const events: WatchEvent[] = [];

  const make = (name: string, { uid, ...fields }: Fields): UnparsedObject => {
    // After each restore the versions have other last digits, so that none stands for two states.
    version += 100;
    return widget(name, { ...fields, uid: uid ?? `uid-${version + restored}`, version: version + restored });
  };
  const find = (name: string) => stored.get(keyOf(widget(name)));
  const put = (type: 'Added' | 'Modified', object: UnparsedObject) => {
    stored.set(keyOf(object), object);
    events.push({ type, object });
    return object;
  };
  const change = (name: string, colour: string): UnparsedObject | undefined => {
    const uid = find(name)?.metadata.uid;
    return uid === undefined ? undefined : put('Modified', make(name, { uid, labels: { colour } }));
  };

  return {
    events,
    create: (name: string, colour: string) => {
      if (find(name) === undefined) put('Added', make(name, { labels: { colour } }));
    },
    /** Gives the object as it is now; undefined when there is none. */
    change,
    /** From now on it cannot be decoded any more: this is what stands for it. */
    spoil: (name: string) => {
      const uid = find(name)?.metadata.uid;
      if (uid !== undefined) put('Modified', { ...make(name, { uid }), undecoded: 'spoilt' });
    },
    /** Gives the object as it was last, which is what a write gets for an answer that takes off the last finalizer. */
    delete: (name: string, colour: string, undecoded?: string): UnparsedObject | undefined => {
      const uid = find(name)?.metadata.uid;
      if (uid === undefined) return undefined;
      const last = make(name, { uid, labels: { colour } });
      stored.delete(keyOf(last));
      events.push({ type: 'Deleted', object: { ...make(name, { uid, labels: { colour } }), undecoded } });
      return last;
    },
    /** As of now. The watch goes on from there, so that it tells nothing of what was before. */
    list: (): UnparsedObject[] => {
      events.length = 0;
      return [...stored.values()];
    },
    backUp: () => {
      backup = { stored: new Map(stored), version };
    },
    restore: () => {
      stored = new Map(backup.stored);
      version = backup.version;
      restored += 1;
    },
  };
}

/** What a store has to hold, in the plainest words: what the server told last, or our own write when that is newer. */
function createModel() {
  let told = new Map<ObjectKey, UnparsedObject>();
  const own = new Map<string, UnparsedObject>();
  const held = () =>
    byKey(
      [...told.values()].map((object) => {
        const written = own.get(object.metadata.uid);
        return written !== undefined && isNewer(written, object) ? written : object;
      }),
    );
  const replace = (list: readonly UnparsedObject[]) => {
    told = byKey(list);
  };
  return {
    observeWrite: (object: UnparsedObject) => {
      const { uid } = object.metadata;
      if (isNewer(object, own.get(uid))) own.set(uid, object);
    },
    apply: (event: WatchEvent) => {
      if (event.type === 'Deleted') told.delete(keyOf(event.object));
      else told.set(keyOf(event.object), event.object);
    },
    replace,
    held,
    /** Versions start lower again, so from here on no write of ours is the newer one. */
    restore: (list: readonly UnparsedObject[]) => {
      told = held();
      own.clear();
      replace(list);
    },
  };
}

/** Somebody who believes what a store tells, and notes what makes no sense. */
function createListener(store: WritableStore<UnparsedObject>) {
  const believed = new Map<ObjectKey, UnparsedObject>();
  const nonsense: string[] = [];
  const heardWith: Map<ObjectKey, UnparsedObject>[] = [];
  const makesSense = ({ type, object, source, ...change }: Change<UnparsedObject>): boolean => {
    const known = believed.get(keyOf(object));
    if (type === 'Added') return known === undefined && source === 'Server';
    const isToldWhole = object.undecoded === undefined || known?.undecoded !== undefined;
    if (type === 'Deleted') return isSame(object, known) && source === 'Server' && isToldWhole;
    const isTheOneBefore = 'previous' in change && change.previous === known && isSame(object, known);
    return isTheOneBefore && versionOf(object) !== versionOf(change.previous);
  };
  store.subscribe((change) => {
    if (!makesSense(change)) nonsense.push(JSON.stringify(change));
    if (change.type === 'Deleted') believed.delete(keyOf(change.object));
    else believed.set(keyOf(change.object), change.object);
    heardWith.push(byKey(store.list()));
  });
  return { believed, nonsense, heardWith };
}

const colours = ['red', 'blue'] as const;
/** What happens next; not everything needs to know an object, a colour or a count. */
const command = fc.record({
  do: fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom('create', 'change', 'write', 'write', 'delete') },
    { weight: 1, arbitrary: fc.constantFrom('spoil', 'deleteSpoilt', 'release', 'backUp', 'restore') },
    { weight: 5, arbitrary: fc.constantFrom('watch', 'answer') },
    { weight: 3, arbitrary: fc.constantFrom('list', 'complete', 'complete', 'fail') },
  ),
  name: fc.constantFrom('a', 'b'),
  colour: fc.constantFrom(...colours),
  count: fc.integer({ min: 1, max: 4 }),
});
// fast-check would make ten at most, whatever the length, if it were not told the size.
const history = fc.array(command, { maxLength: 60, size: 'max' });
type Command = typeof command extends fc.Arbitrary<infer Value> ? Value : never;

/** A store that a reflector feeds from a server, and the model beside it: each of the two hears of the same. */
function play() {
  const indexes = { colour: ({ metadata }: UnparsedObject) => Object.values(metadata.labels ?? {}) };
  const store = createStore<UnparsedObject>({ log: silentLog, indexes });
  const server = createServer();
  const model = createModel();
  const listener = createListener(store);
  /** To writes of ours that took effect. */
  const answers: UnparsedObject[] = [];
  /** As a reflector's: events come only after a complete list, and a failed list is followed by another. */
  type List = readonly UnparsedObject[];
  let phase: { is: 'Watching' | 'Failed' } | { is: 'Listing'; list: List; complete: (list: List) => void } = {
    is: 'Failed',
  };

  const begin = () => {
    const complete = store.beginReplace();
    phase = { is: 'Listing', list: server.list(), complete };
  };
  const complete = (take = model.replace) => {
    if (phase.is !== 'Listing') return;
    phase.complete(phase.list);
    take(phase.list);
    phase = { is: 'Watching' };
  };
  const watch = (count: number) => {
    if (phase.is !== 'Watching') return;
    for (const event of server.events.splice(0, count)) {
      model.apply(event);
      store.apply(event.type, event.object);
    }
  };
  const answer = (count: number) => {
    for (const object of answers.splice(0, count)) {
      model.observeWrite(object);
      store.observeWrite(object);
    }
  };
  const write = (object: UnparsedObject | undefined) => {
    if (object !== undefined) answers.push(object);
  };
  const restore = () => {
    answers.length = 0;
    server.restore();
    begin();
    complete(model.restore);
  };

  const does: Record<Command['do'], (details: Command) => void> = {
    create: ({ name, colour }) => server.create(name, colour),
    change: ({ name, colour }) => server.change(name, colour),
    spoil: ({ name }) => server.spoil(name),
    deleteSpoilt: ({ name, colour }) => server.delete(name, colour, 'spoilt'),
    delete: ({ name, colour }) => server.delete(name, colour),
    write: ({ name, colour }) => write(server.change(name, colour)),
    release: ({ name, colour }) => write(server.delete(name, colour)),
    watch: ({ count }) => watch(count),
    answer: ({ count }) => answer(count),
    list: begin,
    complete: () => complete(),
    fail: () => {
      if (phase.is === 'Listing') phase = { is: 'Failed' };
    },
    backUp: server.backUp,
    restore,
  };
  const settle = () => {
    answer(answers.length);
    if (phase.is === 'Failed') begin();
    complete();
    watch(server.events.length);
  };
  const run = (command: Command) => does[command.do](command);
  return { run, settle, server, store, model, listener };
}

function expectToAgree({ store, model, listener }: ReturnType<typeof play>): void {
  const held = byKey(store.list());
  expect(held, 'the store').toEqual(model.held());
  expect(store.size).toBe(held.size);
  for (const [key, object] of held) expect(store.get(key)).toBe(object);
  for (const colour of colours) {
    const wanted = store.list().filter(({ metadata }) => metadata.labels?.['colour'] === colour);
    expect(new Set(store.byIndex('colour', colour)), `the index of ${colour}`).toEqual(new Set(wanted));
  }
  expect(listener.nonsense, 'changes that do not follow from those before').toEqual([]);
  expect(listener.believed, 'what somebody believes who hears of the changes only').toEqual(held);
}

test('after each event, list and write the store holds what its plain model holds, and told the way to it', () => {
  fc.assert(
    fc.property(history, (commands) => {
      const world = play();
      for (const command of commands) {
        world.run(command);
        expectToAgree(world);
      }
    }),
    { numRuns: 1_000 },
  );
});

test('when all events and answers have arrived, the store equals the server', () => {
  fc.assert(
    fc.property(history, (commands) => {
      const world = play();
      for (const command of commands) world.run(command);
      world.settle();
      expectToAgree(world);
      expect(byKey(world.store.list())).toEqual(byKey(world.server.list()));
    }),
    { numRuns: 1_000 },
  );
});

test('whoever hears of a list sees all of it in the store already', () => {
  fc.assert(
    fc.property(history, (commands) => {
      const world = play();
      for (const command of commands) {
        world.listener.heardWith.length = 0;
        world.run(command);
        if (command.do !== 'complete' && command.do !== 'restore') continue;
        for (const seen of world.listener.heardWith) expect(seen).toEqual(byKey(world.store.list()));
      }
    }),
    { numRuns: 300 },
  );
});
