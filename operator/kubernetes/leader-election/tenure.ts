import { type Milliseconds, type Moment, milliseconds } from '../../clock.ts';
import type { StoredLease } from './lease.ts';
import { passedSince } from './moment.ts';
import type { LeaderElectionOptions } from './options.ts';

/** The lease was lost, or could be: whatever only a leader may do must not go on. */
export class LeaseLostError extends Error {
  override readonly name = 'LeaseLostError';
}

/** What a process is in an election. A leader that lost stays so: it ends, and another process stands for election. */
export type Role =
  | { readonly kind: 'Standby' }
  | { readonly kind: 'Leading'; readonly lease: StoredLease; readonly renewed: Moment }
  | { readonly kind: 'Lost'; readonly renewed: Moment; readonly reason: LeaseLostError }
  | { readonly kind: 'Ended' };

/**
 * The time in office. Whoever asks gets the answer of this very moment: what was held up (a stopped process, a machine that
 * slept, a busy event loop) steps down before anything that asks goes on, whichever comes first.
 */
export interface Tenure {
  /** As last settled, without looking at the clock. */
  readonly role: Role;
  /** Aborts with a LeaseLostError in the moment in which the lease is lost, or could be. */
  readonly lost: AbortSignal;
  isLeader(): boolean;
  /** Until another process may take the lease; 0 when this one does not lead. */
  timeLeft(): Milliseconds;
  /** Until this process gives up. */
  untilDeadline(): Milliseconds;
  begin(lease: StoredLease, asked: Moment): void;
  /** A renewal that was sent at `asked` succeeded. */
  renew(lease: StoredLease, asked: Moment): void;
  /** The lease has a newer version, which still names this process; its time goes on as before. */
  refresh(lease: StoredLease): void;
  lose(why: string): void;
  end(): void;
}

export function createTenure({ name, identity, times, clock, log, metrics }: LeaderElectionOptions): Tenure {
  let role: Role = { kind: 'Standby' };
  const losing = new AbortController();

  const lose = (why: string) => {
    if (role.kind !== 'Leading') return;
    const reason = new LeaseLostError(`this process leads no longer: ${why}`);
    role = { kind: 'Lost', renewed: role.renewed, reason };
    metrics.leading(false);
    log.error({ lease: name, identity, reason: why }, 'the lease is lost: ending this process');
    losing.abort(reason);
  };
  /** The one place that decides whether this process still leads. */
  const current = (): Extract<Role, { kind: 'Leading' }> | undefined => {
    if (role.kind !== 'Leading') return undefined;
    const silent = passedSince(role.renewed, clock);
    if (silent < times.renewDeadline) return role;
    lose(`the lease was not renewed for ${Math.floor(silent / 1_000)} s`);
    return undefined;
  };
  const remaining = (of: Milliseconds): Milliseconds => {
    const leading = current();
    return milliseconds(leading === undefined ? 0 : Math.max(0, of - passedSince(leading.renewed, clock)));
  };

  return {
    get role() {
      return role;
    },
    lost: losing.signal,
    isLeader: () => current() !== undefined,
    timeLeft: () => remaining(times.leaseDuration),
    untilDeadline: () => remaining(times.renewDeadline),
    begin: (lease, renewed) => {
      // It was told to end while the lease was on its way: `release` has seen it, or it runs out.
      if (role.kind !== 'Standby') return;
      role = { kind: 'Leading', lease, renewed };
      metrics.leading(true);
    },
    renew: (lease, renewed) => {
      if (current() !== undefined) role = { kind: 'Leading', lease, renewed };
    },
    refresh: (lease) => {
      const leading = current();
      if (leading !== undefined) role = { ...leading, lease };
    },
    lose,
    end: () => {
      role = { kind: 'Ended' };
      metrics.leading(false);
    },
  };
}
