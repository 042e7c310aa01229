import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type Clock, milliseconds, seconds } from '../../../operator/clock.ts';
import { asKubernetesError, type KubernetesErrorReason } from '../../../operator/kubernetes/errors.ts';
import { objectKey } from '../../../operator/kubernetes/objects.ts';
import { createAcceleratedClock } from '../../accelerated-clock.ts';
import { createSeededRandom } from '../../seeded-random.ts';
import type { HttpVersion } from './client-exchange.ts';
import { type Playground, until } from './cluster.ts';
import type { ProxiedRequest } from './fault-proxy.ts';
import {
  changeThings,
  expectToBeInStep,
  type FaultScenes,
  manyBytes,
  ofKind,
  openFaultScenes,
} from './fault-scenes.ts';
import * as faults from './faults.ts';
import { expectEqualToFreshList } from './watching.ts';

let scenes: FaultScenes;
beforeAll(async () => {
  scenes = await openFaultScenes();
});
afterAll(() => scenes[Symbol.asyncDispose]());
afterEach(() => scenes.clear());

/** A back-off of 30 s takes 1.5 s. */
const quick = createAcceleratedClock(20);
/** A silence of 150 s takes 3 s. */
const veryQuick = createAcceleratedClock(50);

interface WatchFault {
  name: string;
  fault: faults.Fault;
  times?: number;
  /** As what the metrics count it. */
  counted?: KubernetesErrorReason;
  clock?: Clock;
}

/** After these a watch goes on from where it was. */
const harmless: WatchFault[] = [
  { name: 'is cut before it begins', fault: faults.cutBeforeHead, times: 4, counted: 'ConnectionLost' },
  { name: 'is cut between two lines', fault: faults.cutBetweenLines(2), counted: 'ConnectionLost' },
  { name: 'is cut in the middle of a line', fault: faults.cutInLine(2), counted: 'ConnectionLost' },
  { name: 'is never answered', fault: faults.neverAnswered, counted: 'Timeout' },
  { name: 'says nothing more, after a line', fault: faults.stallBetweenLines(2), counted: 'Timeout', clock: veryQuick },
  { name: 'says nothing more, in a line', fault: faults.stallInLine(2), counted: 'Timeout', clock: veryQuick },
  { name: 'begins late', fault: faults.delayed(milliseconds(300)) },
  { name: 'is refused for an internal error', fault: faults.internalError, times: 3, counted: 'ServerError' },
  { name: 'is refused for being unavailable', fault: faults.unavailable, counted: 'ServerError' },
  { name: 'is one of too many', fault: faults.tooManyRequests(2, 'Header'), counted: 'TooManyRequests' },
  { name: 'is told of too many by an event', fault: faults.errorEvent(2, 429, 'TooManyRequests') },
  { name: 'is told of an internal error by an event', fault: faults.errorEvent(2, 500, 'InternalError') },
  { name: 'is answered by the web page of an error', fault: faults.webPage(502), counted: 'ServerError' },
  { name: 'comes in pieces that end anywhere', fault: faults.fragmented(createSeededRandom(7)) },
  { name: 'drips', fault: faults.dripping },
  { name: 'is ended at once, five times', fault: faults.endedAtOnce, times: 5 },
  { name: 'tells every event twice', fault: faults.duplicatedEvents },
  { name: 'tells little but bookmarks', fault: faults.bookmarkStorm },
];

/** After these nobody knows what was missed, or from where to go on. */
const harmful: WatchFault[] = [
  { name: 'ends in the middle of a line', fault: faults.endedInLine(2), counted: 'Malformed' },
  { name: 'has a line that is no event', fault: faults.malformedLine(2), counted: 'Malformed' },
  { name: 'is answered by a web page', fault: faults.webPage(200), counted: 'Malformed' },
  { name: 'is gone', fault: faults.gone, counted: 'Gone' },
  { name: 'is told that it is gone by an event', fault: faults.errorEvent(2, 410, 'Expired'), counted: 'Gone' },
  { name: 'goes back to an earlier event', fault: faults.replayedEvent(3), counted: 'Gone' },
];

