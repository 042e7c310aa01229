import type { Clock } from '../clock.ts';
import type { Reflector } from './reflector.ts';
import type { Store } from './store.ts';
import type { WorkQueue } from './work-queue.ts';

/** The parts of a watched kind that people look into. */
export interface KindParts {
  reflector: Pick<Reflector, 'state' | 'hasSynced' | 'lastActivity'>;
  store: Pick<Store<never>, 'size'>;
  queue: Pick<WorkQueue, 'state'>;
}

/** What a kind is at, for the person on call, ready for JSON. Of objects it names nothing but their keys. */
export function describeKind({ reflector, store, queue }: KindParts, clock: Clock): object {
  const { depth, working, failing, delayed } = queue.state();
  return {
    reflector: {
      ...reflector.state(),
      synced: reflector.hasSynced(),
      lastActivitySecondsAgo: inSeconds(clock.elapsed() - reflector.lastActivity()),
    },
    objects: store.size,
    queue: {
      depth,
      working: working.map(({ key, age }) => ({ key, seconds: inSeconds(age) })),
      failing,
      delayed: {
        count: delayed.count,
        ...(delayed.nextDueIn === undefined ? {} : { nextDueInSeconds: inSeconds(delayed.nextDueIn) }),
      },
    },
  };
}

const inSeconds = (duration: number): number => Math.round(duration / 100) / 10;
