import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { systemClock } from '../../../operator/clock.ts';
import { createEventRecorder } from '../../../operator/kubernetes/events.ts';
import type { UnparsedObject } from '../../../operator/kubernetes/objects.ts';
import { createPlayground, openConnection, type Playground, silentLog, type TestConnection } from './cluster.ts';

const owned = new AsyncDisposableStack();
let opened: TestConnection;
let widgets: Playground;
beforeAll(async () => {
  opened = owned.use(await openConnection());
  widgets = owned.use(await createPlayground(opened.connection));
});
afterAll(() => owned.disposeAsync());

const recorder = () =>
  createEventRecorder({
    connection: opened.connection,
    reporter: { controller: 'example.com/test', instance: 'test-0' },
    log: silentLog,
    clock: systemClock,
    random: Math.random,
    metrics: opened.metrics.events,
  });

const eventsSchema = z.object({ items: z.array(z.looseObject({ note: z.string(), reason: z.string() })) });
async function eventsOf(object: UnparsedObject) {
  const query = { fieldSelector: `regarding.uid=${object.metadata.uid}` };
  const path = `/apis/events.k8s.io/v1/namespaces/${widgets.namespace}/events`;
  return eventsSchema.parse(await opened.connection.request('GET', path, { query })).items;
}

const moved = (regarding: UnparsedObject, note = 'It moved.') =>
  ({ regarding, type: 'Warning', reason: 'Moved', action: 'Watch', note }) as const;

test('an event says what happened to which object, and who says so', async () => {
  const object = await widgets.create('eventful');
  const events = recorder();
  events.record(moved(object));
  await events.close();
  expect(await eventsOf(object)).toEqual([
    expect.objectContaining({
      type: 'Warning',
      reason: 'Moved',
      action: 'Watch',
      note: 'It moved.',
      reportingController: 'example.com/test',
      reportingInstance: 'test-0',
      regarding: expect.objectContaining({ kind: 'Widget', name: 'eventful', uid: object.metadata.uid }),
    }),
  ]);
});

test('what happens again is one event with a count; what is different is another', async () => {
  const object = await widgets.create('repetitive');
  const events = recorder();
  for (let times = 0; times < 3; times += 1) events.record(moved(object));
  events.record(moved(object, 'It moved elsewhere.'));
  await events.close();
  const written = await eventsOf(object);
  expect(written.find(({ note }) => note === 'It moved.')).toMatchObject({ series: { count: 3 } });
  expect(written.find(({ note }) => note === 'It moved elsewhere.')).not.toHaveProperty('series');
  expect(written).toHaveLength(2);
});

test('a note that is too long is cut and still taken', async () => {
  const object = await widgets.create('talkative');
  const events = recorder();
  events.record(moved(object, 'ä'.repeat(2_000)));
  await events.close();
  const [event] = await eventsOf(object);
  expect(Buffer.byteLength(event?.note ?? '')).toBeLessThanOrEqual(1_024);
  expect(event?.note).toMatch(/^ä{500,}…$/);
});

test('an event that the API server refuses is counted as lost and harms nobody', async () => {
  const object = await widgets.create('refused');
  const before = await opened.count('events_recorded_total', { result: 'lost' });
  const events = recorder();
  events.record({ ...moved(object), reason: '' });
  events.record(moved(object));
  await events.close();
  expect(await opened.count('events_recorded_total', { result: 'lost' })).toBe(before + 1);
  expect(await eventsOf(object)).toHaveLength(1);
});
