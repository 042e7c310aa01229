import type { Clock } from '../clock.ts';
import type { JoinedReflectors } from './joined-reflectors.ts';
import type { Reflector } from './reflector.ts';
import type { Store } from './store.ts';
import type { WorkQueue } from './work-queue.ts';

/** What a reflector tells of itself. */
type Looks = Pick<Reflector, 'state' | 'hasSynced' | 'isRefused' | 'lastActivity'>;

/** The parts of a watched kind that people look into. */
export interface KindParts {
  reflector: Pick<JoinedReflectors, keyof Looks | 'parts'>;
  store: Pick<Store<never>, 'size'>;
  queue: Pick<WorkQueue, 'state'>;
}

/** What a kind is at, for the person on call, ready for JSON. Of objects it names nothing but their keys. */
export function describeKind({ reflector, store, queue }: KindParts, clock: Clock): object {
  const { depth, working, failing, delayed } = queue.state();
  return {
    reflector: describeReflector(reflector, clock),
    // Where there is one for each namespace, it may be one of them that hangs.
    ...(reflector.parts.size > 1 ? { reflectors: describeParts(reflector, clock) } : {}),
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

const describeReflector = (reflector: Looks, clock: Clock): object => ({
  ...reflector.state(),
  synced: reflector.hasSynced(),
  refused: reflector.isRefused(),
  lastActivitySecondsAgo: inSeconds(clock.elapsed() - reflector.lastActivity()),
});

const describeParts = ({ parts }: Pick<JoinedReflectors, 'parts'>, clock: Clock): object =>
  Object.fromEntries([...parts].map(([namespace, part]) => [namespace, describeReflector(part, clock)]));

const inSeconds = (duration: number): number => Math.round(duration / 100) / 10;
