import { Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { hours, minutes } from '../../../operator/clock.ts';
import type { Connection, RequestOptions } from '../../../operator/kubernetes/connection.ts';
import { KubernetesError } from '../../../operator/kubernetes/errors.ts';
import { cutNote, eventManifest, microTime } from '../../../operator/kubernetes/event-manifest.ts';
import { createEventRecorder } from '../../../operator/kubernetes/events.ts';
import { createEventMetrics } from '../../../operator/kubernetes/metrics/events.ts';
import { createVirtualClock } from '../../virtual-clock.ts';
import { silentLog, widget } from './objects.ts';

interface Written {
  method: string;
  path: string;
  body: unknown;
  at: number;
}

/** A recorder over a connection that notes what it is asked, and fails with what `failures` holds, in turn. */
function start(failures: (KubernetesError | undefined)[] = [], random = 0.5) {
  const clock = createVirtualClock();
  const registry = new Registry();
  const written: Written[] = [];
  const request: Connection['request'] = async (method, path, { body }: RequestOptions = {}) => {
    written.push({ method, path, body, at: clock.elapsed() });
    const failure = failures.shift();
    if (failure !== undefined) throw failure;
    return {};
  };
  const recorder = createEventRecorder({
    connection: { request },
    reporter: { controller: 'example.com/test', instance: 'test-0' },
    log: silentLog,
    clock,
    random: () => random,
    metrics: createEventMetrics(registry),
  });
  const methods = () => written.map(({ method }) => method);
  const results = async () => {
    const metric = await registry.getSingleMetric('events_recorded_total')?.get();
    return Object.fromEntries(metric?.values.map(({ labels, value }) => [Object.values(labels)[0], value]) ?? []);
  };
  const hoursBetweenWrites = () => written.slice(1).map(({ at }, index) => (at - (written[index]?.at ?? 0)) / hours(1));
  return { clock, recorder, written, methods, results, hoursBetweenWrites };
}

const moved = (note = 'It moved.') =>
  ({ regarding: widget('a'), type: 'Normal', reason: 'Moved', action: 'Watch', note }) as const;
const down = new KubernetesError('ServerError', 'down');

test('an event is created in the namespace of its object', async () => {
  const { clock, recorder, written } = start();
  recorder.record(moved());
  await clock.settle();
  expect(written).toEqual([
    {
      method: 'POST',
      path: '/apis/events.k8s.io/v1/namespaces/shop/events',
      at: 0,
      body: {
        apiVersion: 'events.k8s.io/v1',
        kind: 'Event',
        metadata: { name: expect.stringMatching(/^a\.[0-9a-f]{16}$/), namespace: 'shop' },
        eventTime: '2026-01-01T00:00:00.000000Z',
        type: 'Normal',
        reason: 'Moved',
        action: 'Watch',
        note: 'It moved.',
        regarding: {
          apiVersion: 'example.com/v1',
          kind: 'Widget',
          name: 'a',
          namespace: 'shop',
          uid: 'uid-a',
          resourceVersion: '1',
        },
        reportingController: 'example.com/test',
        reportingInstance: 'test-0',
      },
    },
  ]);
});

test('the second time is counted at once, later ones once a minute', async () => {
  const { clock, recorder, written, methods } = start();
  for (let second = 0; second < 150; second += 1) {
    recorder.record(moved());
    await clock.advance(1_000);
  }
  expect(methods()).toEqual(['POST', 'PATCH', 'PATCH', 'PATCH']);
  const counts = [2, 62, 123].map((count) => ({ series: { count, lastObservedTime: expect.any(String) } }));
  expect(written.slice(1).map(({ body }) => body)).toEqual(counts);
  expect(written[3]?.path).toMatch(/\/events\/a\.[0-9a-f]{16}$/);
});

test('what happens every minute for days costs about one write an hour, and none too late for an Event to live on', async () => {
  const { clock, recorder, methods, hoursBetweenWrites } = start();
  for (let minute = 0; minute < 48 * 60; minute += 1) {
    recorder.record(moved());
    await clock.advance(minutes(1));
  }
  expect(methods().length).toBeLessThan(48 * 1.3 + 10);
  expect(Math.max(...hoursBetweenWrites())).toBeLessThan(1);
});

test('what comes again after more than six minutes is a new event', async () => {
  const { clock, recorder, methods } = start();
  recorder.record(moved());
  await clock.advance(360_000);
  recorder.record(moved());
  await clock.advance(360_001);
  recorder.record(moved());
  await clock.settle();
  expect(methods()).toEqual(['POST', 'PATCH', 'POST']);
});

test('a failure that passes is tried again, under the same name so that nothing is told twice', async () => {
  const exists = new KubernetesError('AlreadyExists', 'exists');
  const { clock, recorder, written, results } = start([new KubernetesError('ConnectionLost', 'cut'), exists]);
  recorder.record(moved());
  await clock.advance(500);
  expect(written[1]).toEqual({ ...written[0], at: 500 });
  expect(await results()).toEqual({ written: 1, lost: 0 });
});

test('a refusal is not tried again', async () => {
  const { clock, recorder, methods, results } = start([new KubernetesError('Forbidden', 'no')]);
  recorder.record(moved());
  await clock.advance(60_000);
  expect(methods()).toEqual(['POST']);
  expect(await results()).toEqual({ written: 0, lost: 1 });
});

test('after some attempts an event is given up, and the next one has its turn', async () => {
  const { clock, recorder, methods, results } = start([down, down, down, down]);
  recorder.record(moved());
  recorder.record(moved('It moved again.'));
  await clock.advance(60_000);
  expect(methods()).toEqual(['POST', 'POST', 'POST', 'POST', 'POST']);
  expect(await results()).toEqual({ written: 1, lost: 1 });
});

test('a series whose event the API server has dropped by age begins a new one', async () => {
  const { clock, recorder, written, methods, results } = start([undefined, new KubernetesError('NotFound', 'expired')]);
  recorder.record(moved());
  await clock.settle();
  recorder.record(moved());
  await clock.advance(10_000);
  expect(methods()).toEqual(['POST', 'PATCH', 'POST']);
  expect(written[2]?.body).toMatchObject({ metadata: { name: expect.any(String) }, series: { count: 2 } });
  expect(await results()).toEqual({ written: 2, lost: 0 });
});

test('an event that happens again while it cannot be written is written once, with its count', async () => {
  const { clock, recorder, written } = start([down, new KubernetesError('AlreadyExists', 'exists')]);
  recorder.record(moved());
  recorder.record(moved());
  await clock.advance(10_000);
  expect(written.map(({ method }) => method)).toEqual(['POST', 'POST', 'PATCH']);
  expect(written[2]?.body).toMatchObject({ series: { count: 2 } });
});

test('when the API server is away, no more than 500 events wait', async () => {
  const { recorder, results } = start(Array.from({ length: 10_000 }, () => down));
  for (let count = 0; count < 600; count += 1) recorder.record(moved(`move ${count}`));
  // One is being written, 500 wait.
  expect(await results()).toEqual({ written: 0, lost: 99 });
});

test('closing writes what waits and takes nothing more', async () => {
  const { clock, recorder, methods, results } = start();
  recorder.record(moved());
  recorder.record(moved('It moved again.'));
  await recorder.close();
  recorder.record(moved('It moved after that.'));
  expect(methods()).toEqual(['POST', 'POST']);
  expect(await results()).toEqual({ written: 2, lost: 1 });
  expect(clock.sleepers).toBe(0);
});

test('closing does not wait for ever for an API server that is away', async () => {
  const { clock, recorder } = start(Array.from({ length: 1_000 }, () => down));
  for (let count = 0; count < 100; count += 1) recorder.record(moved(`move ${count}`));
  const closed = recorder.close();
  await clock.advance(5_000);
  await closed;
  expect(clock.sleepers).toBe(0);
});

test.each([
  ['x'.repeat(1_024), 'x'.repeat(1_024)],
  ['x'.repeat(1_025), `${'x'.repeat(1_021)}…`],
  ['ä'.repeat(600), `${'ä'.repeat(510)}…`],
  ['🐢'.repeat(300), `${'🐢'.repeat(255)}…`],
])('a note is cut at 1024 bytes, between characters', (note, expected) => {
  expect(cutNote(note)).toBe(expected);
  expect(Buffer.byteLength(cutNote(note))).toBeLessThanOrEqual(1_024);
});

test('the name of an event fits, however long that of its object is', () => {
  const event = { ...moved(), regarding: widget('x'.repeat(253)) };
  const { metadata } = eventManifest(event, { controller: 'c', instance: 'i' }, new Date());
  expect(metadata.name).toHaveLength(253);
});

test('times have six digits after the point', () => {
  expect(microTime(new Date('2026-01-01T00:00:00.120Z'))).toBe('2026-01-01T00:00:00.120000Z');
});

const blocked = (note = 'Two machines remain.', name = 'a') =>
  ({ regarding: widget(name), type: 'Warning', reason: 'Blocked', action: 'Reconcile', note }) as const;

test('a state that stands for days is told at once, and reminded of once an hour by one write', async () => {
  const { clock, recorder, written, methods, hoursBetweenWrites } = start();
  recorder.record(blocked());
  for (let minute = 0; minute < 48 * 60; minute += 1) {
    recorder.remind(blocked());
    await clock.advance(minutes(1));
  }
  expect(methods()).toEqual(['POST', ...Array.from({ length: 52 }, () => 'PATCH')]);
  expect(new Set(hoursBetweenWrites())).toEqual(new Set([55 / 60]));
  expect(written.at(-1)?.body).toMatchObject({ series: { count: 53 } });
});

test('a reminder is in the words of now: an Event cannot change its words, so it is a new one', async () => {
  const { clock, recorder, written } = start();
  recorder.record(blocked('Two machines remain.'));
  await clock.advance(minutes(30));
  recorder.remind(blocked('One machine remains.'));
  await clock.advance(minutes(30));
  recorder.remind(blocked('One machine remains.'));
  await clock.settle();
  expect(written.map(({ method, at }) => [method, at / minutes(1)])).toEqual([
    ['POST', 0],
    ['POST', 60],
  ]);
  expect(written[1]?.body).toMatchObject({ note: 'One machine remains.' });
});

test('a state that comes back is told at once, whenever it was last reminded of', async () => {
  const { clock, recorder, methods } = start();
  recorder.record(blocked());
  await clock.advance(minutes(20));
  recorder.record(blocked());
  await clock.settle();
  expect(methods()).toEqual(['POST', 'POST']);
});

test('a state from before a restart is not told at once: with many of them that would be a burst', async () => {
  const { clock, recorder, written } = start([], 0.25);
  for (let minute = 0; minute < 55; minute += 1) {
    recorder.remind(blocked());
    await clock.advance(minutes(1));
  }
  expect(written.map(({ method, at }) => [method, at / minutes(1)])).toEqual([['POST', 18]]);
});

test('reminders leave half of the room to news, and are made up for when there is room again', async () => {
  const { clock, recorder, written, results } = start(Array.from({ length: 4 }, () => down));
  const names = Array.from({ length: 400 }, (_, index) => `w-${index}`);
  const remindAll = () => {
    for (const name of names) recorder.remind(blocked('It is.', name));
  };
  remindAll();
  await clock.advance(minutes(55));
  remindAll();
  for (let count = 0; count < 250; count += 1) recorder.record(moved(`move ${count}`));
  await clock.advance(minutes(1));
  remindAll();
  await clock.settle();
  expect(await results()).toEqual({ written: 400 + 250 - 1, lost: 1 });
  // One write was tried four times.
  expect(written).toHaveLength(400 + 250 + 3);
});

test('a closed recorder reminds of nothing', async () => {
  const { clock, recorder, methods, results } = start();
  recorder.record(blocked());
  await recorder.close();
  await clock.advance(minutes(60));
  recorder.remind(blocked());
  await clock.settle();
  expect(methods()).toEqual(['POST']);
  expect(await results()).toEqual({ written: 1, lost: 0 });
});
