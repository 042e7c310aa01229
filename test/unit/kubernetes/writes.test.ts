import { expect, test } from 'vitest';
import type { JsonPatchOperation } from '../../../operator/kubernetes/client.ts';
import { KubernetesError } from '../../../operator/kubernetes/errors.ts';
import { hasFinalizer, holdFinalizer, releaseFinalizer } from '../../../operator/kubernetes/finalizers.ts';
import type { UnparsedObject } from '../../../operator/kubernetes/objects.ts';
import { writeStatus } from '../../../operator/kubernetes/status.ts';
import { widget } from './objects.ts';

/** Notes what is written; every write answers with `answer`, or fails with it. */
function notingClient(answer: UnparsedObject | KubernetesError = widget('answer')) {
  const patches: (readonly JsonPatchOperation[])[] = [];
  const statuses: unknown[] = [];
  const reply = async () => {
    if (answer instanceof KubernetesError) throw answer;
    return answer;
  };
  return {
    patches,
    statuses,
    jsonPatch: (_: UnparsedObject, operations: readonly JsonPatchOperation[]) => {
      patches.push(operations);
      return reply();
    },
    replaceStatus: (_: UnparsedObject, status: unknown) => {
      statuses.push(status);
      return reply();
    },
  };
}

const ours = 'example.com/ours';
const theirs = 'example.com/theirs';

test('the first finalizer makes the list, and only if there still is none', async () => {
  const client = notingClient();
  await holdFinalizer(client, widget('a', { uid: 'u1' }), ours);
  expect(client.patches).toEqual([
    [
      { op: 'test', path: '/metadata/uid', value: 'u1' },
      { op: 'test', path: '/metadata/finalizers', value: null },
      { op: 'add', path: '/metadata/finalizers', value: [ours] },
    ],
  ]);
});

test('a further one goes behind those of others, and only if they are still the same', async () => {
  const client = notingClient();
  await holdFinalizer(client, widget('a', { uid: 'u1', finalizers: [theirs] }), ours);
  expect(client.patches).toEqual([
    [
      { op: 'test', path: '/metadata/uid', value: 'u1' },
      { op: 'test', path: '/metadata/finalizers', value: [theirs] },
      { op: 'add', path: '/metadata/finalizers/-', value: ours },
    ],
  ]);
});

test('a release removes exactly the value that it tested', async () => {
  const client = notingClient();
  await releaseFinalizer(client, widget('a', { uid: 'u1', finalizers: [theirs, ours] }), ours);
  expect(client.patches).toEqual([
    [
      { op: 'test', path: '/metadata/uid', value: 'u1' },
      { op: 'test', path: '/metadata/finalizers/1', value: ours },
      { op: 'remove', path: '/metadata/finalizers/1' },
    ],
  ]);
});

test('what is already so is not written', async () => {
  const client = notingClient();
  const [held, free] = [widget('a', { finalizers: [ours] }), widget('a', { finalizers: [theirs] })];
  expect(await holdFinalizer(client, held, ours)).toBe(held);
  expect(await releaseFinalizer(client, free, ours)).toBe(free);
  expect(client.patches).toEqual([]);
  expect([hasFinalizer(held, ours), hasFinalizer(free, ours), hasFinalizer(widget('a'), ours)]).toEqual([
    true,
    false,
    false,
  ]);
});

test('an object that is being deleted takes no new finalizer', async () => {
  const client = notingClient();
  const deleting = widget('a', { finalizers: [theirs], deletionTimestamp: '2026-01-02T00:00:00Z' });
  await expect(holdFinalizer(client, deleting, ours)).rejects.toMatchObject({ reason: 'Invalid' });
  expect(client.patches).toEqual([]);
});

test('an object that is gone needs no release; any other failure is one', async () => {
  const held = widget('a', { finalizers: [ours] });
  const gone = notingClient(new KubernetesError('NotFound', 'gone'));
  expect(await releaseFinalizer(gone, held, ours)).toBeUndefined();
  const failing = notingClient(new KubernetesError('ServerError', 'down'));
  await expect(releaseFinalizer(failing, held, ours)).rejects.toMatchObject({ reason: 'ServerError' });
});

test.each([
  ['the same', { a: 1 }, { a: 1 }, false],
  ['the same in another order of members', { a: 1, b: 2 }, { b: 2, a: 1 }, false],
  ['the same but for members that are undefined', { a: 1 }, { a: 1, b: undefined }, false],
  ['a date that reads the same', { at: '2026-01-01T00:00:00.000Z' }, { at: new Date('2026-01-01T00:00:00Z') }, false],
  ['something else', { a: 1 }, { a: 2 }, true],
  ['less', { a: 1, b: 2 }, { a: 1 }, true],
  ['the same in another order of elements', { a: [1, 2] }, { a: [2, 1] }, true],
  ['a first status', undefined, { a: 1 }, true],
])('a status that says %s', async (_, is, wanted, written) => {
  const client = notingClient();
  const object = widget('a', { status: is });
  const result = await writeStatus(client, object, wanted);
  expect(client.statuses).toEqual(written ? [wanted] : []);
  expect(result).toEqual({ written, object: written ? widget('answer') : object });
});
