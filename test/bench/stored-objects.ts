import { z } from 'zod';
import { milliseconds, systemClock } from '../../operator/clock.ts';
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

/** etcd takes no more operations in one transaction. */
export const transactionLimit = 128;

/**
 * Writes straight into etcd what the API server would write, which tells its cache of the change: 10,000 objects in some
 * seconds, where creating and deleting them through the API server would take as long as what is to be measured.
 */
export async function writeStored(etcd: Api, objects: readonly StoredObject[]): Promise<void> {
  for (let start = 0; start < objects.length; start += transactionLimit) {
    const success = objects.slice(start, start + transactionLimit).map(({ key, value }) => {
      return { requestPut: { key: base64(key), value: base64(value) } };
    });
    await etcd.send('/v3/kv/txn', { method: 'POST', body: { success } });
    // Faster than those who watch can follow, the API server ends their watches.
    await systemClock.sleep(milliseconds(30));
  }
}
