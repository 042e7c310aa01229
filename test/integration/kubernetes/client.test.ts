import { expect, test } from 'vitest';
import { isConflict, isInvalid, isNotFound } from '../../../operator/kubernetes/errors.ts';
import { holdFinalizer, releaseFinalizer } from '../../../operator/kubernetes/finalizers.ts';
import { writeStatus } from '../../../operator/kubernetes/status.ts';
import { openPlayground } from './cluster.ts';

const { widgets } = await openPlayground();

const finalizer = 'example.com/hold';
const rejected = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    () => expect.fail('the call should have failed'),
    (error: unknown) => error,
  );

test('a list comes in pages, without managedFields', async () => {
  for (const name of ['page-a', 'page-b', 'page-c']) await widgets.create(name);
  const first = await widgets.client.list({ namespace: widgets.namespace, limit: 2 });
  expect(first.items.map(({ metadata }) => metadata.name)).toEqual(['page-a', 'page-b']);
  expect(first.items[0]?.metadata).toMatchObject({ managedFields: undefined });
  const second = await widgets.client.list({ namespace: widgets.namespace, limit: 2, continue: first.continue });
  expect(second.items.map(({ metadata }) => metadata.name)).toEqual(['page-c']);
  expect(second).toMatchObject({ continue: undefined, resourceVersion: first.resourceVersion });
});

test('a status is written once, and not again while it says the same', async () => {
  const object = await widgets.create('status-once');
  const status = { ready: true, message: undefined, nested: { count: 1 } };
  const first = await writeStatus(widgets.client, object, status);
  expect(first).toMatchObject({ written: true, object: { status: { ready: true, nested: { count: 1 } } } });
  const second = await writeStatus(widgets.client, first.object, status);
  expect(second).toEqual({ written: false, object: first.object });
});

test('a status write from an old copy is a conflict and changes nothing', async () => {
  const old = await widgets.create('status-conflict');
  await widgets.client.replaceStatus(old, { by: 'the first' });
  expect(await rejected(widgets.client.replaceStatus(old, { by: 'the second' }))).toSatisfy(isConflict);
  expect(await widgets.client.get(widgets.namespace, 'status-conflict')).toMatchObject({ status: { by: 'the first' } });
});

test('a status write leaves labels, annotations and spec alone', async () => {
  const metadata = { labels: { app: 'x' }, annotations: { note: 'y' } };
  const object = await widgets.create('status-only', { metadata, spec: { size: 3 } });
  await widgets.client.replaceStatus({ ...object, spec: { size: 4 } }, { ok: true });
  const after = await widgets.client.get(widgets.namespace, 'status-only');
  expect(after).toMatchObject({ metadata: { ...metadata, generation: 1 }, spec: { size: 3 }, status: { ok: true } });
});

test('a patch whose test fails is a conflict; one that the API server finds invalid is not', async () => {
  const object = await widgets.create('patch', { spec: { size: 1 } });
  const test = (value: number) => ({ op: 'test', path: '/spec/size', value }) as const;
  const grow = { op: 'replace', path: '/spec/size', value: 2 } as const;
  expect(await rejected(widgets.client.jsonPatch(object, [test(5), grow]))).toSatisfy(isConflict);
  const label = { op: 'add', path: '/metadata/labels', value: { 'not a label!': '' } } as const;
  expect(await rejected(widgets.client.jsonPatch(object, [test(1), label]))).toSatisfy(isInvalid);
  expect(await widgets.client.jsonPatch(object, [test(1), grow])).toMatchObject({ spec: { size: 2 } });
});

test('a finalizer is added once and keeps a deleted object until it is released', async () => {
  const object = await widgets.create('finalizer');
  const held = await holdFinalizer(widgets.client, object, finalizer);
  expect(held.metadata.finalizers).toEqual([finalizer]);
  expect(await holdFinalizer(widgets.client, held, finalizer)).toBe(held);
  await widgets.delete('finalizer');
  const deleting = await widgets.client.get(widgets.namespace, 'finalizer');
  expect(deleting.metadata.deletionTimestamp).toBeDefined();
  expect((await releaseFinalizer(widgets.client, deleting, finalizer))?.metadata.finalizers).toBeUndefined();
  expect(await rejected(widgets.client.get(widgets.namespace, 'finalizer'))).toSatisfy(isNotFound);
  expect(await releaseFinalizer(widgets.client, deleting, finalizer)).toBeUndefined();
});

test('a finalizer goes beside those of others, and an old copy neither adds nor removes the wrong one', async () => {
  const object = await widgets.create('finalizers', { metadata: { finalizers: ['example.com/other'] } });
  const held = await holdFinalizer(widgets.client, object, finalizer);
  expect(held.metadata.finalizers).toEqual(['example.com/other', finalizer]);
  expect(await rejected(holdFinalizer(widgets.client, object, 'example.com/third'))).toSatisfy(isConflict);

  await releaseFinalizer(widgets.client, held, 'example.com/other');
  // In the copy ours stands at index 1; by now it stands at 0.
  expect(await rejected(releaseFinalizer(widgets.client, held, finalizer))).toSatisfy(isConflict);
  const now = await widgets.client.get(widgets.namespace, 'finalizers');
  expect(now.metadata.finalizers).toEqual([finalizer]);
  await releaseFinalizer(widgets.client, now, finalizer);
});

test('no finalizer is put on an object of the same name that was created since', async () => {
  const old = await widgets.create('recreated');
  await widgets.delete('recreated');
  await widgets.create('recreated');
  expect(await rejected(holdFinalizer(widgets.client, old, finalizer))).toSatisfy(isConflict);
});

test('an object that is being deleted takes no finalizer: neither do we ask, nor would the API server agree', async () => {
  const object = await widgets.create('deleting', { metadata: { finalizers: ['example.com/other'] } });
  await widgets.delete('deleting');
  const deleting = await widgets.client.get(widgets.namespace, 'deleting');
  expect(await rejected(holdFinalizer(widgets.client, deleting, finalizer))).toSatisfy(isInvalid);
  expect(await rejected(holdFinalizer(widgets.client, object, finalizer))).toSatisfy(isInvalid);
  await releaseFinalizer(widgets.client, deleting, 'example.com/other');
});
