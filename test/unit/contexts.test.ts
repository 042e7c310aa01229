import { expect, test } from 'vitest';
import { hours, minutes } from '../../operator/clock.ts';
import { readConfig } from '../../operator/config.ts';
import { announcerFor, failureAnnouncer, termsOf } from '../../operator/contexts.ts';
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

test('a call is watched for as long as the settings say', () => {
  const termsWith = (...flags: string[]) => termsOf(readConfig(flags, {}));
  const endWindow = hours(1);
  expect(termsWith()).toEqual({ settleWindow: minutes(20), orderVisibleWithin: minutes(4), endWindow });
  expect(termsWith('--order-visible-within', '9m')).toEqual({
    ...{ settleWindow: minutes(25), orderVisibleWithin: minutes(9), endWindow },
  });
});