/** Objects change before, while and after a watch meets a fault. */
async function watchThrough(watchFault: WatchFault & { http: HttpVersion }): Promise<{ lists: number }> {
  const { fault, times = 1, clock = quick, counted, http } = watchFault;
  const { widgets } = scenes;
  await using scene = await scenes.open(clock, http);
  const { proxy, behind } = scene;
  proxy.streaming = false;
  const met = proxy.inject(ofKind('Watch'), fault, times);
  await widgets.create('untouched');
  const watching = scene.watch();
  await watching.synced;
  await until('the watch is under way', () => met.length > 0);
  await changeThings(widgets, 'early');
  await until('the fault has happened', () => met.length === times && met.at(-1)?.damaged === true);
  await changeThings(widgets, 'late');
  await expectToBeInStep(watching, widgets);
  expect(watching.told('untouched'), 'it never changed').toEqual(['Added by Server']);
  if (counted !== undefined) {
    expect(await behind.count('reflector_failures_total', { reason: counted })).toBeGreaterThan(0);
  }
  return { lists: proxy.requests.filter(ofKind('List')).length };
}

const versions: readonly HttpVersion[] = ['HTTP/2', 'HTTP/1.1'];

describe.each(versions)('a watch over %s', (http) => {
  test.each(harmless)('that $name goes on, without a new list', async (fault) => {
    expect(await watchThrough({ ...fault, http })).toEqual({ lists: 1 });
  });

  test.each(harmful)('that $name is followed by a new list', async (fault) => {
    expect((await watchThrough({ ...fault, http })).lists).toBeGreaterThan(1);
  });
});

describe('of an object that cannot be decoded', () => {
  test('a deletion is one, without a new list', async () => {
    await using scene = await openSpoilt(faults.strangeMetadata('DELETED'));
    const { watching, behind } = scene;
    await scenes.widgets.delete('object');
    await until('it is gone', () => watching.told('object').includes('Deleted by Server'));
    await expectToBeInStep(watching, scenes.widgets);
    expect(await behind.count('reflector_unreadable_objects_total')).toBe(1);
    expect(await behind.count('reflector_lists_total')).toBe(1);
  });

  test('the old state is no longer the state, until it can be decoded again', async () => {
    await using scene = await openSpoilt(faults.strangeMetadata('MODIFIED'));
    const { watching, proxy } = scene;
    const key = objectKey(scenes.widgets.namespace, 'object');
    const before = watching.store.get(key);
    await scenes.widgets.change('object', { size: 2 });
    await until('the change is seen', () => watching.store.get(key)?.undecoded !== undefined);
    expect(watching.store.get(key)).toMatchObject({ metadata: { uid: before?.metadata.uid, labels: undefined } });
    expect(watching.store.get(key)).not.toHaveProperty('spec');
    proxy.cut();
    await scenes.widgets.change('object', { size: 3 });
    await until('it can be decoded', () => watching.store.get(key)?.undecoded === undefined);
    await expectToBeInStep(watching, scenes.widgets);
  });

  test.each(['ADDED', 'MODIFIED', 'DELETED'] as const)(
    'and of which nobody can tell which one it is, %s leads to a new list',
    async (type) => {
      await using scene = await openSpoilt(faults.noMetadata(type));
      const { watching, behind } = scene;
      await changeThings(scenes.widgets, 'any');
      await scenes.widgets.delete('object');
      await until('it is listed again', async () => (await behind.count('reflector_lists_total')) > 1);
      await expectToBeInStep(watching, scenes.widgets);
      expect(await behind.count('reflector_failures_total', { reason: 'Malformed' })).toBe(1);
    },
  );
});

