import { type Clock, type Milliseconds, milliseconds, minutes, untilAborted } from '../clock.ts';
import type { Lane } from './endpoints.ts';
import { CloudError } from './errors.ts';
import { rateBoundsOf } from './rate-bounds.ts';
import { narrow, newBucket, spend, type TokenBucket, waitFor, widen } from './token-bucket.ts';

/** The calls of one account to one operation, in the order in which they asked. */
export interface Turns {
  /** Resolves when the call may leave. Throws when the cloud asked for longer than anybody should wait. */
  turn(signal?: AbortSignal): Promise<void>;
  /** Counts a call that does not wait. */
  spend(): void;
  passed(): void;
  refused(retryAfter: Milliseconds | undefined): void;
  /** Whether the cloud refuses call after call, however slowly they come: then each is tried once, and nobody waits for more. */
  isStuck(): boolean;
  describe(): TurnsState;
}

/** What can be told of the turns of an operation. */
export interface TurnsState {
  readonly callsPerSecond: number;
  readonly waiting: number;
  /** Whether the cloud ever refused a call for the rate. */
  readonly throttled: boolean;
  readonly pausedFor: Milliseconds;
}

/** By then the rate has been halved as often, so it is not the rate that is refused. */
const mostInARow = 4;
/** A pause of the cloud's own choice that is longer is told to the caller instead of waited for. */
const longestPause = minutes(1);

/** Nobody has a turn yet. */
export function createTurns(lane: Lane, clock: Clock): Turns {
  const bounds = rateBoundsOf(lane.service, lane.operation);
  let bucket: TokenBucket = newBucket(bounds, clock.elapsed());
  let waiting = 0;
  let refusedInARow = 0;
  let last: Promise<void> = Promise.resolve();

  const pausedFor = () => milliseconds(Math.max(0, bucket.pausedUntil - clock.elapsed()));

  /** Looks again after each wait: the rate may be another by then. */
  async function wait(signal?: AbortSignal): Promise<void> {
    for (;;) {
      signal?.throwIfAborted();
      if (pausedFor() > longestPause) throw askedToWait(lane, clock, pausedFor());
      const duration = waitFor(bucket, clock.elapsed());
      if (duration === 0) break;
      await clock.sleep(duration, signal);
    }
    bucket = spend(bucket, clock.elapsed());
  }

  return {
    async turn(signal) {
      waiting += 1;
      const mine = last.then(() => wait(signal));
      last = mine.catch(() => {});
      try {
        // A caller that gives up does not wait for those before it.
        await untilAborted(mine, signal);
      } finally {
        waiting -= 1;
      }
    },
    spend: () => {
      bucket = spend(bucket, clock.elapsed());
    },
    isStuck: () => refusedInARow >= mostInARow,
    passed: () => {
      refusedInARow = 0;
      bucket = widen(bucket, bounds);
    },
    refused: (retryAfter) => {
      refusedInARow += 1;
      bucket = narrow(bucket, bounds, clock.elapsed(), retryAfter);
    },
    describe: () => ({
      callsPerSecond: bucket.limit,
      waiting,
      throttled: bucket.isLearned,
      pausedFor: pausedFor(),
    }),
  };
}

function askedToWait({ service, operation }: Lane, clock: Clock, pause: Milliseconds): CloudError {
  const until = new Date(clock.now().getTime() + pause).toISOString().replace(/\.\d+Z$/, 'Z');
  return new CloudError({
    class: 'Throttled',
    code: 'RetryAfter',
    operation: `${service}.${operation}`,
    message: `the cloud asked not to be called before ${until}`,
  });
}
