import { expect, test } from 'vitest';
import { createApplier, type Manifest } from '../../../operator/kubernetes/apply.ts';
import type { Connection, RequestOptions } from '../../../operator/kubernetes/connection.ts';
import { KubernetesError, type StatusCause } from '../../../operator/kubernetes/errors.ts';
import { decodeObject, type ResourceKind, type UnparsedObject } from '../../../operator/kubernetes/objects.ts';
import { widget } from './objects.ts';

const widgets: ResourceKind = { group: 'example.com', version: 'v1', plural: 'widgets', kind: 'Widget' };
const manifest: Manifest = { metadata: { namespace: 'shop', name: 'a' }, spec: { size: 1 } };

/** An applier over a connection that notes what it is asked, and answers with `answer` or fails with it. */
function start({ answer = widget('a') as unknown, kind = widgets } = {}) {
  const asked: [method: string, path: string, options: RequestOptions | undefined][] = [];
  const observed: UnparsedObject[] = [];
  const request: Connection['request'] = async (...call) => {
    asked.push([call[0], call[1], call[2]]);
    if (answer instanceof Error) throw answer;
    return answer;
  };
  const observeWrite = (object: UnparsedObject) => observed.push(object);
  const apply = createApplier({
    connection: { request },
    kind,
    decode: decodeObject,
    fieldManager: 'tester',
    store: { observeWrite },
  });
  return { apply, asked, observed };
}

test('an apply says what it is about, who applies, and never forces by itself', async () => {
  const { apply, asked } = start();
  await apply(manifest);
  expect(asked).toEqual([
    [
      'PATCH',
      '/apis/example.com/v1/namespaces/shop/widgets/a',
      {
        query: { fieldManager: 'tester', force: undefined },
        body: { ...manifest, apiVersion: 'example.com/v1', kind: 'Widget' },
        contentType: 'application/apply-patch+yaml',
        signal: undefined,
      },
    ],
  ]);
});

test('a status is applied under its own path; the core group has one too', async () => {
  const { apply, asked } = start({ kind: { group: '', version: 'v1', plural: 'pods', kind: 'Pod' } });
  await apply(manifest, { subresource: 'status', force: true });
  expect(asked[0]).toMatchObject([
    'PATCH',
    '/api/v1/namespaces/shop/pods/a/status',
    { query: { force: true }, body: { apiVersion: 'v1', kind: 'Pod' } },
  ]);
});

test('what was applied comes without managedFields, and the store hears of it', async () => {
  const { metadata, ...rest } = widget('a', { version: 7 });
  const { apply, observed } = start({ answer: { ...rest, metadata: { ...metadata, managedFields: [{}] } } });
  expect(await apply(manifest)).toEqual({ kind: 'Applied', object: widget('a', { version: 7 }) });
  expect(observed).toEqual([widget('a', { version: 7 })]);
});

const conflict = (...causes: StatusCause[]) => new KubernetesError('Conflict', 'Apply failed', { causes });
const cause = (message: string): StatusCause => ({ reason: 'FieldManagerConflict', message, field: '.spec.size' });

test.each([
  ['conflict with "other"', 'other'],
  ['conflict with "kubectl edit" using v1 at 2026-01-01T00:00:00Z', 'kubectl edit'],
  ['conflict with "other" with subresource "status" using example.com/v1', 'other'],
  ['conflict with "a \\"quoted\\" \\\\ one" using v1', 'a "quoted" \\ one'],
  ['a conflict in other words', 'a conflict in other words'],
])('%s: the manager is %s', async (message, manager) => {
  const { apply, observed } = start({ answer: conflict(cause(message)) });
  expect(await apply(manifest)).toEqual({ kind: 'Conflict', conflicts: [{ manager, field: '.spec.size' }] });
  expect(observed).toEqual([]);
});

test('a conflict that is not about other managers rejects, as every other failure does', async () => {
  for (const answer of [conflict(), conflict({ reason: 'Other' }), new KubernetesError('Forbidden', 'no')]) {
    await expect(start({ answer }).apply(manifest)).rejects.toBe(answer);
  }
});

test('an answer that is no object is malformed', async () => {
  await expect(start({ answer: { kind: 'Widget' } }).apply(manifest)).rejects.toMatchObject({ reason: 'Malformed' });
});
