import { expect, test, vi } from 'vitest';
import type { UnparsedObject } from '../../../operator/kubernetes/objects.ts';
import { createParsedObjects, type Parsed } from '../../../operator/kubernetes/parsed-objects.ts';
import { createStore } from '../../../operator/kubernetes/store.ts';
import { silentLog, standIn, widget } from './objects.ts';

/** The objects of a kind that is always understood, with what was written to the API server. */
function open(...objects: UnparsedObject[]) {
  const store = createStore<UnparsedObject>({ log: silentLog });
  store.beginReplace()(objects);
  const replaceStatus = vi.fn(async (object: UnparsedObject, status: unknown) => ({ ...object, status }));
  const client = {
    kind: { group: 'example.com', version: 'v1', plural: 'widgets', kind: 'Widget' },
    list: vi.fn(),
    watch: vi.fn(),
    get: vi.fn(),
    jsonPatch: vi.fn(),
    replaceStatus,
  };
  const parse = ({ metadata, spec, status }: UnparsedObject): Parsed<UnparsedObject & Fields> => ({
    kind: 'Readable',
    object: { apiVersion: 'example.com/v1', kind: 'Widget', metadata, spec, status },
  });
  const fitStatus = (status: unknown) => status;
  return { parsed: createParsedObjects({ client, store, parse, fitStatus, finalizer: 'hold' }), replaceStatus };
}

type Fields = Record<'spec' | 'status', unknown>;

test('an object that could not be decoded cannot be understood, whatever its kind makes of what is left of it', () => {
  const { parsed } = open(widget('a'), standIn('b'));
  const strange = {
    kind: 'Unreadable',
    metadata: { name: 'b' },
    problem: expect.stringContaining('a label is no text'),
  };
  expect(parsed.cached('shop', 'b')).toMatchObject(strange);
  expect(parsed.all()).toMatchObject([{ kind: 'Readable', object: { metadata: { name: 'a' } } }, strange]);
});

test('nothing is written over the status of one whose status is not known', async () => {
  const { parsed, replaceStatus } = open(widget('a'), standIn('b'));
  for (const name of ['a', 'b', 'c']) await parsed.writeRawStatus('shop', name, () => ({ strange: true }));
  expect(replaceStatus).toHaveBeenCalledExactlyOnceWith(widget('a'), { strange: true }, undefined);
});