/** An object that is watched by a watch of which `fault` spoils the events. */
async function openSpoilt(fault: faults.Fault) {
  const scene = await scenes.open(quick);
  scene.proxy.streaming = false;
  scene.proxy.inject(ofKind('Watch'), fault);
  await scenes.widgets.create('object', { metadata: { labels: { colour: 'red' } }, spec: { size: 1 } });
  const watching = scene.watch();
  await watching.synced;
  return { ...scene, watching };
}

describe('of several namespaces', () => {
  const watched = [
    { name: 'is cut in the middle of a line', fault: faults.cutInLine(2), relists: false },
    { name: 'is never answered', fault: faults.neverAnswered, relists: false },
    { name: 'is refused', fault: faults.unavailable, relists: false },
    { name: 'has a line that is no event', fault: faults.malformedLine(2), relists: true },
    { name: 'is gone', fault: faults.gone, relists: true },
    { name: 'is answered by a web page', fault: faults.webPage(200), relists: true },
  ];

  test.each(watched)('one whose watch $name is caught up with, and the others go on', async ({ fault, relists }) => {
    const { widgets: hit, openNeighbour } = scenes;
    const [other, third, foreign] = await Promise.all([openNeighbour(), openNeighbour(), openNeighbour()]);
    const all = [hit, other, third];
    await using scene = await scenes.open(quick);
    const { proxy } = scene;
    proxy.streaming = false;
    const isOf = (namespace: string) => (request: ProxiedRequest) => request.path.includes(`/${namespace}/`);
    const met = proxy.inject((request) => request.kind === 'Watch' && isOf(hit.namespace)(request), fault);
    await Promise.all([...all, foreign].map(({ create }) => create('untouched')));
    const watching = scene.watchTogether(all);
    await watching.synced;
    await until('the watch is under way', () => met.length > 0);
    await Promise.all([...all, foreign].map((playground) => changeThings(playground, 'early')));
    await until('the fault has happened', () => met.every(({ damaged }) => damaged));
    await Promise.all([...all, foreign].map((playground) => changeThings(playground, 'late')));
    await expectToBeInStep(watching, ...all);
    expect(watching.told('untouched'), 'they never changed').toEqual(all.map(() => 'Added by Server'));
    const lists = proxy.requests.filter(ofKind('List'));
    const listsOf = ({ namespace }: Playground) => lists.filter(isOf(namespace)).length;
    expect(all.map(listsOf)).toEqual([relists ? 2 : 1, 1, 1]);
    expect(listsOf(foreign)).toBe(0);
  });
});

const isNextPage = ({ kind, query }: ProxiedRequest) => kind === 'List' && query.has('continue');

/** For anything that is answered at one go, or begins to be. */
const anyFault: FillFault[] = [
  { name: 'is cut before it begins', fault: faults.cutBeforeHead, times: 3 },
  { name: 'is never answered', fault: faults.neverAnswered, clock: veryQuick },
  { name: 'begins late', fault: faults.delayed(milliseconds(300)) },
  { name: 'is refused for an internal error', fault: faults.internalError, times: 3 },
  { name: 'is refused for being unavailable', fault: faults.unavailable },
  { name: 'is one of too many', fault: faults.tooManyRequests(2, 'Body') },
  { name: 'is gone', fault: faults.gone },
  { name: 'is answered by a web page', fault: faults.webPage(200) },
  { name: 'is answered by the web page of an error', fault: faults.webPage(502) },
  { name: 'comes in pieces that end anywhere', fault: faults.fragmented(createSeededRandom(7)) },
  { name: 'drips', fault: faults.dripping },
];

const pageFaults: FillFault[] = [
  ...anyFault,
  { name: 'is cut in the middle', fault: faults.cutInBody },
  { name: 'is cut short', fault: faults.truncatedBody },
  { name: 'says nothing more', fault: faults.stallInBody, clock: veryQuick },
];

