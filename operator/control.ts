import { minutes } from './clock.ts';
import { type ControllerOptions, type ReconcileResult, runController } from './kubernetes/controller.ts';
import { LeaseLostError } from './kubernetes/leader-election/leader-election.ts';
import { type ObjectKey, splitKey } from './kubernetes/objects.ts';
import type { TypedObject } from './kubernetes/parsed-objects.ts';
import type { Surroundings, WatchedKind } from './kubernetes/watched-kind.ts';

export type ControlOptions = Pick<ControllerOptions<ObjectKey>, 'concurrency' | 'signal' | 'onFailing'> &
  Pick<Surroundings, 'log' | 'clock' | 'metrics'>;

/** Longest that a pass should take; an order that was sent is written down beyond it. */
const passLimit = minutes(3);

/** Reconciles the objects of a kind until the signal aborts and the last pass has ended. */
export function control<T extends TypedObject>(
  { queue, kind }: Pick<WatchedKind<T>, 'queue' | 'kind'>,
  reconcile: (namespace: string, name: string, signal: AbortSignal) => Promise<ReconcileResult>,
  { metrics, ...options }: ControlOptions,
): Promise<void> {
  const { concurrency, signal } = options;
  return runController({
    ...options,
    name: kind.plural,
    queue,
    timeout: passLimit,
    reconcile: async (key, passSignal) => {
      const { namespace, name } = splitKey(key);
      try {
        return await reconcile(namespace, name, AbortSignal.any([passSignal, signal]));
      } catch (error) {
        // Reading ended with the operator, or another one may lead: it looks anew.
        if (signal.aborted && (error === signal.reason || error instanceof LeaseLostError)) return { kind: 'Done' };
        throw error;
      }
    },
    metrics: metrics.controller(kind.plural, concurrency),
  });
}
