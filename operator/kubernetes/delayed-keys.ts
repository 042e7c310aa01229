import { type Clock, type Milliseconds, milliseconds } from '../clock.ts';
import { createHeap } from './heap.ts';

/** Keys that become due later. Thousands of them share one timer. */
export interface DelayedKeys<K> {
  /** Makes the key due after `delay`, unless it already is due earlier. */
  add(key: K, delay: Milliseconds): void;
  delete(key: K): void;
  readonly size: number;
  /** How long until the first key is due; undefined when there is none. Looks at all of them. */
  nextDueIn(): Milliseconds | undefined;
  /** Ends the timer. Nothing becomes due any more. */
  close(): void;
}

interface Entry<K> {
  key: K;
  dueAt: number;
}

const isBefore = (left: Entry<unknown>, right: Entry<unknown>) => left.dueAt < right.dueAt;

/** Calls `onDue` for each key when its time has come. */
export function createDelayedKeys<K>(clock: Clock, onDue: (key: K) => void): DelayedKeys<K> {
  const dueTimes = new Map<K, number>();
  // Entries whose time is not that of `dueTimes` were overtaken or deleted, and count for nothing.
  let heap = createHeap<Entry<K>>(isBefore);
  let timer: { abort: AbortController; wakesAt: number } | undefined;
  let closed = false;

  const isCurrent = ({ key, dueAt }: Entry<K>) => dueTimes.get(key) === dueAt;
  const release = () => {
    timer = undefined;
    for (let first = heap.peek(); first !== undefined && first.dueAt <= clock.elapsed(); first = heap.peek()) {
      heap.pop();
      if (!isCurrent(first)) continue;
      dueTimes.delete(first.key);
      onDue(first.key);
    }
    setTimer();
  };
  const setTimer = () => {
    const first = heap.peek();
    if (closed || first === undefined || (timer !== undefined && timer.wakesAt <= first.dueAt)) return;
    timer?.abort.abort();
    const abort = new AbortController();
    timer = { abort, wakesAt: first.dueAt };
    // It may have become due while others were released.
    const left = milliseconds(Math.max(0, first.dueAt - clock.elapsed()));
    clock.sleep(left, abort.signal).then(release, () => undefined);
  };
  const dropOvertaken = () => {
    if (heap.size < 2 * dueTimes.size + 64) return;
    heap = createHeap<Entry<K>>(isBefore);
    for (const [key, dueAt] of dueTimes) heap.push({ key, dueAt });
  };

  return {
    add: (key, delay) => {
      const dueAt = clock.elapsed() + delay;
      const already = dueTimes.get(key);
      if (closed || (already !== undefined && already <= dueAt)) return;
      dueTimes.set(key, dueAt);
      heap.push({ key, dueAt });
      dropOvertaken();
      setTimer();
    },
    delete: (key) => {
      dueTimes.delete(key);
    },
    get size() {
      return dueTimes.size;
    },
    nextDueIn: () => {
      let first: number | undefined;
      for (const dueAt of dueTimes.values()) if (first === undefined || dueAt < first) first = dueAt;
      return first === undefined ? undefined : milliseconds(Math.max(0, first - clock.elapsed()));
    },
    close: () => {
      closed = true;
      timer?.abort.abort();
    },
  };
}
