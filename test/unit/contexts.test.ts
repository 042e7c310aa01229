import { expect, test } from 'vitest';
import { hours, minutes } from '../../operator/clock.ts';
import { readConfig } from '../../operator/config.ts';
import { announcerFor, cachedServersWith, failureAnnouncer, openElsewhere, termsOf } from '../../operator/contexts.ts';
import type { RecordedEvent } from '../../operator/kubernetes/event-manifest.ts';
import { keyOf, objectKey } from '../../operator/kubernetes/objects.ts';
import { createStore } from '../../operator/kubernetes/store.ts';
import { silentLog, widget } from './kubernetes/objects.ts';

test('an object whose passes fail says so, in the words of the error', () => {
  const store = createStore({ log: silentLog });
  const object = widget('a');
  store.apply('Added', object);
  const recorded: RecordedEvent[] = [];
  const announce = failureAnnouncer({ record: (event) => recorded.push(event) }, store);
  announce(keyOf(object), new Error('The API server did not keep the journal.'));
  announce(objectKey('shop', 'gone'), new Error('Nobody is left to be told.'));
  expect(recorded).toEqual([
    {
      regarding: object,
      type: 'Warning',
      reason: 'PassFailed',
      action: 'Reconcile',
      note: 'The API server did not keep the journal.',
    },
  ]);
});

test('what is announced is an event of its object, what people are reminded of the same as a reminder', () => {
  const [recorded, reminded]: [RecordedEvent[], RecordedEvent[]] = [[], []];
  const { announce, remind } = announcerFor(
    { record: (event) => recorded.push(event), remind: (event) => reminded.push(event) },
    'DCCServer',
  );
  const { metadata } = widget('a');
  const state = { type: 'Warning', reason: 'CannotRead', action: 'Reconcile', note: 'It cannot be read.' } as const;
  announce(metadata, state);
  remind(metadata, state);
  const event = { regarding: { apiVersion: 'dcc-operator.io/v1alpha1', kind: 'DCCServer', metadata }, ...state };
  expect([recorded, reminded]).toEqual([[event], [event]]);
});

test('a call that is open for a resource is seen of other requests only, and may stand in one that cannot be understood', () => {
  const object = (name: string, status: object) => ({ ...widget(name), status });
  const indexes = { open: ({ metadata }: { metadata: { name: string } }) => (metadata.name === 'a' ? ['dcc-1'] : []) };
  const unreadable = { journal: () => ['unreadable'] };
  const store = createStore<ReturnType<typeof object>>({ log: silentLog, indexes: { ...indexes, ...unreadable } });
  const a = object('a', {});
  const { uid } = a.metadata;
  store.apply('Added', a);
  const seen = (resourceId: string, by: string) => openElsewhere({ requests: { store } }, resourceId, by);
  expect(seen('dcc-1', uid)).toBeUndefined();
  expect(seen('dcc-1', 'another')).toEqual({ resourceId: 'dcc-1', request: 'shop/a', isUnreadable: false });
  store.apply('Added', object('b', { of: { aNewerVersion: ['dcc-2'] } }));
  expect(seen('dcc-2', uid)).toEqual({ resourceId: 'dcc-2', request: 'shop/b', isUnreadable: true });
  expect(seen('dcc-3', uid)).toBeUndefined();
});

test('a server that cannot be understood stands for a resource that its spec mentions', () => {
  const object = (name: string, resourceId: string) => ({ ...widget(name), spec: { resourceId } });
  const of = (which: string, is: string) => (which.startsWith('unreadable') ? [] : [is]);
  const indexes = {
    resource: ({ metadata, spec }: ReturnType<typeof object>) => of(metadata.name, spec.resourceId),
    ordered: ({ metadata }: ReturnType<typeof object>) =>
      metadata.name.startsWith('unreadable') ? ['unreadable'] : [],
  };
  const store = createStore<ReturnType<typeof object>>({ log: silentLog, indexes });
  for (const [name, resourceId] of [
    ['a', 'dcc-1'],
    ['b', 'dcc-2'],
    ['unreadable-1', 'dcc-1'],
    ['unreadable-2', 'dcc-2'],
  ] as const)
    store.apply('Added', object(name, resourceId));
  const found = cachedServersWith(store, 'dcc-1').map(({ metadata }) => metadata.name);
  expect(found).toEqual(['a', 'unreadable-1']);
});

test('a call is watched for as long as the settings say', () => {
  const termsWith = (...flags: string[]) => termsOf(readConfig(flags, {}));
  const endWindow = hours(1);
  expect(termsWith()).toEqual({ settleWindow: minutes(20), orderVisibleWithin: minutes(4), endWindow });
  expect(termsWith('--order-visible-within', '9m')).toEqual({
    ...{ settleWindow: minutes(25), orderVisibleWithin: minutes(9), endWindow },
  });
});
