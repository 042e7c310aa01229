import { type Milliseconds, milliseconds, minutes, momentOf } from '../../clock.ts';
import { isConflict } from '../errors.ts';
import { standForElection } from './candidacy.ts';
import { released } from './lease.ts';
import { passedSince } from './moment.ts';
import { createTeller, type LeaderElectionOptions, within } from './options.ts';
import { keepLease } from './renewal.ts';
import { createTenure, type Role } from './tenure.ts';

export type { LeaderElectionOptions, LeaseTimes } from './options.ts';
export { LeaseLostError } from './tenure.ts';

/** The part of one process in an election. */
export interface LeaderElection {
  readonly identity: string;
  /** Stands by until this process leads, which it does at most once; rejects with the reason of the signal. */
  campaign(signal: AbortSignal): Promise<void>;
  /** Worked out when asked: false as soon as another process could lead. */
  isLeader(): boolean;
  /** Until another process may lead, worked out when asked; 0 when this one does not. */
  timeLeft(): Milliseconds;
  /** Aborts with a LeaseLostError in the moment in which the lease is lost, or could be. */
  readonly lost: AbortSignal;
  /** For people who look into the process. */
  state(): LeaderElectionState;
  /** Why the process had better be restarted; none when all is well. */
  problems(): string[];
  /** Gives the lease back, so that the next one leads at once; to be called when nothing goes on that needs it. Never rejects. */
  release(): Promise<void>;
}

export interface LeaderElectionState {
  identity: string;
  /** Who was last seen to hold the lease; '' when nobody, undefined when that is not known. */
  holder: string | undefined;
  leading: boolean;
  timeLeft: Milliseconds;
  lastRenewal: string | undefined;
  /** How much later than asked the election was last woken. */
  lateness: Milliseconds;
  /** What keeps this process from taking or renewing the lease, such as a missing right. */
  problem: string | undefined;
}

/** How long a process that lost may take to end by itself. */
const endsWithin = minutes(3);

/**
 * Elects one of several processes by a Lease, as client-go's `leaderelection` does: a candidate takes a lease whose record it saw
 * unchanged for the record's own duration by its own clock, and the leader counts from before it sent its last renewal. Clocks
 * of two machines are never compared. Unlike there, the leader's answers are worked out when asked, by two clocks.
 */
export function createLeaderElection(options: LeaderElectionOptions): LeaderElection {
  const { name, identity, clock, log } = options;
  const tenure = createTenure(options);
  const teller = createTeller(options);
  const ending = new AbortController();
  let holder: string | undefined;
  let lateness = milliseconds(0);
  let wrote = false;
  let keeping = Promise.resolve();

  const sleep = async (duration: Milliseconds, signal: AbortSignal) => {
    const began = momentOf(clock);
    await clock.sleep(duration, signal);
    lateness = milliseconds(Math.max(0, passedSince(began, clock) - duration));
    if (lateness > options.times.retryPeriod) {
      log.warn({ lease: name, seconds: lateness / 1_000 }, 'woken late: the process was held up, or a clock was set');
    }
  };
  const onSeen = (seen: string) => {
    if (seen === holder) return;
    holder = seen;
    if (seen !== '' && seen !== identity) log.info({ lease: name, holder, identity }, 'standing by: another one leads');
  };

  return {
    identity,
    lost: tenure.lost,
    isLeader: tenure.isLeader,
    timeLeft: tenure.timeLeft,
    campaign: async (signal) => {
      const onAsk = () => {
        wrote = true;
      };
      const { lease, asked } = await standForElection({ options, teller, sleep, onSeen, onAsk }, signal);
      tenure.begin(lease, asked);
      if (!tenure.isLeader()) throw signal.reason ?? new Error('the election has ended');
      holder = identity;
      log.info({ lease: name, identity, transitions: lease.record.leaseTransitions }, 'leading');
      keeping = keepLease({ options, teller, tenure, sleep }, ending.signal);
    },
    state: () => {
      const { role } = tenure;
      const lastRenewal = 'renewed' in role ? role.renewed.now.toISOString() : undefined;
      const leading = tenure.isLeader();
      return {
        identity,
        holder,
        leading,
        timeLeft: tenure.timeLeft(),
        lastRenewal,
        lateness,
        problem: teller.problem(),
      };
    },
    problems: () => problemsOf(tenure.role, options),
    release: async () => {
      ending.abort(new Error('the election ends'));
      await keeping;
      tenure.end();
      if (wrote) await giveBack(options);
    },
  };
}

/** Judges what is settled, not what the clock says now: a loop that hangs is what the probe is for. */
function problemsOf(role: Role, { clock, times }: LeaderElectionOptions): string[] {
  if (role.kind !== 'Leading' && role.kind !== 'Lost') return [];
  const over = passedSince(role.renewed, clock) - times.leaseDuration;
  if (over < (role.kind === 'Leading' ? 0 : endsWithin)) return [];
  return [`the lease is over since ${Math.floor(over / 1_000)} s, and the process still runs`];
}

async function giveBack(options: LeaderElectionOptions): Promise<void> {
  const { times, log, name, identity } = options;
  try {
    await within(options, times.requestTimeout, (limit) => writeReleased(options, limit));
  } catch (error) {
    log.warn(
      { err: error, lease: name, identity },
      'the lease was not given back: the next one waits until it is over',
    );
  }
}

/** The version at hand may be old: a request whose answer was lost can have made a newer one. */
async function writeReleased(options: LeaderElectionOptions, signal: AbortSignal): Promise<void> {
  const { store, clock, log, name, identity } = options;
  for (;;) {
    const lease = await store.read(signal);
    if (lease?.record.holderIdentity !== identity) return;
    try {
      await store.update(lease, released(lease, clock.now()), signal);
      return log.info({ lease: name, identity }, 'gave the lease back');
    } catch (error) {
      if (!isConflict(error)) throw error;
    }
  }
}

/** For one process alone, on a developer's machine: it always leads, and nothing is written. */
export function leadAlone(identity: string): LeaderElection {
  const timeLeft = () => milliseconds(Number.POSITIVE_INFINITY);
  return {
    identity,
    campaign: async () => undefined,
    isLeader: () => true,
    timeLeft,
    lost: new AbortController().signal,
    state: () => ({
      identity,
      holder: undefined,
      leading: true,
      timeLeft: timeLeft(),
      lastRenewal: undefined,
      lateness: milliseconds(0),
      problem: undefined,
    }),
    problems: () => [],
    release: async () => undefined,
  };
}
