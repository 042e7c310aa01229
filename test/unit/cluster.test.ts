import { expect, test } from 'vitest';
import { minutes, seconds } from '../../operator/clock.ts';
import { cachedServersWith, createCluster, openElsewhere } from '../../operator/cluster.ts';
import type { Connection } from '../../operator/kubernetes/connection.ts';
import { KubernetesError } from '../../operator/kubernetes/errors.ts';
import { createStore } from '../../operator/kubernetes/store.ts';
import { parseLabelSelector } from '../../operator/label-selector.ts';
import { watchKinds } from '../../operator/watched-kinds.ts';
import { resourceIdOf } from '../builders/dccserver.ts';
import { noMetrics } from '../simulation/no-metrics.ts';
import { createVirtualClock } from '../virtual-clock.ts';
import { silentLog, widget } from './kubernetes/objects.ts';

test('a call that is open for a resource is seen of other requests only, and may stand in one that cannot be understood', () => {
  const object = (name: string, status: object) => ({ ...widget(name), status });
  const indexes = { open: ({ metadata }: { metadata: { name: string } }) => (metadata.name === 'a' ? ['dcc-1'] : []) };
  const unreadable = { journal: () => ['unreadable'] };
  const store = createStore<ReturnType<typeof object>>({ log: silentLog, indexes: { ...indexes, ...unreadable } });
  const a = object('a', {});
  const { uid } = a.metadata;
  store.apply('Added', a);
  const seen = (resourceId: string, by: string) => openElsewhere({ requests: { store } }, resourceId, by);
  expect(seen('dcc-1', uid)).toBeUndefined();
  expect(seen('dcc-1', 'another')).toEqual({ resourceId: 'dcc-1', request: 'shop/a', isUnreadable: false });
  store.apply('Added', object('b', { of: { aNewerVersion: ['dcc-2'] } }));
  expect(seen('dcc-2', uid)).toEqual({ resourceId: 'dcc-2', request: 'shop/b', isUnreadable: true });
  expect(seen('dcc-3', uid)).toBeUndefined();
});

test('a server that cannot be understood stands for a resource that its spec mentions', () => {
  const object = (name: string, resourceId: string) => ({ ...widget(name), spec: { resourceId } });
  const of = (which: string, is: string) => (which.startsWith('unreadable') ? [] : [is]);
  const indexes = {
    resource: ({ metadata, spec }: ReturnType<typeof object>) => of(metadata.name, spec.resourceId),
    ordered: ({ metadata }: ReturnType<typeof object>) =>
      metadata.name.startsWith('unreadable') ? ['unreadable'] : [],
  };
  const store = createStore<ReturnType<typeof object>>({ log: silentLog, indexes });
  for (const [name, resourceId] of [
    ['a', 'dcc-1'],
    ['b', 'dcc-2'],
    ['unreadable-1', 'dcc-1'],
    ['unreadable-2', 'dcc-2'],
  ] as const)
    store.apply('Added', object(name, resourceId));
  const found = cachedServersWith(store, 'dcc-1').map(({ metadata }) => metadata.name);
  expect(found).toEqual(['a', 'unreadable-1']);
});

const resourceId = resourceIdOf('server-1');
const signal = new AbortController().signal;
const nobody = { kind: 'Read', value: [] };
const mayNotRead = (what: string | RegExp) => ({
  kind: 'Unreadable',
  failure: {
    source: 'A namespace that the operator looks after',
    cause: 'Permission',
    message: expect.stringMatching(what),
    remedy: expect.stringContaining('--namespaces'),
  },
});

interface Refusals {
  lists: string[];
  byProxy?: boolean;
  /** What a watch that is begun meets; those that stand go on. */
  watches?: 'Forbidden' | 'Gone';
}

