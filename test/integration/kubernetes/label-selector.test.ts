import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { asKubernetesError } from '../../../operator/kubernetes/errors.ts';
import { fieldEquals, listLive } from '../../../operator/kubernetes/live-list.ts';
import { malformedSelectors, selectorTable } from '../../builders/label-selectors.ts';
import { createPlayground, openConnection, type Playground, type TestConnection } from './cluster.ts';

type Labels = Readonly<Record<string, string>>;

const everyLabels: Labels[] = [
  ...new Map(
    selectorTable
      .flatMap(({ selected, others }) => [...selected, ...others])
      .map((labels) => [JSON.stringify(labels), labels]),
  ).values(),
];
const nameOf = (labels: Labels): string =>
  `labels-${everyLabels.findIndex((known) => JSON.stringify(known) === JSON.stringify(labels))}`;

let over: TestConnection;
let widgets: Playground;
beforeAll(async () => {
  over = await openConnection();
  widgets = await createPlayground(over.connection);
  for (const labels of everyLabels) await widgets.create(nameOf(labels), { metadata: { labels } });
});
afterAll(async () => {
  await widgets[Symbol.asyncDispose]();
  await over[Symbol.asyncDispose]();
});

describe('the API server', () => {
  // The unit tests hold our own reading to the same table.
  test.each(selectorTable)('selects by $text what the table says', async ({ text, selected, others }) => {
    const { namespace, client } = widgets;
    const { items } = await client.list({ namespace, labelSelector: text, limit: 500 });
    const names = new Set(items.map(({ metadata }) => metadata.name));
    expect(selected.filter((labels) => !names.has(nameOf(labels)))).toEqual([]);
    expect(others.filter((labels) => names.has(nameOf(labels)))).toEqual([]);
  });

  test.each(malformedSelectors)('refuses %j too', async (labelSelector) => {
    const { namespace, client } = widgets;
    const refused = client.list({ namespace, labelSelector, limit: 1 });
    await expect(refused.catch((error: unknown) => asKubernetesError(error).reason)).resolves.toBe('BadRequest');
  });
});

describe('a live list', () => {
  const listed = async (selection: { namespace?: string; fieldSelector?: string }) => {
    const objects = await listLive(over.connection, widgets.kind, selection, AbortSignal.timeout(20_000));
    return objects.map(({ metadata }) => metadata.name).sort();
  };

  test('gives everything that a namespace holds, whatever its labels', async () => {
    expect(await listed({ namespace: widgets.namespace })).toEqual(everyLabels.map(nameOf).sort());
    expect(await listed({})).toEqual(everyLabels.map(nameOf).sort());
    expect(await listed({ namespace: 'default' })).toEqual([]);
  });

  test('gives the objects with exactly this value of a field', async () => {
    const fieldSelector = fieldEquals('metadata.name', 'labels-1');
    expect(await listed({ namespace: widgets.namespace, fieldSelector })).toEqual(['labels-1']);
  });

  test('takes no part of a value for syntax', async () => {
    const fieldSelector = fieldEquals('metadata.name', 'labels-1,metadata.namespace!=\\x');
    expect(await listed({ fieldSelector })).toEqual([]);
  });

  test('gives more than one page', async () => {
    const { kind, namespace } = widgets;
    const asked: unknown[] = [];
    const inPagesOf10: typeof over.connection.request = (method, path, options) => {
      asked.push(options?.query);
      return over.connection.request(method, path, { ...options, query: { ...options?.query, limit: 10 } });
    };
    const all = await listLive({ request: inPagesOf10 }, kind, { namespace }, AbortSignal.timeout(20_000));
    expect(all).toHaveLength(everyLabels.length);
    expect(asked.length).toBe(Math.ceil(everyLabels.length / 10));
  });
});
