import { expect, inject, test } from 'vitest';
import type { ResourceClient } from '../../../operator/kubernetes/client.ts';
import { KubernetesError } from '../../../operator/kubernetes/errors.ts';
import { loadKubeConfig, serverOf } from '../../../operator/kubernetes/kubeconfig.ts';
import { objectKey, type UnparsedObject } from '../../../operator/kubernetes/objects.ts';
import { readYourWrites } from '../../../operator/kubernetes/read-your-writes.ts';
import { kubeConfigVia, openConnection, openPlayground, until } from './cluster.ts';
import { startTcpProxy } from './tcp-proxy.ts';
import { expectEqualToFreshList, startWatching, type Watching } from './watching.ts';

const { opened, widgets } = await openPlayground();

const key = (name: string) => objectKey(widgets.namespace, name);
test('what exists is listed; what is created, changed and deleted afterwards is seen', async () => {
  await widgets.create('before', { spec: { size: 1 } });
  await using watching = startWatching({ over: opened, playground: widgets });
  await watching.synced;
  expect(watching.store.get(key('before'))).toMatchObject({ spec: { size: 1 } });

  await widgets.create('after');
  await widgets.change('before', { size: 2 });
  await widgets.delete('after');
  await until('the deletion is seen', () => watching.told('after').includes('Deleted by Server'));
  expect(watching.told('after')).toEqual(['Added by Server', 'Deleted by Server']);
  expect(watching.told('before')).toEqual(['Added by Server', 'Updated by Server']);
  await expectEqualToFreshList(watching, widgets);
  await widgets.delete('before');
});

test('more objects than a page holds are all there', { timeout: 60_000 }, async () => {
  const names = Array.from({ length: 620 }, (_, index) => `many-${index}`);
  for (let start = 0; start < names.length; start += 20) {
    await Promise.all(names.slice(start, start + 20).map((name) => widgets.create(name)));
  }
  await using other = await openConnection();
  await using watching = startWatching({ over: other, playground: widgets });
  await watching.synced;
  expect(watching.store.size).toBe(620);
  await expectEqualToFreshList(watching, widgets);
  await opened.connection.request('DELETE', `/apis/${widgets.kind.group}/v1/namespaces/${widgets.namespace}/widgets`);
  await until('all deletions are seen', () => watching.store.size === 0);
});

test('where no list is streamed, pages bring the same', { timeout: 60_000 }, async () => {
  const names = Array.from({ length: 520 }, (_, index) => `paged-${index}`);
  for (let start = 0; start < names.length; start += 20) {
    await Promise.all(names.slice(start, start + 20).map((name) => widgets.create(name)));
  }
  await using other = await openConnection();
  const client = widgets.clientOver(other.connection);
  const pages: number[] = [];
  await using watching = startWatching({
    over: other,
    playground: widgets,
    client: {
      ...client,
      list: async (options) => {
        const page = await client.list(options);
        pages.push(page.items.length);
        return page;
      },
      watch: async function* (options) {
        // What the API server answers while its feature gate WatchList is off.
        if (options.from === 'Everything') throw new KubernetesError('Invalid', 'sendInitialEvents is forbidden');
        yield* client.watch(options);
      },
    },
  });
  await watching.synced;
  expect(pages).toEqual([500, 20]);
  await expectEqualToFreshList(watching, widgets);
  await opened.connection.request('DELETE', `/apis/${widgets.kind.group}/v1/namespaces/${widgets.namespace}/widgets`);
  await until('all deletions are seen', () => watching.store.size === 0);
});

test('a watch whose connection is cut goes on from where it was, without a new list', async () => {
  await using proxy = await startTcpProxy(serverOf(await loadKubeConfig(inject('kubeconfig'))));
  await using behind = await openConnection(await kubeConfigVia(proxy.server));
  await using watching = startWatching({ over: behind, playground: widgets });
  await watching.synced;
  await widgets.create('cut-a');
  await until('the first is seen', () => watching.store.size === 1);

  proxy.cut();
  await widgets.create('cut-b');
  await widgets.delete('cut-a');
  await widgets.create('cut-a', { spec: { reborn: true } });
  await until('the watch catches up', () => watching.told('cut-a').length === 3 && watching.store.size === 2);
  // A re-created object is a deletion and a creation, also when both happened unseen.
  expect(watching.told('cut-a')).toEqual(['Added by Server', 'Deleted by Server', 'Added by Server']);
  await expectEqualToFreshList(watching, widgets);
  expect(await behind.count('reflector_lists_total')).toBe(1);
  expect(await behind.count('reflector_watches_total')).toBeGreaterThan(1);
  await Promise.all(['cut-a', 'cut-b'].map(widgets.delete));
});

test('a version that the API server no longer has (410) leads to a new list', async () => {
  await widgets.create('gone');
  // The first list claims to be as old as the cluster. Watching from there, the real API server answers 410.
  let lists = 0;
  const client: ResourceClient<UnparsedObject> = {
    ...widgets.client,
    watch: async function* (options) {
      if (options.from === 'Everything') lists += 1;
      if (options.from !== 'Everything' || lists > 1) yield* widgets.client.watch(options);
      else yield { type: 'Bookmark', resourceVersion: '1', listed: true };
    },
  };
  const gone = { reason: 'Gone' };
  const before = await opened.count('reflector_failures_total', gone);
  await using watching = startWatching({ over: opened, playground: widgets, client });
  await watching.synced;
  expect(watching.store.size).toBe(0);
  await until('it is listed again', () => watching.store.size === 1);
  expect(lists).toBe(2);
  expect(await opened.count('reflector_failures_total', gone)).toBe(before + 1);
  await widgets.delete('gone');
});

test('an object that no longer matches the selector is seen as deleted', async () => {
  await widgets.create('labelled', { metadata: { labels: { colour: 'red' } } });
  await widgets.create('other', { metadata: { labels: { colour: 'blue' } } });
  await using watching = startWatching({ over: opened, playground: widgets, labelSelector: 'colour=red' });
  await watching.synced;
  expect(watching.store.list().map(({ metadata }) => metadata.name)).toEqual(['labelled']);
  const object = await widgets.client.get(widgets.namespace, 'labelled');
  await widgets.client.jsonPatch(object, [{ op: 'replace', path: '/metadata/labels/colour', value: 'blue' }]);
  await until('it is out', () => watching.store.size === 0);
  await Promise.all(['labelled', 'other'].map(widgets.delete));
});

test('an own write is in the store at once, and its event says nothing new', async () => {
  const client = (watching: Watching) => readYourWrites(widgets.client, watching.store);
  await widgets.create('own');
  await using watching = startWatching({ over: opened, playground: widgets });
  await watching.synced;
  const written = await client(watching).replaceStatus(await widgets.client.get(widgets.namespace, 'own'), {
    by: 'us',
  });
  expect(watching.store.get(key('own'))).toEqual(written);
  // The next event proves that the one of the write has passed.
  await widgets.create('own-marker');
  await until('the marker is seen', () => watching.told('own-marker').length === 1);
  // The event may overtake the answer to the write: then it is the one that tells, and the answer says nothing new.
  expect(watching.told('own')).toEqual(['Added by Server', expect.stringMatching(/^Updated by (OwnWrite|Server)$/)]);
  await Promise.all(['own', 'own-marker'].map(widgets.delete));
});

test('a reflector that is stopped has no request under way', async () => {
  await using other = await openConnection();
  const watching = startWatching({ over: other, playground: widgets });
  await watching.synced;
  await watching[Symbol.asyncDispose]();
  await widgets.create('unseen');
  expect(watching.store.size).toBe(0);
  await widgets.delete('unseen');
});
