import { Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { milliseconds, minutes, seconds } from '../../../operator/clock.ts';
import {
  cachesActive,
  cachesFilled,
  longestInactivity,
  passesEnd,
  refusedNamespaces,
} from '../../../operator/kubernetes/health-checks.ts';
import { joinReflectors, soleReflector } from '../../../operator/kubernetes/joined-reflectors.ts';
import { describeKind } from '../../../operator/kubernetes/kind-state.ts';
import { registerActivityAges, registerRefusedNamespaces } from '../../../operator/kubernetes/metrics/reflector.ts';
import { objectKey } from '../../../operator/kubernetes/objects.ts';
import { createWorkQueue } from '../../../operator/kubernetes/work-queue.ts';
import { createVirtualClock } from '../../virtual-clock.ts';

const never = new AbortController().signal;

/** A reflector that was last active when the clock showed `active`. */
const aReflector = ({ synced = true, active = 0, failures = 0, refused = false } = {}) =>
  soleReflector({
    synced: Promise.resolve(),
    hasSynced: () => synced,
    refused: new Promise(() => undefined),
    isRefused: () => refused,
    isComplete: () => synced && !refused,
    lastActivity: () => milliseconds(active),
    state: () => ({ phase: failures > 0 ? ('BackingOff' as const) : ('Watching' as const), failures }),
    stop: () => Promise.resolve(),
  });

function aQueue() {
  const clock = createVirtualClock();
  const delays = { baseDelay: milliseconds(100), maxDelay: seconds(10) };
  return { clock, queue: createWorkQueue({ clock, random: () => 0, ...delays }) };
}

test('the caches count as filled once each was listed', () => {
  const [listed, unlisted] = [aReflector(), aReflector({ synced: false })];
  expect(cachesFilled({ cats: listed, dogs: unlisted }).problems()).toEqual(['dogs is not listed yet']);
  expect(cachesFilled({ cats: listed, dogs: listed }).problems()).toEqual([]);
});

test('a cache is active for as long as the API server gave a sign of life not too long ago', async () => {
  const clock = createVirtualClock();
  const [active, silent] = [aReflector({ active: 30_000 }), aReflector({ failures: 7 })];
  const check = cachesActive({ cats: active, dogs: silent }, seconds(60), clock);
  await clock.advance(60_000);
  expect(check.problems()).toEqual([]);
  await clock.advance(1_000);
  expect(check.problems()).toEqual([
    'nothing was heard of dogs for 61 s (BackingOff after 7 failures): look at the way to the API server',
  ]);
});

/** The north was heard of lately, the south was not. */
const joined = ({ refused = [] }: { refused?: string[] } = {}) =>
  joinReflectors(
    new Map([
      ['north', aReflector({ active: 60_000, refused: refused.includes('north') })],
      ['south', aReflector({ failures: 3, refused: refused.includes('south') })],
    ]),
  );

test('of caches of several namespaces it names the one that is silent', async () => {
  const clock = createVirtualClock();
  await clock.advance(70_000);
  expect(cachesActive({ cats: joined() }, seconds(60), clock).problems()).toEqual([
    'nothing was heard of cats in south for 70 s (BackingOff after 3 failures): look at the way to the API server',
  ]);
});

test('a namespace that may not be read while others may is no problem of this process, but is named', async () => {
  const clock = createVirtualClock();
  await clock.advance(70_000);
  const reflectors = { cats: joined({ refused: ['south'] }) };
  const check = cachesActive(reflectors, seconds(60), clock);
  expect(check.problems()).toEqual([]);
  expect(check.notes?.()).toEqual([
    'cats in south may not be read, so what is known of it is old: take the namespace off --namespaces if it is gone, or grant the rights again',
  ]);
  const registry = new Registry();
  registerRefusedNamespaces(registry, () => refusedNamespaces(reflectors));
  expect(await registry.metrics()).toContain('reflector_refused_namespaces{resource="cats"} 1\n');
});

test.each([
  ['all that there is', aReflector({ failures: 3, refused: true })],
  ['each of several namespaces', joined({ refused: ['north', 'south'] })],
])('where %s may not be read, nothing is known any more', async (_, cats) => {
  const clock = createVirtualClock();
  await clock.advance(70_000);
  const check = cachesActive({ cats }, seconds(60), clock);
  expect(check.problems()).toHaveLength(1);
  expect(check.notes?.()).toEqual([]);
});

test('what a kind is at is told for each namespace, where each has a cache of its own', async () => {
  const { clock, queue } = aQueue();
  await clock.advance(70_000);
  expect(describeKind({ reflector: joined(), store: { size: 3 }, queue }, clock)).toMatchObject({
    reflector: { phase: 'BackingOff', failures: 3, lastActivitySecondsAgo: 70 },
    reflectors: {
      north: { phase: 'Watching', failures: 0, refused: false, lastActivitySecondsAgo: 10 },
      south: { phase: 'BackingOff', failures: 3, lastActivitySecondsAgo: 70 },
    },
  });
});

test('a cache that was never filled is the business of the other check', async () => {
  const clock = createVirtualClock();
  await clock.advance(600_000);
  expect(cachesActive({ cats: aReflector({ synced: false }) }, seconds(60), clock).problems()).toEqual([]);
});

test('silence that a sound reflector breaks by itself counts as active', () => {
  expect(longestInactivity).toBeGreaterThan(seconds(150 + 30));
});

test('a pass that hangs far beyond its limit wants a restart, and is named', async () => {
  const { clock, queue } = aQueue();
  const check = passesEnd({ cats: queue }, minutes(10));
  for (const name of ['tom', 'felix']) {
    queue.add(objectKey('zoo', name));
    await queue.take(never);
    await clock.advance(minutes(5));
  }
  expect(check.problems()).toEqual([]);
  await clock.advance(minutes(2));
  expect(check.problems()).toEqual(['a pass over cats zoo/tom hangs for 12 minutes: a restart frees its worker']);
  queue.done(objectKey('zoo', 'tom'));
  expect(check.problems()).toEqual([]);
});

test('what a kind is at can be told in JSON', async () => {
  const { clock, queue } = aQueue();
  queue.add(objectKey('zoo', 'tom'));
  await queue.take(never);
  queue.retry(objectKey('zoo', 'felix'), seconds(20));
  await clock.advance(12_340);
  const parts = { reflector: aReflector({ active: 2_000, failures: 2 }), store: { size: 3 }, queue };
  expect(JSON.parse(JSON.stringify(describeKind(parts, clock)))).toEqual({
    reflector: { phase: 'BackingOff', failures: 2, synced: true, refused: false, lastActivitySecondsAgo: 10.3 },
    objects: 3,
    queue: {
      depth: { change: 0, resync: 0 },
      working: [{ key: 'zoo/tom', seconds: 12.3 }],
      failing: { keys: [{ key: 'zoo/felix', retries: 1 }], omitted: 0 },
      delayed: { count: 1, nextDueInSeconds: 7.7 },
    },
  });
});

test('the age of the last sign of life is a metric', async () => {
  const registry = new Registry();
  registerActivityAges(registry, () => ({ cats: seconds(12) }));
  expect(await registry.metrics()).toContain('reflector_last_activity_age_seconds{resource="cats"} 12\n');
});
