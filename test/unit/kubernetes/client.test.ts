import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import { seconds } from '../../../operator/clock.ts';
import { resourceClient } from '../../../operator/kubernetes/client.ts';
import type { Connection } from '../../../operator/kubernetes/connection.ts';
import { KubernetesError } from '../../../operator/kubernetes/errors.ts';
import { unparsedObjects } from '../../../operator/kubernetes/objects.ts';
import { widget } from './objects.ts';

const configMaps = { group: '', version: 'v1', plural: 'configmaps', kind: 'ConfigMap' };
const widgets = { group: 'example.com', version: 'v1', plural: 'widgets', kind: 'Widget' };

const anyWatch = { from: { version: '1' }, timeout: seconds(300), signal: AbortSignal.any([]) };

/** A client whose requests are noted and get `answer`, or fail with it; a watch gets its lines. */
function start(kind: typeof configMaps, answer: unknown) {
  const asked: unknown[] = [];
  const connection: Connection = {
    host: 'test',
    request: async (method, path, options) => {
      asked.push([method, path, options?.body]);
      if (answer instanceof KubernetesError) throw answer;
      return answer;
    },
    stream: async function* () {
      if (Array.isArray(answer)) yield* answer;
    },
    close: () => undefined,
  };
  return { asked, client: resourceClient(connection, kind, unparsedObjects) };
}

const { metadata } = widget('a');
const list = (items: unknown) => ({ kind: 'List', metadata: { resourceVersion: '7', continue: '' }, items });

test('objects of a kind lie below its group, those of the core group below /api', async () => {
  const { asked, client } = start(widgets, widget('a'));
  await client.get('shop', 'a');
  await client.replaceStatus(widget('a'), { ok: true });
  await client.jsonPatch(widget('a'), [], { subresource: 'status' });
  expect(asked).toEqual([
    ['GET', '/apis/example.com/v1/namespaces/shop/widgets/a', undefined],
    ['PUT', '/apis/example.com/v1/namespaces/shop/widgets/a/status', { ...widget('a'), status: { ok: true } }],
    ['PATCH', '/apis/example.com/v1/namespaces/shop/widgets/a/status', []],
  ]);
  const core = start(configMaps, list([]));
  await core.client.list({ limit: 5 });
  await core.client.list({ limit: 5, namespace: 'shop' });
  expect(core.asked).toEqual([
    ['GET', '/api/v1/configmaps', undefined],
    ['GET', '/api/v1/namespaces/shop/configmaps', undefined],
  ]);
});

test('items of a list learn what they are', async () => {
  const page = await start(configMaps, list([{ metadata }])).client.list({ limit: 5 });
  expect(page.items).toMatchObject([{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' } }]);
  expect(page).toMatchObject({ resourceVersion: '7', continue: undefined });
});

/** The metadata of an object that cannot be decoded, though most of it is in order. */
const strange = { ...metadata, name: 'b', labels: { colour: 1 }, finalizers: ['hold'], managedFields: [] };

test('for an object of a list that cannot be decoded stands what is known of it, and it hides no other', async () => {
  const page = await start(configMaps, list([{ metadata }, { metadata: strange, data: {} }])).client.list({ limit: 5 });
  const { managedFields: _, ...known } = strange;
  expect(page.items).toEqual([
    expect.objectContaining({ metadata }),
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { ...known, labels: undefined },
      undecoded: expect.stringContaining('labels'),
    },
  ]);
});

test('nor does one of a watch stay what it was', async () => {
  const lines = ['ADDED', 'MODIFIED', 'DELETED'].map((type) => JSON.stringify({ type, object: { metadata: strange } }));
  const events = await Readable.from(start(widgets, lines).client.watch(anyWatch)).toArray();
  const object = { metadata: { name: 'b', uid: metadata.uid }, undecoded: expect.stringContaining('labels') };
  expect(events).toMatchObject(['Added', 'Modified', 'Deleted'].map((type) => ({ type, object })));
});

const { uid: _, ...nameless } = metadata;

test.each([
  ['is none', 17],
  ['has no uid', { metadata: nameless }],
  ['has no metadata', {}],
])('when it cannot be told which object it is because it %s, lists and watches fail', async (_, object) => {
  const listed = start(widgets, list([widget('a'), object])).client.list({ limit: 5 });
  await expect(listed).rejects.toMatchObject({ reason: 'Malformed' });
  const line = JSON.stringify({ type: 'DELETED', object });
  const watched = Readable.from(start(widgets, [line]).client.watch(anyWatch)).toArray();
  await expect(watched).rejects.toMatchObject({ reason: 'Malformed' });
});

test.each(['get', 'replaceStatus'] as const)('to %s an object that cannot be decoded fails', async (call) => {
  const { client } = start(widgets, { ...widget('b'), metadata: strange });
  const answer = call === 'get' ? client.get('shop', 'b') : client.replaceStatus(widget('b'), {});
  await expect(answer).rejects.toMatchObject({ reason: 'Malformed' });
});

test.each([
  ['without items', { metadata: { resourceVersion: '7' } }],
  ['with no list of items', list(null)],
  ['without a version', { metadata: {}, items: [] }],
  ['that is no object', 'OK'],
])('a list %s is Malformed, never empty', async (_, answer) => {
  await expect(start(widgets, answer).client.list({ limit: 5 })).rejects.toMatchObject({ reason: 'Malformed' });
});

test('an answer that is no object is Malformed', async () => {
  await expect(start(widgets, {}).client.get('shop', 'a')).rejects.toMatchObject({ reason: 'Malformed' });
});

test('managedFields do not come in', async () => {
  const raw = { ...widget('a'), metadata: { ...metadata, managedFields: [{ manager: 'kubectl' }] } };
  expect(await start(widgets, raw).client.get('shop', 'a')).toEqual(widget('a'));
});

test('a patch that cannot be applied is a conflict if it tested something, and invalid if not', async () => {
  const { client } = start(widgets, new KubernetesError('Invalid', 'the server rejected our request', { status: 422 }));
  const remove = { op: 'remove', path: '/spec/x' } as const;
  const guarded = [{ op: 'test', path: '/spec/x', value: 1 } as const, remove];
  await expect(client.jsonPatch(widget('a'), guarded)).rejects.toMatchObject({ reason: 'Conflict', status: 422 });
  await expect(client.jsonPatch(widget('a'), [remove])).rejects.toMatchObject({ reason: 'Invalid' });
  const invalid = new KubernetesError('Invalid', 'spec.x: Required value', {
    status: 422,
    causes: [{ reason: 'FieldValueRequired', field: 'spec.x' }],
  });
  const refused = start(widgets, invalid).client.jsonPatch(widget('a'), guarded);
  await expect(refused).rejects.toMatchObject({ reason: 'Invalid' });
});
