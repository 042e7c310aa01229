import { z } from 'zod';
import { type Milliseconds, milliseconds, seconds, systemClock } from '../../operator/clock.ts';
import type { Api } from './api.ts';
import type { Collection } from './collection.ts';
import { isConverged, statusSchema } from './workload.ts';

/**
 * Watches all objects of a collection from outside. One watch costs the API server far less than a hundredth of a write, for
 * each subject the same.
 */
export interface Observer extends Disposable {
  /** Resolves when `count` objects exist. */
  untilExisting(count: number, signal: AbortSignal): Promise<void>;
  /** Resolves when all work is done on `count` objects, with the time of the last event. */
  untilConverged(count: number, signal: AbortSignal): Promise<Milliseconds>;
  /** Resolves when all work is done on an object since its spec became this generation, with the time of that event. */
  untilObserved(name: string, generation: number, signal: AbortSignal): Promise<Milliseconds>;
}

const objectSchema = z.object({
  metadata: z.object({ name: z.string(), generation: z.number(), finalizers: z.array(z.string()).optional() }),
  status: statusSchema.optional(),
});
const eventSchema = z.discriminatedUnion('type', [
  z.object({ type: z.enum(['ADDED', 'MODIFIED', 'DELETED']), object: objectSchema }),
  z.object({ type: z.literal('BOOKMARK') }),
  z.object({ type: z.literal('ERROR') }),
]);

/** Begins with all objects that there are, and then a bookmark. */
const query = new URLSearchParams({
  watch: 'true',
  timeoutSeconds: '3600',
  sendInitialEvents: 'true',
  resourceVersionMatch: 'NotOlderThan',
  allowWatchBookmarks: 'true',
});

/** 10,000 objects take some three seconds on a busy machine. */
const completeWithin = seconds(20);

/** The generation of an object on which all work is done, or 0. */
function doneGeneration({ metadata, status = {} }: z.infer<typeof objectSchema>, finalizer: string): number {
  const held = metadata.finalizers?.includes(finalizer) === true;
  return held && isConverged(metadata.generation, status) ? metadata.generation : 0;
}

/** @param finalizer what the subject has to add to each object. */
export function observe(api: Api, { path }: Collection, finalizer: string): Observer {
  /** By name: the generation on which all work is done, or 0. */
  const done = new Map<string, number>();
  let converged = 0;
  let complete = false;
  const waiting = new Set<() => void>();
  const stopping = new AbortController();

  const record = (name: string, generation: number | undefined) => {
    converged -= Number((done.get(name) ?? 0) > 0);
    converged += Number((generation ?? 0) > 0);
    if (generation === undefined) done.delete(name);
    else done.set(name, generation);
  };
  const take = (line: string) => {
    const event = eventSchema.parse(JSON.parse(line));
    switch (event.type) {
      case 'ERROR':
        // The API server ends the watch after it.
        return;
      case 'BOOKMARK':
        complete = true;
        break;
      case 'DELETED':
        record(event.object.metadata.name, undefined);
        break;
      default:
        record(event.object.metadata.name, doneGeneration(event.object, finalizer));
    }
    if (complete) for (const check of waiting) check();
  };
  /** The API server ends the watch of whoever does not keep up with it, as in a burst of changes. */
  const run = async () => {
    while (!stopping.signal.aborted) {
      complete = false;
      done.clear();
      converged = 0;
      const giveUp = new AbortController();
      // A burst of changes can also leave the API server's cache without a version to begin from: it then says nothing at all.
      const lift = systemClock.after(completeWithin, () => complete || giveUp.abort());
      const signal = AbortSignal.any([stopping.signal, giveUp.signal]);
      await api.follow(`${path}?${query}`, take, signal).catch(() => systemClock.sleep(milliseconds(100)));
      lift();
    }
  };
  const until = (condition: () => boolean, signal: AbortSignal) =>
    new Promise<Milliseconds>((resolve, reject) => {
      const fail = () => {
        waiting.delete(check);
        reject(signal.reason);
      };
      const check = () => {
        if (!complete || !condition()) return;
        waiting.delete(check);
        signal.removeEventListener('abort', fail);
        resolve(systemClock.elapsed());
      };
      if (signal.aborted) return fail();
      signal.addEventListener('abort', fail, { once: true });
      waiting.add(check);
      check();
    });

  void run();
  return {
    untilExisting: async (count, signal) => {
      await until(() => done.size === count, signal);
    },
    untilConverged: (count, signal) => until(() => converged === count, signal),
    untilObserved: (name, generation, signal) => until(() => (done.get(name) ?? 0) >= generation, signal),
    [Symbol.dispose]: () => stopping.abort(),
  };
}
