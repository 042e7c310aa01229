import { expect, inject, test } from 'vitest';
import { z } from 'zod';
import { type Apply, createApplier, type Manifest } from '../../../operator/kubernetes/apply.ts';
import { asKubernetesError, KubernetesError } from '../../../operator/kubernetes/errors.ts';
import { loadKubeConfig } from '../../../operator/kubernetes/kubeconfig.ts';
import { decodeObject, type UnparsedObject } from '../../../operator/kubernetes/objects.ts';
import { openConnection, openPlayground, type TestConnection } from './cluster.ts';

const { opened, widgets } = await openPlayground();

const applierNamed = (fieldManager: string, over: TestConnection = opened): Apply<UnparsedObject> =>
  createApplier({ connection: over.connection, kind: widgets.kind, decode: decodeObject, fieldManager });

const named = (name: string, fields: Omit<Manifest, 'metadata'> = {}, metadata: object = {}): Manifest => ({
  metadata: { namespace: widgets.namespace, name, ...metadata },
  ...fields,
});

async function applied(outcome: ReturnType<Apply<UnparsedObject>>): Promise<UnparsedObject> {
  const result = await outcome;
  if (result.kind === 'Applied') return result.object;
  return expect.fail(`a conflict: ${JSON.stringify(result.conflicts)}`);
}

test('an apply creates what is not there, and changes what is', async () => {
  const apply = applierNamed('ours');
  const created = await applied(apply(named('plain', { spec: { size: 1 } }, { labels: { colour: 'red' } })));
  expect(created).toMatchObject({ metadata: { generation: 1, labels: { colour: 'red' } }, spec: { size: 1 } });
  expect(created.metadata).toMatchObject({ managedFields: undefined });
  const changed = await applied(apply(named('plain', { spec: { size: 2 } }, { labels: { colour: 'red' } })));
  expect(changed).toMatchObject({ metadata: { uid: created.metadata.uid, generation: 2 }, spec: { size: 2 } });
});

test('an apply that says what is so already leaves the version as it is', async () => {
  const apply = applierNamed('ours');
  const manifest = named('same', { spec: { size: 1, nested: { list: [1, 2] } } });
  const first = await applied(apply(manifest));
  expect(await applied(apply(manifest))).toEqual(first);
});

test('a field that another manager owns is a conflict that names both, and changes nothing', async () => {
  const theirs = named('contested', { spec: { size: 1, colour: 'red' } });
  const before = await applied(applierNamed('a "strange" manager')(theirs));
  const outcome = await applierNamed('ours')(named('contested', { spec: { size: 2, colour: 'blue', ours: true } }));
  expect(outcome).toEqual({
    kind: 'Conflict',
    conflicts: [
      { manager: 'a "strange" manager', field: '.spec.colour' },
      { manager: 'a "strange" manager', field: '.spec.size' },
    ],
  });
  expect(await widgets.client.get(widgets.namespace, 'contested')).toEqual(before);
});

test('one who writes without applying is a manager too, by the name of its program', async () => {
  await widgets.create('edited', { spec: { size: 1 } });
  await widgets.change('edited', { size: 2 });
  expect(await applierNamed('ours')(named('edited', { spec: { size: 3 } }))).toEqual({
    kind: 'Conflict',
    conflicts: [{ manager: 'dcc-operator-test', field: '.spec.size' }],
  });
});

test('by force a field changes its owner', async () => {
  const [ours, theirs] = [applierNamed('ours'), applierNamed('theirs')];
  await applied(theirs(named('forced', { spec: { size: 1 } })));
  const taken = await applied(ours(named('forced', { spec: { size: 2 } }), { force: true }));
  expect(taken).toMatchObject({ spec: { size: 2 } });
  expect(await theirs(named('forced', { spec: { size: 1 } }))).toEqual({
    kind: 'Conflict',
    conflicts: [{ manager: 'ours', field: '.spec.size' }],
  });
});