/** Two lines are in the middle of what there is, eight in what comes after it. */
const streamFaults: FillFault[] = [
  ...anyFault,
  ...[2, 8].flatMap((after) => [
    { name: `is cut after ${after} lines`, fault: faults.cutBetweenLines(after) },
    { name: `is cut in the line after ${after}`, fault: faults.cutInLine(after) },
    { name: `ends after ${after} lines`, fault: faults.endedBetweenLines(after) },
    { name: `ends in the line after ${after}`, fault: faults.endedInLine(after) },
    { name: `says nothing more after ${after} lines`, fault: faults.stallBetweenLines(after), clock: veryQuick },
    { name: `has a line that is no event after ${after}`, fault: faults.malformedLine(after) },
    { name: `is told that it is gone after ${after} lines`, fault: faults.errorEvent(after, 410, 'Expired') },
    {
      name: `is told of an internal error after ${after} lines`,
      fault: faults.errorEvent(after, 500, 'InternalError'),
    },
    { name: `goes back to its first event after ${after} lines`, fault: faults.replayedEvent(after) },
  ]),
  { name: 'is ended at once, five times', fault: faults.endedAtOnce, times: 5 },
  { name: 'tells every event twice', fault: faults.duplicatedEvents },
  { name: 'tells little but bookmarks', fault: faults.bookmarkStorm },
];

type FillFault = Omit<WatchFault, 'counted'>;

/** The cache is filled through a fault, and later filled anew through the same, while it is in use. */
async function fillThrough({
  where,
  fault,
  times = 1,
  clock = quick,
}: FillFault & { where: 'Stream' | 'First' | 'Next' }) {
  const { widgets } = scenes;
  await using scene = await scenes.open(clock);
  const { proxy } = scene;
  proxy.streaming = where === 'Stream';
  proxy.pageSize = 2;
  const meets = where === 'Next' ? isNextPage : ofKind('List', 'Stream');
  const names = ['untouched', 'reborn', 'a', 'b', 'c'];
  await Promise.all(names.map((name) => widgets.create(name, { spec: { text: manyBytes } })));
  const met = proxy.inject(meets, fault, times);
  const watching = scene.watch();
  await watching.synced;
  await expectEqualToFreshList(watching, widgets);
  await changeThings(widgets, 'early');
  await until('the fault has happened', () => met.length > 0 && met.every(({ damaged }) => damaged));

  // Nothing is heard of these changes, until it is listed again.
  proxy.faultFor = () => faults.unavailable;
  proxy.cut();
  await changeThings(widgets, 'late');
  await Promise.all(['reborn', 'c'].map(widgets.delete));
  await widgets.create('reborn');
  proxy.faultFor = () => undefined;
  const metAgain = proxy.inject(meets, fault, times);
  proxy.inject(ofKind('Watch'), faults.gone);
  await until('the fault has happened again', () => metAgain.length > 0);
  await expectToBeInStep(watching, widgets);
  expect(watching.told('untouched'), 'it never changed').toEqual(['Added by Server']);
  expect(watching.told('reborn')).toEqual(['Added by Server', 'Deleted by Server', 'Added by Server']);
}

describe('nothing is missing in the end when', () => {
  test.each(pageFaults)('a list $name', (fault) => fillThrough({ ...fault, where: 'First' }));

  const amongPages = ['is gone', 'is cut in the middle', 'is one of too many', 'says nothing more'];
  test.each(pageFaults.filter(({ name }) => amongPages.includes(name)))('the next page of a list $name', (fault) =>
    fillThrough({ ...fault, where: 'Next' }),
  );

  test.each(streamFaults)('a streamed list $name', (fault) => fillThrough({ ...fault, where: 'Stream' }));
});

