import { type Clock, type Milliseconds, milliseconds, minutes } from '../clock.ts';
import { CloudError } from './errors.ts';

/**
 * Keeps a key that the cloud refuses from being locked: more than five signature failures in a row lock it for everybody
 * for five minutes (API Request Signing Guide), and one look at a project makes a dozen calls.
 */
export interface CredentialsGate {
  /** Makes the call, unless the key was refused a short while ago: then throws that refusal and sends nothing. */
  pass<Result>(call: () => Promise<Result>): Promise<Result>;
}

interface Refusal {
  readonly error: CloudError;
  readonly count: number;
  readonly until: Milliseconds;
}

/** The cloud refuses a key in the same words while its account is frozen, so it is asked again, ever more rarely. */
const firstPause = minutes(1);
const longestPause = minutes(15);

/** A gate for one key. What shares the key shares the gate; a key that was corrected gets a new one. */
export function createCredentialsGate(clock: Clock): CredentialsGate {
  let refusal: Refusal | undefined;

  const refuse = (error: CloudError, count: number) => {
    const pause = Math.min(longestPause, firstPause * 2 ** (count - 1));
    refusal = { error, count, until: milliseconds(clock.elapsed() + pause) };
  };

  return {
    async pass(call) {
      const before = refusal;
      if (before !== undefined) {
        if (clock.elapsed() < before.until) throw before.error;
        // This call finds out how it is now; the others go on being refused until it knows.
        refuse(before.error, before.count);
      }
      try {
        const result = await call();
        refusal = undefined;
        return result;
      } catch (error) {
        if (isRefusal(error)) refuse(error, (before?.count ?? 0) + 1);
        throw error;
      }
    },
  };
}

/** A date that is off is no failure of the key: the refusal itself told the right one. */
const isRefusal = (error: unknown): error is CloudError =>
  error instanceof CloudError && error.class === 'Credentials' && error.code !== 'APIGW.0303';