test('a field that its only owner leaves out is gone; one that others own stays', async () => {
  const [ours, theirs] = [applierNamed('ours'), applierNamed('theirs')];
  await applied(ours(named('given-up', { spec: { mine: 1, shared: 1, kept: 1 } })));
  await applied(theirs(named('given-up', { spec: { shared: 1 } })));
  expect(await applied(ours(named('given-up', { spec: { kept: 1 } })))).toMatchObject({ spec: { shared: 1, kept: 1 } });
  expect((await widgets.client.get(widgets.namespace, 'given-up')).spec).toEqual({ shared: 1, kept: 1 });
});

test('status and object are applied apart from each other', async () => {
  const apply = applierNamed('ours');
  const manifest = named('with-status', { spec: { size: 1 } });
  await applied(apply(manifest));
  const reported = await applied(
    apply(named('with-status', { spec: { size: 9 }, status: { ready: true } }), { subresource: 'status' }),
  );
  expect(reported).toMatchObject({ metadata: { generation: 1 }, spec: { size: 1 }, status: { ready: true } });
  // Who applies the object does not give up the status by leaving it out.
  expect(await applied(apply(manifest))).toEqual(reported);
  const conflict = await applierNamed('theirs')(named('with-status', { status: { ready: false } }), {
    subresource: 'status',
  });
  expect(conflict).toEqual({ kind: 'Conflict', conflicts: [{ manager: 'ours', field: '.status.ready' }] });
});

test('a status is applied only to an object that exists', async () => {
  const apply = applierNamed('ours')(named('missing', { status: { ready: true } }), { subresource: 'status' });
  await expect(apply).rejects.toMatchObject({ reason: 'NotFound' });
});

test('with a uid or a version it is that object and that version, or nothing', async () => {
  const apply = applierNamed('ours');
  const { metadata } = await applied(apply(named('exact', { spec: { size: 1 } })));
  const { uid, resourceVersion } = metadata;
  const grown = await applied(apply(named('exact', { spec: { size: 2 } }, { uid, resourceVersion })));
  const refusal = async (metadata: object) => {
    const outcome = apply(named('exact', { spec: { size: 3 } }, metadata));
    return asKubernetesError(await outcome.catch((error: unknown) => error)).reason;
  };
  expect(await refusal({ resourceVersion })).toBe('Conflict');
  await widgets.delete('exact');
  expect(await refusal({ uid })).toBe('Conflict');
  const reborn = await widgets.create('exact');
  expect(await refusal({ uid })).toBe('Invalid');
  expect(grown).toMatchObject({ metadata: { uid }, spec: { size: 2 } });
  const { metadata: now } = await widgets.client.get(widgets.namespace, 'exact');
  expect([now.uid, now.resourceVersion]).toEqual([reborn.metadata.uid, reborn.metadata.resourceVersion]);
});

test('who may not patch is told so', async () => {
  await using stranger = await openConnection(await kubeConfigOfStranger());
  const error = await applierNamed('theirs', stranger)(named('forbidden', { spec: {} })).catch((reason) => reason);
  expect(error).toBeInstanceOf(KubernetesError);
  expect(error).toMatchObject({ reason: 'Forbidden' });
});

/** Somebody whom the API server knows and who may do nothing: a service account without a role. */
async function kubeConfigOfStranger() {
  const accounts = `/api/v1/namespaces/${widgets.namespace}/serviceaccounts`;
  await opened.connection.request('POST', accounts, { body: { metadata: { name: 'stranger' } } });
  const answer = await opened.connection.request('POST', `${accounts}/stranger/token`, { body: { spec: {} } });
  const { token } = z.object({ status: z.object({ token: z.string() }) }).parse(answer).status;
  const kubeConfig = await loadKubeConfig(inject('kubeconfig'));
  kubeConfig.users = kubeConfig.users.map(({ name }) => ({ name, token }));
  return kubeConfig;
}
