import { type Milliseconds, type Moment, milliseconds, momentOf } from '../../clock.ts';
import { isAlreadyExists, isConflict } from '../errors.ts';
import { heldBy, isUnchanged, type StoredLease } from './lease.ts';
import { passedSince } from './moment.ts';
import { type LeaderElectionOptions, type Teller, within } from './options.ts';

/** What a candidate last saw, and from when on it may take the lease. */
export interface Sighting {
  readonly lease: StoredLease | undefined;
  /** By this process's own clock that measures; those of other machines are never looked at. */
  readonly freeAt: Milliseconds;
}

/**
 * What a candidate makes of what it reads at `elapsed`. The time of a holder counts from when its record was first seen, which
 * is after the holder sent it: so the holder's own time is over first. A Lease that vanished (a person deleted it) is waited for
 * as if it were there, because its holder does not know yet.
 */
export function sight(
  before: Sighting | undefined,
  lease: StoredLease | undefined,
  { identity, times }: Pick<LeaderElectionOptions, 'identity' | 'times'>,
  elapsed: Milliseconds,
): Sighting {
  if (lease === undefined) return { lease, freeAt: before?.freeAt ?? elapsed };
  if (before !== undefined && isUnchanged(before.lease, lease)) return { lease, freeAt: before.freeAt };
  const { holderIdentity, duration } = lease.record;
  const isFree = holderIdentity === '' || holderIdentity === identity;
  return { lease, freeAt: isFree ? elapsed : milliseconds(elapsed + (duration ?? times.leaseDuration)) };
}

/** A lease that was taken, and when the request that took it was about to be sent. */
export interface Taken {
  readonly lease: StoredLease;
  readonly asked: Moment;
}

export interface Candidacy {
  readonly options: LeaderElectionOptions;
  readonly teller: Teller;
  readonly sleep: (duration: Milliseconds, signal: AbortSignal) => Promise<void>;
  /** Told of each new holder. */
  readonly onSeen: (holder: string) => void;
  /** Told before the Lease is first written: from now on it may name this process. */
  readonly onAsk: () => void;
}

/** Looks at the lease again and again until it may be taken and is. Rejects with the reason of the signal only. */
export async function standForElection(candidacy: Candidacy, signal: AbortSignal): Promise<Taken> {
  const { options, teller } = candidacy;
  const { clock, times } = options;
  let seen: Sighting | undefined;
  for (;;) {
    try {
      const lease = await within(options, times.requestTimeout, (limit) => options.store.read(limit), signal);
      seen = sight(seen, lease, options, clock.elapsed());
      candidacy.onSeen(lease?.record.holderIdentity ?? '');
      const taken = seen.freeAt <= clock.elapsed() ? await take(candidacy, lease, signal) : undefined;
      teller.worked();
      if (taken !== undefined) return taken;
    } catch (error) {
      signal.throwIfAborted();
      // Another candidate was faster, or the holder is alive.
      if (!isConflict(error) && !isAlreadyExists(error)) teller.failed(error, 'take');
    }
    const wait = (seen?.freeAt ?? 0) - clock.elapsed();
    await candidacy.sleep(milliseconds(wait > 0 ? Math.min(wait, times.retryPeriod) : times.retryPeriod), signal);
  }
}

/** Writes the lease; gives nothing when the answer came so late that the time to lead is over. */
async function take(
  { options, onAsk }: Candidacy,
  before: StoredLease | undefined,
  signal: AbortSignal,
): Promise<Taken | undefined> {
  const { store, identity, times, clock } = options;
  const asked = momentOf(clock);
  const spec = heldBy(identity, times.leaseDuration, before, asked.now);
  const write = (limit: AbortSignal) =>
    before === undefined ? store.create(spec, limit) : store.update(before, spec, limit);
  onAsk();
  const lease = await within(options, times.requestTimeout, write, signal);
  return passedSince(asked, clock) < times.renewDeadline ? { lease, asked } : undefined;
}
