import { expect, test } from 'vitest';
import { z } from 'zod';
import { type Clock, hours, minutes, systemClock } from '../../../operator/clock.ts';
import { createEventRecorder } from '../../../operator/kubernetes/events.ts';
import type { UnparsedObject } from '../../../operator/kubernetes/objects.ts';
import { createVirtualClock } from '../../virtual-clock.ts';
import { openPlayground, silentLog, until } from './cluster.ts';

const { opened, widgets } = await openPlayground();

const recorder = (clock: Clock = systemClock) =>
  createEventRecorder({
    connection: opened.connection,
    reporter: { controller: 'example.com/test', instance: 'test-0' },
    log: silentLog,
    clock,
    random: Math.random,
    metrics: opened.metrics.events,
  });

const eventSchema = z.looseObject({
  metadata: z.looseObject({ name: z.string() }),
  note: z.string(),
  reason: z.string(),
  eventTime: z.string(),
});
const eventsSchema = z.object({ items: z.array(eventSchema) });
async function eventsOf(object: UnparsedObject) {
  const query = { fieldSelector: `regarding.uid=${object.metadata.uid}` };
  return eventsSchema.parse(await opened.connection.request('GET', eventsPath(), { query })).items;
}
const eventsPath = () => `/apis/events.k8s.io/v1/namespaces/${widgets.namespace}/events`;

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

const blocked = (regarding: UnparsedObject, note = 'Two machines remain.') =>
  ({ regarding, type: 'Warning', reason: 'Blocked', action: 'Reconcile', note }) as const;
/** Requests that wrote an event, of whatever kind. */
const eventWrites = async () => opened.count('events_recorded_total', { result: 'written' });

test('a state that stands for a day is one event, told of at once and then once an hour', async () => {
  const object = await widgets.create('standing');
  const clock = createVirtualClock();
  const events = recorder(clock);
  const before = await eventWrites();
  events.record(blocked(object));
  for (let minute = 1; minute < 24 * 60; minute += 1) {
    await clock.advance(minutes(1));
    events.remind(blocked(object));
    // The clock is ahead of the API server: what was begun ends first.
    if (minute % 55 === 0) await until('it is written', async () => (await eventWrites()) === before + 1 + minute / 55);
  }
  await events.close();
  expect(await eventWrites()).toBe(before + 1 + 26);
  const [event, ...others] = await eventsOf(object);
  expect(others).toEqual([]);
  expect(event).toMatchObject({
    eventTime: '2026-01-01T00:00:00.000000Z',
    series: { count: 27, lastObservedTime: '2026-01-01T23:50:00.000000Z' },
  });
});

test('a state whose words have changed is reminded of by a new event, as the words of an event stay as they are', async () => {
  const object = await widgets.create('reworded');
  const clock = createVirtualClock();
  const events = recorder(clock);
  events.record(blocked(object));
  await clock.advance(hours(1));
  events.remind(blocked(object, 'One machine remains.'));
  await events.close();
  expect((await eventsOf(object)).map(({ note }) => note).sort()).toEqual([
    'One machine remains.',
    'Two machines remain.',
  ]);
});

test('an event that the API server has forgotten meanwhile is written again, with its beginning and its count', async () => {
  const object = await widgets.create('forgotten');
  const clock = createVirtualClock();
  const events = recorder(clock);
  const before = await eventWrites();
  events.record(blocked(object));
  await until('it is written', async () => (await eventWrites()) === before + 1);
  const [first] = await eventsOf(object);
  await opened.connection.request('DELETE', `${eventsPath()}/${first?.metadata.name}`);
  await clock.advance(hours(1));
  events.remind(blocked(object));
  const closed = events.close();
  await until('the pause before the second attempt', () => clock.sleepers > 1);
  await clock.advance(1_000);
  await closed;
  expect(await eventsOf(object)).toMatchObject([{ eventTime: first?.eventTime, series: { count: 2 } }]);
});
