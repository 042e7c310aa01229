import { milliseconds } from '../clock.ts';
import type { Reflector } from './reflector.ts';

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
 * Several reflectors as one. Those that are refused while others are not count for nothing, since a namespace that was deleted
 * must not harm the others: it is synced when the others are, and as active as the most silent of them. It is refused when
 * all are, and in the state of the one that fails most.
 */
export function joinReflectors(parts: ReadonlyMap<string, Reflector>): JoinedReflectors {
  const all = [...parts.values()];
  const served = () => all.filter((part) => !part.isRefused());
  const isRefused = () => served().length === 0;
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
    refused: Promise.all(all.map(({ refused }) => refused)).then(() => undefined),
    isRefused,
    isComplete: () => all.every((part) => part.isComplete()),
    lastActivity: () => milliseconds(Math.min(...(isRefused() ? all : served()).map((part) => part.lastActivity()))),
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