/** A process that looks after x and y, of which the API server refuses whatever `refusals` says; nothing is in either. */
async function looksAfter(refusals: Refusals, labels?: string, namespaces = ['x', 'y']) {
  const clock = createVirtualClock();
  const standing = new Set<() => void>();
  let lists = 0;
  const connection: Connection = {
    host: 'api',
    request: async (_method, path) => {
      if (refusals.lists.some((part) => path.includes(part)))
        throw new KubernetesError('Forbidden', `${path} is forbidden`, { explained: refusals.byProxy !== true });
      lists += 1;
      return { metadata: { resourceVersion: '7' }, items: [] };
    },
    stream: async function* (_path, query, ending) {
      if (query['sendInitialEvents'] !== undefined) throw new KubernetesError('Invalid', 'lists are not streamed');
      if (refusals.watches === 'Forbidden') throw new KubernetesError('Forbidden', 'watches are forbidden');
      if (refusals.watches === 'Gone') {
        yield '';
        throw new KubernetesError('Gone', 'the version is too old');
      }
      await new Promise((resolve, reject) => {
        standing.add(() => resolve(undefined));
        ending.addEventListener('abort', () => reject(ending.reason));
      });
    },
    close: () => {},
  };
  const selector = labels === undefined ? undefined : parseLabelSelector(labels);
  const scope = { namespaces, selector };
  const surroundings = { connection, metrics: noMetrics, log: silentLog, clock, random: () => 0.5, scope };
  const kinds = watchKinds(surroundings);
  const reflectors = [kinds.servers.start(), kinds.requests.start()];
  await clock.settle();
  await Promise.all(reflectors.map(({ synced }) => synced));
  const stop = () => Promise.all(reflectors.map((reflector) => reflector.stop()));
  return {
    cluster: createCluster({ kinds, surroundings }),
    refusals,
    clock,
    lists: () => lists,
    endWatches: () => {
      for (const end of standing) end();
    },
    [Symbol.asyncDispose]: async () => void (await stop()),
  };
}

test('all is known when all namespaces were listed', async () => {
  await using process = await looksAfter({ lists: [] });
  expect(process.cluster.unread()).toBeUndefined();
  expect(await process.cluster.serversWith(resourceId, 'Cached', signal)).toEqual(nobody);
  expect(await process.cluster.serversWith(resourceId, 'Live', signal)).toEqual(nobody);
});

test.each(['/x/dccservers', '/x/unsubscriptionrequests'])(
  'of a namespace where %s may not be read nothing is known, and no server is taken for the only one of its resource',
  async (refused) => {
    await using process = await looksAfter({ lists: [refused] });
    expect(process.cluster.unread()).toMatchObject({ message: 'The operator may not read x.' });
    for (const freshness of ['Cached', 'Live'] as const)
      expect(await process.cluster.serversWith(resourceId, freshness, signal)).toEqual(mayNotRead(/may not read x/));
  },
);

test.each([undefined, 'installation=north'])(
  'a right that was taken away shows in a list while the watch goes on (selector: %s)',
  async (labels) => {
    await using process = await looksAfter({ lists: [] }, labels);
    process.refusals.lists.push('/x/');
    expect(process.cluster.unread()).toBeUndefined();
    expect(await process.cluster.serversWith(resourceId, 'Live', signal)).toEqual(mayNotRead('/x/dccservers'));
  },
);

test('after a watch was refused nothing is known until all was listed again, whatever a watch says before', async () => {
  await using process = await looksAfter({ lists: [] });
  process.refusals.lists.push('/x/', '/y/');
  process.refusals.watches = 'Forbidden';
  process.endWatches();
  await process.clock.advance(minutes(2));
  expect(process.cluster.unread()).toMatchObject({ message: 'The operator may not read x, y.' });
  const before = process.lists();
  process.refusals.lists.length = 0;
  process.refusals.watches = 'Gone';
  for (let second = 0; second < 90; second += 1) {
    await process.clock.advance(seconds(1));
    expect(process.cluster.unread() === undefined).toBe(process.lists() >= before + 4);
  }
  expect(process.lists()).toBeGreaterThanOrEqual(before + 4);
});

test('whoever looks after all namespaces is told of all, and of no setting that is not set', async () => {
  await using process = await looksAfter({ lists: [] }, undefined, []);
  process.refusals.lists.push('/');
  process.refusals.watches = 'Forbidden';
  process.endWatches();
  await process.clock.advance(minutes(2));
  expect(process.cluster.unread()).toMatchObject({
    message: 'The operator may not read DCCServers and UnsubscriptionRequests of all namespaces.',
    remedy: 'Grant it its rights in all namespaces again (`helm upgrade`).',
  });
});

test('what something on the way refuses is tried again, and nothing is concluded from it', async () => {
  await using process = await looksAfter({ lists: [], byProxy: true });
  process.refusals.lists.push('/x/');
  await expect(process.cluster.serversWith(resourceId, 'Live', signal)).rejects.toThrow('is forbidden');
});
