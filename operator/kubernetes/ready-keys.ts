import type { Clock, Milliseconds } from '../clock.ts';
import { createFifo } from './fifo.ts';

/** A change that somebody made goes before the periodic second look at what nobody touched. */
export type Priority = 'change' | 'resync';

/** Keys that are ready to be worked on: all changes before all resyncs, and within each in the order of their coming. */
export interface ReadyKeys<K> {
  /** A key that waits as a resync becomes a change by being added as one, never the other way round. */
  add(key: K, priority: Priority): void;
  /** The next key, and since when it has been ready. */
  take(): { key: K; since: Milliseconds } | undefined;
  readonly size: number;
  depth(): Record<Priority, number>;
}

export function createReadyKeys<K extends string>(clock: Clock): ReadyKeys<K> {
  const changes = createFifo<K>();
  const resyncs = createFifo<K>();
  const since = new Map<K, Milliseconds>();

  return {
    add: (key, priority) => {
      if (!since.has(key)) since.set(key, clock.elapsed());
      if (priority === 'change') {
        resyncs.delete(key);
        changes.push(key);
      } else if (!changes.has(key)) {
        resyncs.push(key);
      }
    },
    take: () => {
      const key = changes.shift() ?? resyncs.shift();
      if (key === undefined) return undefined;
      const readySince = since.get(key) ?? clock.elapsed();
      since.delete(key);
      return { key, since: readySince };
    },
    get size() {
      return since.size;
    },
    depth: () => ({ change: changes.size, resync: resyncs.size }),
  };
}
