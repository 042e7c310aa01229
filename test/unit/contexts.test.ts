import { expect, test } from 'vitest';
import { failureAnnouncer } from '../../operator/contexts.ts';
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
