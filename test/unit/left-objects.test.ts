import { describe, expect, test } from 'vitest';
import type { Happening } from '../../operator/api/happenings.ts';
import { objectKey, type UnparsedObject } from '../../operator/kubernetes/objects.ts';
import type { Parsed } from '../../operator/kubernetes/parsed-objects.ts';
import { createStore } from '../../operator/kubernetes/store.ts';
import { parseLabelSelector } from '../../operator/label-selector.ts';
import { noticeLeavers } from '../../operator/left-objects.ts';
import { type Fields, silentLog, widget } from './kubernetes/objects.ts';

const ours = { labels: { installation: 'north' } };
const held = { ...ours, finalizers: ['dcc-operator.io/drain'] };

/** An operator of the installation north that knew one object, and what the API server says of it now. */
function knowing(before: Fields, live: () => Promise<Parsed<Widget> | undefined>, selector = 'installation=north') {
  const store = createStore<UnparsedObject>({ log: silentLog });
  const nothing = () => {
    throw new Error('not asked for');
  };
  const objects = {
    ...{ cached: nothing, all: nothing, byIndex: nothing, writeStatus: nothing, writeRawStatus: nothing },
    ...{ holdFinalizer: nothing, releaseFinalizer: nothing },
    live,
  };
  const told: Happening[] = [];
  const scope = { namespaces: [], ...(selector === '' ? {} : { selector: parseLabelSelector(selector) }) };
  const tellIfLeft = noticeLeavers({ store, objects }, scope, (_, happening) => told.push(happening));
  store.apply('Added', widget('a', before));
  return { store, told, pass: () => tellIfLeft('shop', 'a', new AbortController().signal) };
}

type Widget = Pick<UnparsedObject, 'metadata'> & { spec: unknown; status: unknown };

const reads = (fields: Fields) => async (): Promise<Parsed<Widget>> => {
  const { metadata } = widget('a', fields);
  return { kind: 'Readable', object: { metadata, spec: {}, status: {} } };
};
const unlabelled = reads({ finalizers: held.finalizers });

describe('an object that leaves the selector with a finalizer on it', () => {
  test('says so, once, and what to do', async () => {
    const { store, told, pass } = knowing(held, unlabelled);
    store.apply('Deleted', widget('a', held));
    await pass();
    await pass();
    expect(told).toMatchObject([
      {
        type: 'Normal',
        reason: 'NotSelected',
        note: expect.stringMatching(/installation=north any more.*give it the/),
      },
    ]);
  });

  test('says so also when it could not be read at first', async () => {
    const failure = new Error('unreachable');
    const answers = [() => Promise.reject(failure), unlabelled];
    const { store, told, pass } = knowing(held, () => (answers.shift() ?? unlabelled)());
    store.apply('Deleted', widget('a', held));
    await expect(pass()).rejects.toBe(failure);
    await pass();
    expect(told).toHaveLength(1);
  });
});

test.each<[what: string, before: Fields, live: () => Promise<Parsed<Widget> | undefined>]>([
  ['is gone', held, async () => undefined],
  ['was made anew, or came back', held, reads(held)],
  ['had no finalizer, which needs nobody', ours, reads({})],
])('nothing is said of an object that %s', async (_, before, live) => {
  const { store, told, pass } = knowing(before, live);
  store.apply('Deleted', widget('a', before));
  await pass();
  expect(told).toEqual([]);
});

test('nothing is said, nor read, of an object that was never known or is known again', async () => {
  const { store, told, pass } = knowing(held, () => Promise.reject(new Error('it was read')));
  store.apply('Deleted', widget('a', held));
  store.apply('Added', widget('a', { ...held, version: 2 }));
  await pass();
  expect(store.get(objectKey('shop', 'a'))).toBeDefined();
  expect(told).toEqual([]);
});

test('nothing is said where no selector could be left', async () => {
  const { store, told, pass } = knowing(held, unlabelled, '');
  store.apply('Deleted', widget('a', held));
  await pass();
  expect(told).toEqual([]);
});
