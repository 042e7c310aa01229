import { expect, test } from 'vitest';
import { minutes, seconds } from '../../../operator/clock.ts';
import { asKubernetesError } from '../../../operator/kubernetes/errors.ts';
import { cachesActive, cachesFilled, refusedNamespaces } from '../../../operator/kubernetes/health-checks.ts';
import { objectKey } from '../../../operator/kubernetes/objects.ts';
import { createAcceleratedClock } from '../../accelerated-clock.ts';
import { createNeighbour, openConnection, openPlayground, until } from './cluster.ts';
import { startFaultProxy } from './fault-proxy.ts';
import { createReader } from './service-account.ts';
import { expectEqualToFreshList, startWatchingTogether } from './watching.ts';

const { opened, widgets: north } = await openPlayground();

/** A silence of 210 s takes 4 s. */
const clock = createAcceleratedClock(50);

test('a namespace that is deleted takes its rights with it: that is told, and the others go on', async () => {
  await using south = await createNeighbour(opened.connection, north);
  const reader = await createReader(opened.connection, north);
  await reader.allow();
  await reader.allowIn(south.namespace);
  const token = await reader.issueToken();
  await using proxy = await startFaultProxy({ clock });
  const { kubeConfig } = proxy;
  kubeConfig.users = kubeConfig.users.map(({ name }) => ({ name, token: token.value }));
  await using behind = await openConnection(kubeConfig, clock);
  await Promise.all([north, south].map(({ create }) => create('early')));

  await using watching = startWatchingTogether({ over: behind, playgrounds: [north, south], clock });
  const { store, reflector } = watching;
  await watching.synced;
  const readyz = [cachesFilled({ widgets: reflector }), cachesActive({ widgets: reflector }, seconds(210), clock)];
  const problems = () => readyz.flatMap((check) => check.problems());
  const notes = () => readyz.flatMap((check) => check.notes?.() ?? []);
  const ofSouth = reflector.parts.get(south.namespace) ?? expect.fail('it is not reflected');
  await until('both are seen', () => store.size === 2);

  await south[Symbol.asyncDispose]();
  await until('it is gone', () => isGone(south.namespace), minutes(2));
  // Rights are asked for when a watch begins: by itself this one might go on for ten minutes.
  proxy.cut();
  await until('it is refused', () => ofSouth.isRefused());
  const age = () => clock.elapsed() - ofSouth.lastActivity();
  await until('nothing was heard of it for long', () => age() > seconds(250));
  await north.create('late');
  await until('the others go on', () => store.get(objectKey(north.namespace, 'late')) !== undefined);
  expect(problems()).toEqual([]);
  expect(notes()).toEqual([expect.stringContaining(`widgets in ${south.namespace} may not be read`)]);
  expect(refusedNamespaces({ widgets: reflector })).toEqual({ widgets: 1 });
  const ofNorth = reflector.parts.get(north.namespace) ?? expect.fail('it is not reflected');
  expect(reflector.lastActivity(), 'what alerts look at').toBe(ofNorth.lastActivity());

  await opened.connection.request('POST', '/api/v1/namespaces', { body: { metadata: { name: south.namespace } } });
  await reader.allowIn(south.namespace);
  await south.create('reborn');
  await until('the new one is seen', () => store.get(objectKey(south.namespace, 'reborn')) !== undefined);
  await expectEqualToFreshList(watching, north, south);
  expect([problems(), notes()]).toEqual([[], []]);
});

const isGone = (namespace: string): Promise<boolean> =>
  opened.connection.request('GET', `/api/v1/namespaces/${namespace}`).then(
    () => false,
    (error) => asKubernetesError(error).reason === 'NotFound',
  );
