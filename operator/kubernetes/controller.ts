import { type Clock, type Milliseconds, milliseconds } from '../clock.ts';
import type { Logger } from '../telemetry/log.ts';
import { isConflict, isNotFound, KubernetesError } from './errors.ts';
import type { ControllerMetrics } from './metrics/controller.ts';
import type { ObjectKey } from './objects.ts';
import { startTimeLimit } from './time-limit.ts';
import type { WorkQueue } from './work-queue.ts';

/** How a pass over one object ended, when it did not throw. */
export type ReconcileResult =
  /** Nothing more to do until something changes. */
  | { kind: 'Done' }
  /** To be looked at again after this time, also if nothing changes. */
  | { kind: 'RequeueAfter'; after: Milliseconds };

export interface ControllerOptions<K extends string> {
  /** Names the controller in logs and metrics. */
  name: string;
  queue: WorkQueue<K>;
  /** How many keys are worked on at the same time. */
  concurrency: number;
  /** After this time the signal of a pass aborts. A pass that does not heed it keeps its key, and its worker. */
  timeout: Milliseconds;
  /** One pass: makes the world as the object wants it. What it throws leads to a retry, ever later. */
  reconcile: (key: K, signal: AbortSignal) => Promise<ReconcileResult>;
  /** Told of each failure from the third in a row on, conflicts apart: by then it is not passing by itself. Must not throw. */
  onFailing: (key: K, error: unknown) => void;
  log: Logger;
  clock: Clock;
  metrics: ControllerMetrics;
  /** Ends the controller. Passes under way are not aborted by it: they finish within their own time. */
  signal: AbortSignal;
}

/** From which failure in a row on somebody is told. */
const toldFrom = 3;

/** Works on the keys of a queue until the signal aborts and the last pass has ended; then closes the queue. Never rejects. */
export async function runController<K extends string = ObjectKey>(options: ControllerOptions<K>): Promise<void> {
  const workers = Array.from({ length: options.concurrency }, () => work(options));
  await Promise.all(workers);
  options.queue.close();
}

async function work<K extends string>(options: ControllerOptions<K>): Promise<void> {
  const { queue, signal } = options;
  while (!signal.aborted) {
    const key = await queue.take(signal).catch(() => undefined);
    if (key === undefined) return;
    try {
      await pass(options, key);
    } finally {
      queue.done(key);
    }
  }
}

/** One pass with its time limit, its numbers and what follows from it. Never rejects: one key must not end a worker. */
async function pass<K extends string>(options: ControllerOptions<K>, key: K): Promise<void> {
  const { queue, clock, metrics } = options;
  const started = clock.elapsed();
  const took = () => milliseconds(clock.elapsed() - started);
  metrics.started();
  try {
    const result = await reconcileInTime(options, key);
    queue.forget(key);
    if (result.kind === 'RequeueAfter') queue.addAfter(key, result.after);
    metrics.finished(result.kind === 'Done' ? 'success' : 'requeue_after', took());
  } catch (error) {
    report(options, key, error);
    const failures = queue.retry(key, error instanceof KubernetesError ? error.retryAfter : undefined);
    if (failures >= toldFrom && !isConflict(error)) options.onFailing(key, error);
    metrics.finished('error', took());
  }
}

async function reconcileInTime<K extends string>(options: ControllerOptions<K>, key: K): Promise<ReconcileResult> {
  const { clock, timeout, log, name, metrics } = options;
  using limit = startTimeLimit(clock, timeout);
  limit.signal.addEventListener('abort', () => {
    metrics.timedOut();
    log.warn({ controller: name, object: key, seconds: timeout / 1_000 }, 'a pass takes too long and was told to stop');
  });
  return await options.reconcile(key, limit.signal);
}

/**
 * A conflict is how optimistic concurrency works: somebody was faster, and the next pass starts from what they wrote. An
 * object that is gone, which the cache has not heard of yet, is no fault either; if something else is missing it will be
 * told by `onFailing`.
 */
function report<K extends string>({ log, name }: ControllerOptions<K>, key: K, error: unknown): void {
  const fields = { controller: name, object: key, err: error };
  const overtaken = isConflict(error) || isNotFound(error);
  if (overtaken) log.debug(fields, 'the object changed during the pass, or is gone; trying again');
  else log.error(fields, 'a pass failed; trying again later');
}
