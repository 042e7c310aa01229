import { z } from 'zod';
import { type Milliseconds, systemClock } from '../../operator/clock.ts';
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

const eventSchema = z.object({
  type: z.string(),
  object: z.object({
    metadata: z.object({ name: z.string(), generation: z.number(), finalizers: z.array(z.string()).optional() }),
    status: statusSchema.optional(),
  }),
});

type ObservedObject = z.infer<typeof eventSchema>['object'];

/** @param finalizer what the subject has to add to each object. */
export async function observe(api: Api, { path }: Collection, finalizer: string): Promise<Observer> {
  /** By name: the generation on which all work is done, or 0. */
  const done = new Map<string, number>();
  let converged = 0;
  const waiting = new Set<() => void>();

  const take = (type: string, { metadata, status = {} }: ObservedObject) => {
    const isDone = metadata.finalizers?.includes(finalizer) === true && isConverged(metadata.generation, status);
    const before = done.get(metadata.name) ?? 0;
    if (type === 'DELETED') done.delete(metadata.name);
    else done.set(metadata.name, isDone ? metadata.generation : 0);
    converged += Number((done.get(metadata.name) ?? 0) > 0) - Number(before > 0);
    for (const check of waiting) check();
  };
  const until = (condition: () => boolean, signal: AbortSignal) =>
    new Promise<Milliseconds>((resolve, reject) => {
      const fail = () => {
        waiting.delete(check);
        reject(signal.reason);
      };
      const check = () => {
        if (!condition()) return;
        waiting.delete(check);
        signal.removeEventListener('abort', fail);
        resolve(systemClock.elapsed());
      };
      if (signal.aborted) return fail();
      signal.addEventListener('abort', fail, { once: true });
      waiting.add(check);
      check();
    });

  const watch = await api.follow(`${path}?watch=true&timeoutSeconds=3600`, (line) => {
    const { type, object } = eventSchema.parse(JSON.parse(line));
    take(type, object);
  });
  return {
    untilExisting: async (count, signal) => {
      await until(() => done.size === count, signal);
    },
    untilConverged: (count, signal) => until(() => converged === count, signal),
    untilObserved: (name, generation, signal) => until(() => (done.get(name) ?? 0) >= generation, signal),
    [Symbol.dispose]: () => watch[Symbol.dispose](),
  };
}
