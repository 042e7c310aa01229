import { milliseconds } from '../clock.ts';
import type { Reflector } from './reflector.ts';

/** The reflector of one namespace. */
export interface NamespaceReflector extends Reflector {
  /** Resolves when the API server refuses to list the namespace: it may be gone, and with it the right to read it. */
  readonly refused: Promise<void>;
}

/** Several reflectors as one. */
export interface JoinedReflectors extends Reflector {
  /** Each by its namespace, or by `*` when there is one for all namespaces. */
  readonly parts: ReadonlyMap<string, Reflector>;
}

/** One reflector that has no others beside it. */
export const soleReflector = (reflector: Reflector): JoinedReflectors => ({
  ...reflector,
  parts: new Map([['*', reflector]]),
});

/**
 * Several reflectors as one: synced when all are, except those that are refused while others are not, since a namespace that
 * was deleted must not keep the others waiting; as active as the most silent; in the state of the one that fails most.
 */
export function joinReflectors(parts: ReadonlyMap<string, NamespaceReflector>): JoinedReflectors {
  const all = [...parts.values()];
  const heard = Promise.all(all.map(({ synced, refused }) => Promise.race([synced, refused])));
  let hasSynced = false;
  const synced = heard.then(async () => {
    await Promise.any(all.map((part) => part.synced));
    hasSynced = true;
  });
  // Who does not wait for it must not be ended by its rejection.
  synced.catch(() => undefined);
  return {
    parts,
    synced,
    hasSynced: () => hasSynced,
    lastActivity: () => milliseconds(Math.min(...all.map((part) => part.lastActivity()))),
    state: () => {
      const [first, ...others] = all.map((part) => part.state());
      if (first === undefined) throw new Error('there is no reflector to ask');
      return others.reduce((worst, state) => (state.failures > worst.failures ? state : worst), first);
    },
    stop: async () => {
      await Promise.all(all.map((part) => part.stop()));
    },
  };
}
