import { z } from 'zod';
import type { Api } from './api.ts';

/** An object as etcd holds it after the API server has taken it: custom resources are JSON. */
export interface StoredObject {
  key: string;
  value: string;
}

/** Where the API server keeps a custom resource. */
export const storedAt = (group: string, plural: string, namespace: string, name: string): string =>
  `/registry/${group}/${plural}/${namespace}/${name}`;

export const base64 = (value: string): string => Buffer.from(value).toString('base64');

const range = z.object({ kvs: z.tuple([z.object({ value: z.string() })]) });

/** @param etcd its JSON gateway. @throws when there is no such object. */
export async function readStored(etcd: Api, key: string): Promise<string> {
  const answer = await etcd.send('/v3/kv/range', { method: 'POST', body: { key: base64(key) } });
  const { kvs } = range.parse(JSON.parse(answer));
  return Buffer.from(kvs[0].value, 'base64').toString('utf8');
}

/**
 * Writes straight into etcd what the API server would write, which tells its cache of the change: 10,000 objects in some
 * seconds, where creating and deleting them through the API server would take as long as what is to be measured.
 */
export async function writeStored(etcd: Api, objects: readonly StoredObject[]): Promise<void> {
  await oneByOne(objects, async ({ key, value }) => {
    await etcd.send('/v3/kv/put', { method: 'POST', body: { key: base64(key), value: base64(value) } });
  });
}

/** Removes objects straight from etcd. Gives its revision after that. */
export async function removeStored(etcd: Api, keys: readonly string[]): Promise<string> {
  let last = '0';
  await oneByOne(keys, async (key) => {
    const answer = await etcd.send('/v3/kv/deleterange', { method: 'POST', body: { key: base64(key) } });
    const { revision } = removed.parse(JSON.parse(answer)).header;
    if (Number(revision) > Number(last)) last = revision;
  });
  return last;
}

const removed = z.object({ header: z.object({ revision: z.string() }) });

const atATime = 8;

/**
 * Each in a revision of its own. Several keys can be changed in one, but the API server never does that, and relies on it: to a
 * watch that begins in the midst of such a change it never tells the rest.
 */
async function oneByOne<Item>(items: readonly Item[], change: (item: Item) => Promise<void>): Promise<void> {
  const left = items.values();
  const work = async () => {
    for (const item of left) await change(item);
  };
  await Promise.all(Array.from({ length: atATime }, work));
}