describe('the API server is left alone for as long as it asks to be', () => {
  const retryAfter = 20;
  // A timer of Node may be a millisecond early.
  const atLeast = seconds(retryAfter) - 50;

  test.each([
    ['List', 'Header'],
    ['List', 'Body'],
    ['Watch', 'Header'],
    ['Watch', 'Body'],
  ] as const)('by a refused %s, in the %s', async (kind, saidIn) => {
    await using scene = await scenes.open(quick);
    scene.proxy.streaming = false;
    const met = scene.proxy.inject(ofKind(kind), faults.tooManyRequests(retryAfter, saidIn));
    scene.watch();
    const asked = () => scene.proxy.requests.filter(ofKind(kind)).map(({ at }) => at);
    await until('it is asked again', () => asked().length > 1);
    expect(met).toHaveLength(1);
    const [first = 0, second = 0] = asked();
    expect(second - first).toBeGreaterThanOrEqual(atLeast);
  });
});

test('a server that ends every watch at once is asked ever more seldom', async () => {
  // Not accelerated: on a quick clock an exchange on a busy machine takes so long that the watch passes for a sound one.
  await using scene = await scenes.open();
  scene.proxy.streaming = false;
  scene.proxy.inject(ofKind('Watch'), faults.endedAtOnce, Number.POSITIVE_INFINITY);
  scene.watch(() => 0.99);
  const asked = () => scene.proxy.requests.filter(ofKind('Watch')).map(({ at }) => at);
  await until('it is asked four times', () => asked().length > 3);
  // 0.8 s, doubled each time.
  expect((asked()[3] ?? 0) - (asked()[0] ?? 0)).toBeGreaterThan(seconds(5.4));
});

describe.each(versions)('a write over %s', (http) => {
  const status = { written: true };

  /** Writes a status while the proxy does harm to it: the error, and whether the object was changed after all. */
  async function writeThrough(fault: faults.Fault) {
    const { widgets } = scenes;
    await using scene = await scenes.open(quick, http);
    await widgets.create('written');
    // On a connection that was used before: only on such a one is anything ever sent again.
    const client = widgets.clientOver(scene.behind.connection);
    const object = await client.get(widgets.namespace, 'written');
    const met = scene.proxy.inject(ofKind('Write'), fault, 5);
    const error = await client.replaceStatus(object, status).then(() => undefined, asKubernetesError);
    const applied = (await widgets.client.get(widgets.namespace, 'written')).status !== undefined;
    return { reason: error?.reason, retryAfter: error?.retryAfter, applied, sent: met.length };
  }

  test.each([
    ['is cut before it is heard', faults.cutBeforeHead, 'ConnectionLost', false],
    ['loses its answer', faults.answerLost, 'ConnectionLost', true],
    ['loses half of its answer', faults.cutInBody, 'ConnectionLost', true],
    ['is never answered', faults.neverAnswered, 'Timeout', false],
    ['hears half of its answer and then nothing', faults.stallInBody, 'Timeout', true],
    ['is answered by half of an object', faults.truncatedBody, 'Malformed', true],
    ['is answered by a web page', faults.webPage(200), 'Malformed', false],
    ['is answered by the web page of an error', faults.webPage(502), 'ServerError', false],
    ['meets an internal error', faults.internalError, 'ServerError', false],
  ] as const)('that %s is sent once, and what is known of it is said', async (_, fault, reason, applied) => {
    expect(await writeThrough(fault)).toEqual({ reason, retryAfter: undefined, applied, sent: 1 });
  });

  test.each(['Header', 'Body'] as const)('that is one of too many says when to come again (%s)', async (saidIn) => {
    const outcome = { reason: 'TooManyRequests', retryAfter: seconds(7), applied: false, sent: 1 };
    expect(await writeThrough(faults.tooManyRequests(7, saidIn))).toEqual(outcome);
  });

  test('of which every byte arrives by itself is done, and its answer understood', async () => {
    const fault = faults.fragmented(createSeededRandom(3));
    expect(await writeThrough(fault)).toEqual({ reason: undefined, retryAfter: undefined, applied: true, sent: 1 });
  });
});
