import { expect, test } from 'vitest';
import type { Change } from '../../../operator/kubernetes/change-feed.ts';
import { joinStores } from '../../../operator/kubernetes/joined-stores.ts';
import { keyOf, objectKey, type UnparsedObject } from '../../../operator/kubernetes/objects.ts';
import { createStore } from '../../../operator/kubernetes/store.ts';
import { type Fields, silentLog, widget } from './objects.ts';

/** Two namespaces, each with a store of its own, and the store over both. */
function joined() {
  const indexes = { color: ({ spec }: UnparsedObject) => (typeof spec === 'string' ? [spec] : []) };
  const north = createStore<UnparsedObject>({ log: silentLog, indexes });
  const south = createStore<UnparsedObject>({ log: silentLog, indexes });
  const store = joinStores(
    new Map([
      ['north', north],
      ['south', south],
    ]),
  );
  return { north, south, store };
}

function objectIn(namespace: string, name: string, fields: Fields = {}): UnparsedObject {
  const object = widget(name, { uid: `${namespace}-${name}`, ...fields });
  return { ...object, metadata: { ...object.metadata, namespace } };
}

const describeChange = ({ type, source, object }: Change<UnparsedObject>) => `${type} ${source} ${keyOf(object)}`;

test('a list of one namespace leaves the objects of the other', () => {
  const { north, south, store } = joined();
  south.beginReplace()([objectIn('south', 'a')]);
  north.beginReplace()([objectIn('north', 'a'), objectIn('north', 'b')]);
  north.beginReplace()([]);
  expect(store.list().map(keyOf)).toEqual(['south/a']);
  expect(store.size).toBe(1);
});

test('an object is found in its own namespace only', () => {
  const { north, store } = joined();
  north.apply('Added', objectIn('north', 'a'));
  expect(store.get(objectKey('north', 'a'))).toEqual(objectIn('north', 'a'));
  expect(store.get(objectKey('south', 'a'))).toBeUndefined();
  expect(store.get(objectKey('elsewhere', 'a'))).toBeUndefined();
});

test('an index finds the objects of all namespaces', () => {
  const { north, south, store } = joined();
  north.apply('Added', objectIn('north', 'a', { spec: 'red' }));
  south.apply('Added', objectIn('south', 'b', { spec: 'red' }));
  south.apply('Added', objectIn('south', 'c', { spec: 'blue' }));
  expect(store.byIndex('color', 'red').map(keyOf)).toEqual(['north/a', 'south/b']);
  expect(() => store.byIndex('size', 'big')).toThrow('no index named size');
});

test('a handler hears of changes in every namespace, until it has enough', () => {
  const { north, south, store } = joined();
  const heard: string[] = [];
  const end = store.subscribe((change) => heard.push(describeChange(change)));
  north.apply('Added', objectIn('north', 'a'));
  south.apply('Added', objectIn('south', 'a'));
  end();
  north.apply('Deleted', objectIn('north', 'a'));
  south.apply('Deleted', objectIn('south', 'a'));
  expect(heard).toEqual(['Added Server north/a', 'Added Server south/a']);
});

test('a write of ours is taken in where its object is', () => {
  const { north, south, store } = joined();
  for (const [namespace, part] of [['north', north] as const, ['south', south] as const]) {
    part.apply('Added', objectIn(namespace, 'a'));
  }
  store.observeWrite(objectIn('south', 'a', { version: 2, spec: 'written' }));
  expect(store.get(objectKey('south', 'a'))?.spec).toBe('written');
  expect(store.get(objectKey('north', 'a'))?.spec).toBeUndefined();
  // One namespace that is listed anew says nothing of writes in another.
  north.beginReplace()([objectIn('north', 'a')]);
  south.apply('Modified', objectIn('south', 'a', { version: 1, spec: 'from before' }));
  expect(store.get(objectKey('south', 'a'))?.spec).toBe('written');
});
