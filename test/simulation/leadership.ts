import { type Milliseconds, type Moment, milliseconds, momentOf, seconds } from '../../operator/clock.ts';
import { type LeaderElection, LeaseLostError } from '../../operator/kubernetes/leader-election/leader-election.ts';
import { passedSince } from '../../operator/kubernetes/leader-election/moment.ts';
import type { Host } from './host.ts';
import type { Schedule } from './schedule.ts';

/** What a process asks about its lease. */
type Membership = Pick<LeaderElection, 'isLeader' | 'timeLeft' | 'lost'> & {
  /** Calls back when it comes to lead. */
  whenLeading(action: () => void): void;
};

/**
 * One lease, as `kubernetes/leader-election` keeps it (that has a test of its own): held by one process at a time, renewed while
 * that runs, given to another when it was silent for the lease's time, by which the first knows that it is over.
 */
export interface Leadership {
  /** @param isCutOff whether its renewals get through now. */
  join(host: Host, isCutOff: () => boolean): Membership;
  /** From now on everybody leads: what nobody should ever see, and what must not order twice all the same. */
  breakApart(): void;
  /** Who holds the lease now, by true time. */
  readonly holder: string | undefined;
}

const leaseDuration = seconds(30);
const renewPeriod = seconds(4);

interface Member {
  readonly host: Host;
  readonly isCutOff: () => boolean;
  readonly lost: AbortController;
  renewed: Moment | undefined;
  onLeading: (() => void) | undefined;
}

export function createLeadership(schedule: Schedule): Leadership {
  let members: Member[] = [];
  let holder: { member: Member; renewedAt: number } | undefined;
  let isBroken = false;

  const timeLeft = ({ renewed, host }: Member): Milliseconds => {
    if (renewed === undefined) return milliseconds(0);
    if (isBroken) return milliseconds(Number.POSITIVE_INFINITY);
    return milliseconds(Math.max(0, leaseDuration - passedSince(renewed, host.clock)));
  };
  const lead = (member: Member) => {
    member.renewed = momentOf(member.host.clock);
    const { onLeading } = member;
    member.onLeading = undefined;
    if (onLeading === undefined) return;
    schedule.tell(member.host.name, () => 'leads');
    member.host.run(onLeading);
  };
  const lose = (member: Member) => {
    if (member.renewed === undefined || timeLeft(member) > 0 || member.lost.signal.aborted) return;
    schedule.tell(member.host.name, () => 'has lost the lease');
    member.lost.abort(new LeaseLostError('the lease is over'));
  };
  const runs = ({ host, lost, isCutOff }: Member) =>
    host.isAlive && !host.isPaused && !isCutOff() && !lost.signal.aborted;

  const hold = (member: Member) => {
    holder = { member, renewedAt: schedule.now };
    lead(member);
  };
  /** A candidate sees a lease that is not renewed only a while after the holder has last sent a renewal. */
  const elect = () => {
    const isFree = holder === undefined || schedule.now - holder.renewedAt > leaseDuration + renewPeriod;
    const candidate = members.find((member) => runs(member) && member.onLeading !== undefined);
    if (isFree && candidate !== undefined) hold(candidate);
  };
  const renew = () => {
    members = members.filter(({ host }) => host.isAlive);
    for (const member of members) if (!member.host.isPaused) lose(member);
    if (holder !== undefined && runs(holder.member)) hold(holder.member);
    elect();
    if (isBroken) for (const member of members.filter(runs)) lead(member);
    schedule.after(renewPeriod, renew);
  };
  schedule.after(1, renew);

  return {
    join: (host, isCutOff) => {
      const member: Member = { host, isCutOff, lost: new AbortController(), renewed: undefined, onLeading: undefined };
      members.push(member);
      host.atEnd(() => member.lost.abort(new LeaseLostError('the world is over')));
      return {
        lost: member.lost.signal,
        isLeader: () => {
          lose(member);
          return timeLeft(member) > 0 && !member.lost.signal.aborted;
        },
        timeLeft: () => timeLeft(member),
        whenLeading: (action) => {
          member.onLeading = action;
        },
      };
    },
    breakApart: () => {
      isBroken = true;
    },
    get holder() {
      return isBroken ? undefined : holder?.member.host.name;
    },
  };
}
