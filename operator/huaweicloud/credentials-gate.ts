import { type Clock, type Milliseconds, milliseconds, minutes } from '../clock.ts';
import type { AccountCredentials } from './credentials.ts';
import { CloudError } from './errors.ts';

/**
 * Keeps a key that the cloud refuses from being locked: more than five signature failures in a row lock it for everybody
 * for five minutes (API Request Signing Guide), and one look at a project makes a dozen calls.
 */
export interface CredentialsGate {
  /**
   * Makes the call. While it is not known whether the cloud accepts the key, one call finds out and the others wait for
   * it; a refusal stands for a while, and is thrown without anything being sent.
   */
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

/**
 * A gate for one key. What shares the key shares the gate; a key that was corrected gets a new one. `refused` is told of each
 * refusal: a temporary key may have another one after it.
 */
export function createCredentialsGate(clock: Clock, refused: () => void = () => {}): CredentialsGate {
  let accepted = false;
  let refusal: Refusal | undefined;
  let trial: Promise<unknown> | undefined;

  async function attempt<Result>(call: () => Promise<Result>): Promise<Result> {
    const before = refusal?.count ?? 0;
    try {
      const result = await call();
      accepted = true;
      refusal = undefined;
      return result;
    } catch (error) {
      if (isRefusal(error)) {
        const pause = Math.min(longestPause, firstPause * 2 ** before);
        accepted = false;
        refusal = { error, count: before + 1, until: milliseconds(clock.elapsed() + pause) };
        refused();
      }
      throw error;
    }
  }

  return {
    async pass(call) {
      if (!accepted && trial !== undefined) await trial;
      if (refusal !== undefined && clock.elapsed() < refusal.until) throw refusal.error;
      // A trial that got no answer has told nothing: those who waited for it do not wait for another one.
      if (accepted || trial !== undefined) return attempt(call);
      const result = attempt(call);
      trial = result.catch(() => undefined).finally(() => (trial = undefined));
      return result;
    },
  };
}

/** Most keys that are remembered; a key that was forgotten is only tried once more than it had to be. */
const mostGates = 1_000;

/** Gives the gate of a key: the same wherever the key comes from, and another one as soon as its secret is another. */
export function createCredentialsGates(clock: Clock): (credentials: AccountCredentials) => CredentialsGate {
  const gates = new Map<string, CredentialsGate>();
  return ({ fingerprint, renew }) => {
    const gate = gates.get(fingerprint) ?? createCredentialsGate(clock, renew);
    // The map stays in the order of last use.
    gates.delete(fingerprint);
    gates.set(fingerprint, gate);
    const [longestUnused] = gates.keys();
    if (gates.size > mostGates && longestUnused !== undefined) gates.delete(longestUnused);
    return gate;
  };
}

/** A date that is off is no failure of the key: the refusal itself told the right one. */
const isRefusal = (error: unknown): error is CloudError =>
  error instanceof CloudError && error.class === 'Credentials' && error.code !== 'APIGW.0303';
