import { type Clock, type Milliseconds, milliseconds, type Random } from '../clock.ts';
import { equalJitter } from './back-off.ts';
import { createDelayedKeys } from './delayed-keys.ts';
import { createFifo, type Fifo } from './fifo.ts';
import type { WorkQueueMetrics } from './metrics/work-queue.ts';
import type { ObjectKey } from './objects.ts';
import { createReadyKeys, type Priority } from './ready-keys.ts';

/**
 * Keys that wait for work. Each key is in it at most once and is worked on by one worker at most: a key that is added while it
 * is being worked on comes back when that is done. Memory is bounded by the number of different keys.
 */
export interface WorkQueue<K extends string = ObjectKey> {
  /** Makes the key ready, as a change unless said otherwise. */
  add(key: K, options?: { priority?: Priority }): void;
  /**
   * Makes the key ready as a resync after `delay`; the earliest such time counts. Work that begins before that uses it up,
   * because whoever looks at a key anew also says anew when to look next.
   */
  addAfter(key: K, delay: Milliseconds): void;
  /**
   * Makes the key ready as a resync after a delay that doubles with each retry, until `forget`; not before `atLeast`. Gives
   * how many retries in a row these are.
   */
  retry(key: K, atLeast?: Milliseconds): number;
  /** The key is well: its next retry comes after the shortest delay again. */
  forget(key: K): void;
  /** The next key; waits for one. Rejects with the reason of the signal. Every key taken wants a `done`. */
  take(signal: AbortSignal): Promise<K>;
  /** The work on a key has ended. */
  done(key: K): void;
  /** How many keys are ready to be taken. */
  readonly length: number;
  /** What it is at, for probes and people. It looks at every key, so ask now and then only. */
  state(): WorkQueueState<K>;
  /** Ends its timer. What is added later is ignored. */
  close(): void;
}

/** A look into a queue. */
export interface WorkQueueState<K> {
  /** Ready keys by priority. */
  readonly depth: Readonly<Record<Priority, number>>;
  /** The keys that are being worked on, and for how long: the longest first. */
  readonly working: readonly { key: K; age: Milliseconds }[];
  /** Keys that were retried since they were last well: the most often retried first, and how many more there are. */
  readonly failing: { readonly keys: readonly { key: K; retries: number }[]; readonly omitted: number };
  /** How many keys wait for their time, and how long until the first of them is due. */
  readonly delayed: { readonly count: number; readonly nextDueIn: Milliseconds | undefined };
}

/** How many failing keys a look names. */
const mostFailingTold = 20;

export interface WorkQueueOptions {
  clock: Clock;
  random: Random;
  /** The longest that a first retry waits, half of which is random. */
  baseDelay: Milliseconds;
  /** The longest that any retry waits. */
  maxDelay: Milliseconds;
  metrics?: WorkQueueMetrics | undefined;
}

/** An empty queue. Its rules are those of client-go's `util/workqueue`, and priorities as in controller-runtime. */
export function createWorkQueue<K extends string = ObjectKey>(options: WorkQueueOptions): WorkQueue<K> {
  const { clock, random, metrics } = options;
  const backOff = { base: options.baseDelay, ceiling: options.maxDelay };
  const ready = createReadyKeys<K>(clock);
  const delayed = createDelayedKeys<K>(clock, (key) => add(key, 'resync'));
  /** Since when a key is being worked on. */
  const working = new Map<K, Milliseconds>();
  /** Keys that were added while they were being worked on. */
  const dirty = new Map<K, Priority>();
  const retries = new Map<K, number>();
  const takers = createFifo<(key: K) => void>();
  let closed = false;
  const since = (start: Milliseconds) => milliseconds(clock.elapsed() - start);

  const add = (key: K, priority: Priority) => {
    if (closed) return;
    metrics?.added();
    if (!working.has(key)) ready.add(key, priority);
    else if (dirty.get(key) !== 'change') dirty.set(key, priority);
    handOut();
  };
  const addLater = (key: K, delay: Milliseconds) => {
    metrics?.retried();
    delayed.add(key, delay);
  };
  const handOut = () => {
    while (takers.size > 0) {
      const next = ready.take();
      if (next === undefined) return;
      metrics?.taken(since(next.since));
      delayed.delete(next.key);
      working.set(next.key, clock.elapsed());
      takers.shift()?.(next.key);
    }
  };
  metrics?.watch(() => ({ depth: ready.depth(), working: [...working.values()].map(since) }));

  return {
    add: (key, { priority = 'change' } = {}) => add(key, priority),
    addAfter: (key, delay) => (delay > 0 ? addLater(key, delay) : add(key, 'resync')),
    retry: (key, atLeast = milliseconds(0)) => {
      const count = (retries.get(key) ?? 0) + 1;
      retries.set(key, count);
      addLater(key, milliseconds(Math.max(atLeast, equalJitter(backOff, count, random))));
      return count;
    },
    forget: (key) => {
      retries.delete(key);
    },
    take: (signal) => {
      const taken = waitForKey(takers, signal);
      handOut();
      return taken;
    },
    done: (key) => {
      const started = takeOut(working, key);
      if (started === undefined) return;
      metrics?.finished(since(started));
      const again = takeOut(dirty, key);
      if (again !== undefined) ready.add(key, again);
      handOut();
    },
    get length() {
      return ready.size;
    },
    state: () => ({
      depth: ready.depth(),
      working: [...working].map(([key, start]) => ({ key, age: since(start) })).sort((a, b) => b.age - a.age),
      failing: mostRetried(retries),
      delayed: { count: delayed.size, nextDueIn: delayed.nextDueIn() },
    }),
    close: () => {
      closed = true;
      delayed.close();
    },
  };
}

function takeOut<K, V>(map: Map<K, V>, key: K): V | undefined {
  const value = map.get(key);
  map.delete(key);
  return value;
}

function mostRetried<K>(retries: ReadonlyMap<K, number>): WorkQueueState<K>['failing'] {
  const all = [...retries].map(([key, count]) => ({ key, retries: count })).sort((a, b) => b.retries - a.retries);
  return { keys: all.slice(0, mostFailingTold), omitted: Math.max(0, all.length - mostFailingTold) };
}

/** Stands in line until somebody hands out a key, or the signal aborts. */
function waitForKey<K>(takers: Fifo<(key: K) => void>, signal: AbortSignal): Promise<K> {
  if (signal.aborted) return Promise.reject(signal.reason);
  const { promise, resolve, reject } = Promise.withResolvers<K>();
  const leave = () => {
    takers.delete(receive);
    reject(signal.reason);
  };
  const receive = (key: K) => {
    signal.removeEventListener('abort', leave);
    resolve(key);
  };
  signal.addEventListener('abort', leave, { once: true });
  takers.push(receive);
  return promise;
}
