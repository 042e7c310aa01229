import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { milliseconds, type Random } from '../../../operator/clock.ts';
import { type ObjectKey, objectKey } from '../../../operator/kubernetes/objects.ts';
import { createAcceleratedClock } from '../../accelerated-clock.ts';
import { createSeededRandom } from '../../seeded-random.ts';
import { type Playground, until } from './cluster.ts';
import type { ProxiedRequest } from './fault-proxy.ts';
import { expectToBeInStep, type FaultScenes, manyBytes, openFaultScenes } from './fault-scenes.ts';
import * as faults from './faults.ts';

let scenes: FaultScenes;
beforeAll(async () => {
  scenes = await openFaultScenes();
});
afterEach(() => scenes.clear());
afterAll(() => scenes[Symbol.asyncDispose]());

const pick = <T>(random: Random, from: readonly T[]): T | undefined => from[Math.floor(random() * from.length)];

/** Something for any request: most often harmless, seldom one that has to be waited for. */
function anyFault(random: Random, { kind }: ProxiedRequest): faults.Fault | undefined {
  if (random() < 0.35) return undefined;
  if (random() < 0.05) return pick(random, [faults.neverAnswered, faults.stallBetweenLines(Math.floor(random() * 5))]);
  const after = Math.floor(random() * 6);
  const anywhere = [
    faults.cutBeforeHead,
    faults.delayed(milliseconds(random() * 100)),
    faults.internalError,
    faults.unavailable,
    faults.tooManyRequests(1, random() < 0.5 ? 'Header' : 'Body'),
    faults.gone,
    faults.webPage(random() < 0.5 ? 200 : 502),
    faults.fragmented(random),
    faults.dripping,
  ];
  const inPages = [faults.cutInBody, faults.truncatedBody];
  const inStreams = [
    faults.cutBetweenLines(after),
    faults.cutInLine(after),
    faults.endedInLine(after),
    faults.malformedLine(after),
    faults.errorEvent(after, 410, 'Expired'),
    faults.errorEvent(after, 500, 'InternalError'),
    faults.endedAtOnce,
    faults.duplicatedEvents,
    faults.bookmarkStorm,
    faults.replayedEvent(after + 1),
  ];
  return pick(random, [...anywhere, ...(kind === 'List' ? inPages : inStreams)]);
}

/** Creates, changes or deletes one of a dozen objects. */
async function changeAnything(random: Random, playgrounds: Playground[], existing: Set<ObjectKey>): Promise<void> {
  const name = `any-${Math.floor(random() * 12)}`;
  const { namespace, ...widgets } = pick(random, playgrounds) ?? expect.fail('there is no namespace');
  const key = objectKey(namespace, name);
  if (!existing.has(key)) {
    existing.add(key);
    await widgets.create(name, { spec: { text: manyBytes, number: random() } });
  } else if (random() < 0.5) {
    await widgets.change(name, { number: random() });
  } else {
    existing.delete(key);
    await widgets.delete(name);
  }
}

/** The same seed gives the same changes and the same faults, though not the same moments: they meet in other ways. */
const seed = Number(process.env['FAULT_SEED'] ?? Math.floor(Math.random() * 2 ** 32));

test.each([
  { how: 'in pages', http: 'HTTP/2', streaming: false, neighbours: 0, rounds: 30 },
  { how: 'as a stream', http: 'HTTP/2', streaming: true, neighbours: 0, rounds: 30 },
  { how: 'as a stream', http: 'HTTP/1.1', streaming: true, neighbours: 0, rounds: 15 },
  { how: 'in pages, of three namespaces', http: 'HTTP/2', streaming: false, neighbours: 2, rounds: 15 },
  { how: 'as streams, of three namespaces', http: 'HTTP/2', streaming: true, neighbours: 2, rounds: 15 },
  { how: 'in pages, of three namespaces', http: 'HTTP/1.1', streaming: false, neighbours: 2, rounds: 15 },
] as const)(
  `hundreds of changes through random faults over $http, listed $how (FAULT_SEED=${seed})`,
  async ({ http, streaming, neighbours, rounds }) => {
    const random = createSeededRandom(seed);
    const forProxy = createSeededRandom(seed + 1);
    const opened = Array.from({ length: neighbours }, () => scenes.openNeighbour());
    const watched = [scenes.widgets, ...(await Promise.all(opened))];
    const foreign = await scenes.openNeighbour();
    await using scene = await scenes.open(createAcceleratedClock(50), http);
    const { proxy } = scene;
    proxy.streaming = streaming;
    proxy.pageSize = 3;
    proxy.faultFor = (request) => anyFault(forProxy, request);
    const requestsOf = ({ namespace }: Playground) =>
      proxy.requests.filter(({ path }) => path.includes(`/${namespace}/`)).length;
    const existing = new Set<ObjectKey>();
    const watching = neighbours === 0 ? scene.watch() : scene.watchTogether(watched);
    for (let round = 0; round < rounds; round += 1) {
      for (let change = 0; change < 8; change += 1) await changeAnything(random, [...watched, foreign], existing);
      // What is under way may be sound, or waiting for something that never comes.
      const before = watched.map(requestsOf);
      proxy.cut();
      await until('something else is asked for', () =>
        watched.every((one, index) => requestsOf(one) > (before[index] ?? 0)),
      );
    }
    proxy.faultFor = () => undefined;
    proxy.cut();
    await expectToBeInStep(watching, ...watched);
    expect(proxy.requests.filter(({ damaged }) => damaged).length).toBeGreaterThan(rounds / 3);
  },
);
