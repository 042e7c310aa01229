import { type Clock, type Milliseconds, milliseconds, minutes, seconds, untilAborted } from '../../clock.ts';
import { type Credentials, CredentialsError, type CredentialsProvider } from '../credentials.ts';
import { CloudError } from '../errors.ts';

/** A key that holds for some time. */
export interface TemporaryKey {
  readonly credentials: Credentials;
  /** From the moment when it was asked for. */
  readonly validFor: Milliseconds;
}

/** Asks for a new key. Throws a `CredentialsError` when that was refused, and a `CloudError` when it may work later. */
export type ObtainKey = (signal: AbortSignal) => Promise<TemporaryKey>;

export interface RefreshOptions {
  readonly obtain: ObtainKey;
  readonly clock: Clock;
  /** Told of each failure, with how long the key in use still holds, and with `undefined` of the success after it. */
  readonly tell: (error: unknown, keyHoldsFor: Milliseconds) => void;
}

/** Credentials that are replaced by themselves, well before they end. */
export interface RefreshedCredentials {
  readonly provider: CredentialsProvider;
  readonly renew: () => void;
  /** How long the key in use holds; undefined before the first one was asked for. */
  readonly keyHoldsFor: () => Milliseconds | undefined;
  /** For a person on call. */
  state(): { keyHoldsForSeconds: number; refreshFailures: number; lastFailure?: string };
}

/**
 * A key is replaced when it holds for less than 40 minutes (as in Huawei's SDKs), or for less than half of its life when that
 * is shorter: an outage of IAM as long as that goes unnoticed, and no call is signed by a key that ends under way.
 */
const refreshBefore = minutes(40);
/** In its last minute a key is not used any more: it could end under way, or the clocks may disagree. */
const lastMinute = minutes(1);
const longestRefresh = seconds(30);
/** A key that is younger was refused for another reason than its age: a new one would be no better. */
const youngestRenewed = minutes(1);

interface HeldKey {
  readonly credentials: Credentials;
  readonly askedAt: Milliseconds;
  readonly refreshAt: number;
  readonly endsAt: number;
  /** The cloud refuses it, whatever it was said to hold for. */
  readonly isRefused: boolean;
}

interface Failure {
  readonly error: unknown;
  readonly count: number;
  readonly until: number;
}

/**
 * One refresh at a time, for all who ask. While a key holds, nobody waits for the next one, and nothing is lost when getting it
 * fails; without one, all wait for the same attempt. What fails is tried again ever more rarely, and thrown meanwhile.
 */
export function refreshing({ obtain, clock, tell }: RefreshOptions): RefreshedCredentials {
  let key: HeldKey | undefined;
  let failure: Failure | undefined;
  let underWay: Promise<HeldKey> | undefined;

  const holdsFor = () => milliseconds(Math.max(0, (key?.endsAt ?? 0) - clock.elapsed()));
  const isPaused = () => failure !== undefined && clock.elapsed() < failure.until;

  async function refresh(): Promise<HeldKey> {
    try {
      const held = await obtainKey();
      if (failure !== undefined) tell(undefined, holdsFor());
      failure = undefined;
      return held;
    } catch (error) {
      const count = (failure?.count ?? 0) + 1;
      failure = { error, count, until: clock.elapsed() + pauseAfter(error, count) };
      tell(error, holdsFor());
      throw error;
    }
  }

  async function obtainKey(): Promise<HeldKey> {
    const askedAt = clock.elapsed();
    const { credentials, validFor } = await obtain(clock.timeout(longestRefresh));
    if (validFor <= lastMinute) throw endsAtOnce();
    const refreshAt = askedAt + validFor - Math.min(refreshBefore, validFor / 2);
    key = { credentials, askedAt, refreshAt, endsAt: askedAt + validFor - lastMinute, isRefused: false };
    return key;
  }

  function sharedRefresh(): Promise<HeldKey> {
    underWay ??= refresh().finally(() => {
      underWay = undefined;
    });
    return underWay;
  }

  /** The key while it holds: another one when the cloud refuses it, unless there is none to be had. */
  async function heldKey(held: HeldKey, signal: AbortSignal | undefined): Promise<Credentials> {
    const now = clock.elapsed();
    if (isPaused()) return held.credentials;
    if (held.isRefused && now - held.askedAt >= youngestRenewed) {
      const { credentials } = await untilAborted(
        sharedRefresh().catch(() => held),
        signal,
      );
      return credentials;
    }
    // Its failure is told, and nobody waits for it.
    if (now >= held.refreshAt) void sharedRefresh().catch(() => undefined);
    return held.credentials;
  }

  return {
    provider: async (signal) => {
      signal?.throwIfAborted();
      if (key !== undefined && holdsFor() > 0) return await heldKey(key, signal);
      if (underWay === undefined && isPaused()) throw failure?.error;
      return (await untilAborted(sharedRefresh(), signal)).credentials;
    },
    keyHoldsFor: () => (key === undefined && failure === undefined ? undefined : holdsFor()),
    renew: () => {
      if (key !== undefined) key = { ...key, isRefused: true };
    },
    state: () => ({
      keyHoldsForSeconds: Math.round(holdsFor() / 1_000),
      refreshFailures: failure?.count ?? 0,
      ...(failure?.error instanceof Error ? { lastFailure: failure.error.message } : {}),
    }),
  };
}

/** What was refused is up to a person, and is asked for as rarely as a gate lets a refused key through. */
function pauseAfter(error: unknown, count: number): number {
  if (error instanceof CredentialsError) return Math.min(minutes(15), minutes(1) * 2 ** (count - 1));
  // The refusal told the time of the cloud, so that the next signature holds.
  if (error instanceof CloudError && error.code === 'APIGW.0303' && count === 1) return 0;
  const asked = error instanceof CloudError ? (error.retryAfter ?? 0) : 0;
  return Math.max(asked, Math.min(minutes(1), seconds(5) * 2 ** (count - 1)));
}

const endsAtOnce = () =>
  new CredentialsError(
    'The temporary key that was given holds for less than a minute.',
    'Compare the clock of this machine with the real time, and look at the validity that the agency grants (900 s or more).',
  );
