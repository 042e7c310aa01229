import { expect, test } from 'vitest';
import { milliseconds } from '../../../operator/clock.ts';
import { joinReflectors, soleReflector } from '../../../operator/kubernetes/joined-reflectors.ts';
import type { Reflector } from '../../../operator/kubernetes/reflector.ts';

type State = ReturnType<Reflector['state']>;

/** A reflector that does what a test says. */
function aReflector({ active = 0, failures = 0 }: { active?: number; failures?: number } = {}) {
  const synced = Promise.withResolvers<void>();
  const refused = Promise.withResolvers<void>();
  synced.promise.catch(() => undefined);
  let hasSynced = false;
  let stopped = false;
  let isRefused = false;
  const state: State = { phase: 'Watching', failures };
  return {
    synced: synced.promise,
    refused: refused.promise,
    isRefused: () => isRefused,
    isComplete: () => hasSynced && !isRefused,
    hasSynced: () => hasSynced,
    lastActivity: () => milliseconds(active),
    state: () => state,
    stop: async () => {
      stopped = true;
      synced.reject(new Error('stopped'));
    },
    sync: () => {
      hasSynced = true;
      synced.resolve();
    },
    refuse: () => {
      isRefused = true;
      refused.resolve();
    },
    isStopped: () => stopped,
  };
}

function join(...parts: Reflector[]) {
  return joinReflectors(new Map(parts.map((part, index) => [`namespace-${index}`, part])));
}

/** Lets everything settle that waits for nothing but promises. */
const settle = () => new Promise<void>((resolve) => setImmediate(resolve));

test('several reflectors are synced when each of them is', async () => {
  const [one, other] = [aReflector(), aReflector()];
  const all = join(one, other);
  one.sync();
  await settle();
  expect(all.hasSynced()).toBe(false);
  other.sync();
  await all.synced;
  expect(all.hasSynced()).toBe(true);
});

test('a namespace that may not be read keeps the others not waiting', async () => {
  const [one, refused] = [aReflector(), aReflector()];
  const all = join(one, refused);
  refused.refuse();
  await settle();
  expect(all.hasSynced()).toBe(false);
  one.sync();
  await all.synced;
  expect(all.hasSynced()).toBe(true);
});

test('where no namespace may be read nothing is synced, until one may', async () => {
  const [one, other] = [aReflector(), aReflector()];
  const all = join(one, other);
  one.refuse();
  other.refuse();
  await settle();
  expect(all.hasSynced()).toBe(false);
  other.sync();
  await all.synced;
});

test('they are as active as the most silent one, and in the state of the one that fails most', () => {
  const all = join(aReflector({ active: 20 }), aReflector({ active: 10, failures: 3 }), aReflector({ active: 30 }));
  expect(all.lastActivity()).toBe(10);
  expect(all.state()).toEqual({ phase: 'Watching', failures: 3 });
  expect([...all.parts].map(([namespace, part]) => [namespace, part.state().failures])).toEqual([
    ['namespace-0', 0],
    ['namespace-1', 3],
    ['namespace-2', 0],
  ]);
});

test('one that is refused is as good as none, until all are', async () => {
  const [one, other] = [aReflector({ active: 10 }), aReflector({ active: 20 })];
  const all = join(one, other);
  expect([all.isRefused(), all.lastActivity()]).toEqual([false, 10]);
  one.refuse();
  expect([all.isRefused(), all.lastActivity()]).toEqual([false, 20]);
  other.refuse();
  await all.refused;
  expect([all.isRefused(), all.lastActivity()]).toEqual([true, 10]);
});

test('they are stopped together, and who waited for them hears of it', async () => {
  const parts = [aReflector(), aReflector()];
  const all = join(...parts);
  await all.stop();
  expect(parts.map((part) => part.isStopped())).toEqual([true, true]);
  await expect(all.synced).rejects.toThrow('stopped');
  expect(all.hasSynced()).toBe(false);
});

test('a reflector for all namespaces stands alone', () => {
  const reflector = aReflector({ active: 10 });
  expect([...soleReflector(reflector).parts]).toEqual([['*', reflector]]);
  expect(soleReflector(reflector).lastActivity()).toBe(10);
});
