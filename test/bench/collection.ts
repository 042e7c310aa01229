import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { milliseconds, systemClock } from '../../operator/clock.ts';
import type { MeasuredCluster } from './cluster.ts';
import { readStored, removeStored, storedAt, writeStored } from './stored-objects.ts';

/** A kind of the benchmark's own, with as many objects as a measurement wants. */
export interface Collection {
  group: string;
  version: string;
  plural: string;
  /** The path of all objects. */
  path: string;
  /** The path of the object of this number. */
  pathOf(index: number): string;
  nameOf(index: number): string;
  /** Makes `count` objects that no controller has touched. */
  fill(count: number): Promise<void>;
  /** Removes all of them at once, whatever finalizers they have, and what etcd still held of the ones before. */
  wipe(): Promise<void>;
}

const group = 'bench.example.com';
const version = 'v1';
const plural = 'widgets';
const namespace = 'bench';
const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const path = `/apis/${group}/${version}/${plural}`;
const objects = `/apis/${group}/${version}/namespaces/${namespace}/${plural}`;
const nameOf = (index: number) => `widget-${String(index).padStart(6, '0')}`;

/** Makes the kind and its namespace. */
export async function createCollection(cluster: MeasuredCluster): Promise<Collection> {
  const { api } = cluster;
  await api.send('/api/v1/namespaces', { method: 'POST', body: { metadata: { name: namespace } } });
  await api.send(definitions, { method: 'POST', body: definition });
  await untilServed(cluster);
  const template = await createTemplate(cluster);
  let wipedAt = '';
  let filled = 0;
  return {
    group,
    version,
    plural,
    path,
    nameOf,
    pathOf: (index) => `${objects}/${nameOf(index)}`,
    fill: async (count) => {
      filled = count;
      await fill(cluster, template, count);
    },
    wipe: async () => {
      // Otherwise etcd would hold more in each round than in the one before. The newest history stays: the API server reads it.
      const body = { revision: wipedAt, physical: true };
      if (wipedAt !== '') await cluster.etcd.send('/v3/kv/compaction', { method: 'POST', body });
      wipedAt = await removeStored(
        cluster.etcd,
        Array.from({ length: filled }, (_, index) => keyOf(index)),
      );
    },
  };
}

const anything = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };

const definition = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: `${plural}.${group}` },
  spec: {
    group,
    scope: 'Namespaced',
    names: { plural, kind: 'Widget' },
    versions: [
      {
        name: version,
        served: true,
        storage: true,
        schema: { openAPIV3Schema: { type: 'object', properties: { spec: anything, status: anything } } },
        subresources: { status: {} },
      },
    ],
  },
};

async function untilServed({ api }: MeasuredCluster): Promise<void> {
  for (let attempt = 0; attempt < 300; attempt += 1) {
    try {
      await api.send(objects);
      return;
    } catch {
      // The path is unknown at first, then its storage is initializing.
      await systemClock.sleep(milliseconds(100));
    }
  }
  throw new Error('the API server does not serve the new kind');
}

/** 1.5 KB as JSON; an object is one of 4.4 KB once it has converged, with what the API server records of its managers. */
const spec = {
  revision: 0,
  region: 'eu-west-101',
  owner: 'platform-team@example.com',
  reason: 'The machines of this cluster are replaced by newer ones at the end of the quarter, as agreed.',
  machines: Array.from({ length: 14 }, (_, index) => ({
    id: `6f1d2a40-7c1b-4e0e-9a3f-${String(index).padStart(12, '0')}`,
    zone: `eu-west-101${'abc'[index % 3]}`,
    size: 'physical.s3.4xlarge',
  })),
};

/** The object of number 0 as etcd holds it after the API server has taken it: JSON. */
interface Template {
  value: string;
  uid: string;
}

async function createTemplate({ api, etcd }: MeasuredCluster): Promise<Template> {
  const body = { apiVersion: `${group}/${version}`, kind: 'Widget', metadata: { name: nameOf(0) }, spec };
  const created = z.object({ metadata: z.object({ uid: z.string() }) });
  const { uid } = created.parse(JSON.parse(await api.send(objects, { method: 'POST', body }))).metadata;
  const value = await readStored(etcd, keyOf(0));
  await api.send(`${objects}/${nameOf(0)}`, { method: 'DELETE' });
  return { value, uid };
}

const keyOf = (index: number) => storedAt(group, plural, namespace, nameOf(index));

async function fill({ etcd }: MeasuredCluster, { value, uid }: Template, count: number): Promise<void> {
  const copies = Array.from({ length: count }, (_, index) => ({
    key: keyOf(index),
    value: value.replaceAll(nameOf(0), nameOf(index)).replaceAll(uid, randomUUID()),
  }));
  await writeStored(etcd, copies);
}
