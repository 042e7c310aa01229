import { expect, test } from 'vitest';
import { apiVersionOf, decodeObject, keyOf, objectKey, splitKey } from '../../../operator/kubernetes/objects.ts';
import { widget } from './objects.ts';

const metadata = {
  name: 'a',
  namespace: 'shop',
  uid: 'u1',
  resourceVersion: '7',
  creationTimestamp: '2026-01-01T00:00:00Z',
};
const raw = { apiVersion: 'v1', kind: 'ConfigMap', metadata };

test('the door keeps what it does not know: the whole object goes back to the API server with a status write', () => {
  const owners = [{ uid: 'owner' }];
  const decoded = decodeObject({ ...raw, data: { x: '1' }, metadata: { ...metadata, ownerReferences: owners } });
  expect(decoded).toMatchObject({ data: { x: '1' }, metadata: { ownerReferences: owners } });
});

test('a kind without generations has generation 0', () => {
  expect(decodeObject(raw).metadata.generation).toBe(0);
});

test.each(['name', 'namespace', 'uid', 'resourceVersion', 'creationTimestamp'])(
  'an object without %s is refused',
  (field) => {
    expect(() => decodeObject({ ...raw, metadata: { ...metadata, [field]: undefined } })).toThrow(field);
    expect(() => decodeObject({ ...raw, metadata: { ...metadata, [field]: '' } })).toThrow(field);
  },
);

test.each([
  ['generation', 1.5],
  ['generation', '1'],
  ['deletionTimestamp', 0],
  ['finalizers', 'one'],
  ['finalizers', ['one', 2]],
  ['finalizers', null],
  ['labels', { colour: 1 }],
  ['labels', ['red']],
  ['annotations', { note: null }],
  ['uid', 17],
])('an object whose %s is %j is refused, and the error says where', (field, value) => {
  const good = { ...metadata, generation: 1 };
  expect(decodeObject({ ...raw, metadata: good }).metadata).toEqual(good);
  expect(() => decodeObject({ ...raw, metadata: { ...good, [field]: value } })).toThrow(field);
});

test.each([['text'], [null], [[]], [{ ...raw, kind: '' }], [{ ...raw, apiVersion: 1 }], [{ ...raw, metadata: [] }]])(
  '%j is no object',
  (value) => {
    expect(() => decodeObject(value)).toThrow();
  },
);

test('a strange spec does not keep an object out', () => {
  expect(decodeObject({ ...raw, spec: 17 }).spec).toBe(17);
});

test('a key names an object and can be taken apart again', () => {
  expect(keyOf(widget('a.b'))).toBe('shop/a.b');
  expect(splitKey(objectKey('shop', 'a.b'))).toEqual({ namespace: 'shop', name: 'a.b' });
});

test('the core group has no name in an apiVersion', () => {
  expect(apiVersionOf({ group: '', version: 'v1', plural: 'configmaps', kind: 'ConfigMap' })).toBe('v1');
  expect(apiVersionOf({ group: 'apps', version: 'v1', plural: 'deployments', kind: 'Deployment' })).toBe('apps/v1');
});
