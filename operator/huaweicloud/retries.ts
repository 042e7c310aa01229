import { type Clock, type Milliseconds, milliseconds, type Random, seconds } from '../clock.ts';
import { CloudError } from './errors.ts';

/** How long a read may take. */
export interface Deadlines {
  /** For one try. */
  readonly attempt: Milliseconds;
  /** For all tries of one call together. */
  readonly call: Milliseconds;
}

/** Deadlines that suit the live cloud. */
export const defaultDeadlines: Deadlines = { attempt: seconds(15), call: seconds(60) };

const attempts = 4;
const firstDelay = 500;
const longestDelay = 8_000;

/** What retrying needs from outside. */
export interface RetrySurroundings {
  readonly clock: Clock;
  readonly random: Random;
  readonly deadlines: Deadlines;
  /** Waited for before each try, for as long as it takes: the deadlines do not run meanwhile. What it throws is final. */
  readonly turn?: (signal?: AbortSignal) => Promise<void>;
  /** Whether calls are refused for their rate whatever the rate is: then what was refused is not tried again. */
  readonly isStuck?: () => boolean;
}

/**
 * Tries a READ again while its failure can pass: throttling, 5xx, no answer. Exponential back-off with full jitter, never
 * sooner than a Retry-After, and never beyond the call's deadline: then the last error is thrown. An order must never
 * come through here.
 */
export async function withRetries<Result>(
  attempt: (limit: Milliseconds) => Promise<Result>,
  { clock, random, deadlines, turn, isStuck = () => false }: RetrySurroundings,
  signal?: AbortSignal,
): Promise<Result> {
  let end = clock.elapsed() + deadlines.call;
  let wasDatedWrongly = false;
  for (let tries = 1; ; tries += 1) {
    signal?.throwIfAborted();
    const asked = clock.elapsed();
    await turn?.(signal);
    end += clock.elapsed() - asked;
    try {
      const left = Math.max(1, Math.ceil(end - clock.elapsed()));
      return await attempt(milliseconds(Math.min(deadlines.attempt, left)));
    } catch (error) {
      signal?.throwIfAborted();
      // The refusal itself told the cloud's time (its Date header), so the next signature holds; once, or the key is locked.
      const isDatedAgain = wasDatedWrongly && isForItsDate(error);
      wasDatedWrongly ||= isForItsDate(error);
      const inVain = isDatedAgain || (error instanceof CloudError && error.class === 'Throttled' && isStuck());
      const wait = inVain ? undefined : waitBefore(tries, error, random);
      if (wait === undefined || clock.elapsed() + wait >= end) throw error;
      await clock.sleep(wait, signal);
    }
  }
}

/** The wait after the given number of failed tries; undefined when there is no further try. */
function waitBefore(tries: number, error: unknown, random: Random): Milliseconds | undefined {
  if (!(error instanceof CloudError) || tries >= attempts) return undefined;
  if (isForItsDate(error)) return milliseconds(0);
  if (!canPass(error)) return undefined;
  const jittered = random() * Math.min(longestDelay, firstDelay * 2 ** (tries - 1));
  return milliseconds(Math.max(jittered, error.retryAfter ?? 0));
}

const isForItsDate = (error: unknown): boolean => error instanceof CloudError && error.code === 'APIGW.0303';

function canPass(error: CloudError): boolean {
  if (error.code === 'CircuitOpen') return false;
  if (error.class === 'Throttled' || error.class === 'Unreachable') return true;
  return error.code === 'CBC.0999' || (error.httpStatus ?? 0) >= 500;
}
