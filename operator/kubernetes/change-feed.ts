import type { Logger } from '../telemetry/log.ts';
import { type KubernetesObject, keyOf } from './objects.ts';

/** A change of a store. A re-created object (same name, new uid) is a Deleted followed by an Added. */
export type Change<T> = {
  /** `OwnWrite`: this process wrote it, and whoever did knows of it already. Other controllers in it may not. */
  source: 'Server' | 'OwnWrite';
} & ({ type: 'Added'; object: T } | { type: 'Updated'; object: T; previous: T } | { type: 'Deleted'; object: T });

/** Tells subscribers of changes, at once and in order. */
export interface ChangeFeed<T> {
  publish(change: Change<T>): void;
  /** Gives the function that ends the subscription. */
  subscribe(handler: (change: Change<T>) => void): () => void;
}

/** A feed in which no subscriber can do harm to another, or to who publishes: what a handler throws is logged. */
export function createChangeFeed<T extends KubernetesObject>(log: Logger): ChangeFeed<T> {
  const handlers = new Set<(change: Change<T>) => void>();
  return {
    publish: (change) => {
      for (const handler of handlers) {
        try {
          handler(change);
        } catch (error) {
          log.error({ err: error, object: keyOf(change.object), change: change.type }, 'a handler of changes failed');
        }
      }
    },
    subscribe: (handler) => {
      handlers.add(handler);
      return () => handlers.delete(handler);
    },
  };
}
