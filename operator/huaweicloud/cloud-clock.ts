import { type Clock, type Milliseconds, type Moment, milliseconds, momentOf } from '../clock.ts';

/** The time at one endpoint of the cloud, as well as it is known here. */
export interface CloudTime {
  readonly at: Date;
  /** How far off `at` can be, either way; undefined while this endpoint was never heard and `at` is a guess. */
  readonly bound: Milliseconds | undefined;
  /**
   * For how long this machine seems to have slept since it was heard: so much later it can be than `bound` says. The clock that measures
   * stands still meanwhile. Or somebody has set the clock on the wall forward, which looks the same.
   */
  readonly asleep: Milliseconds;
}

/** The earliest and the latest that it can be if this machine has not slept since; undefined while it is a guess. */
export function rangeOf({ at, bound }: CloudTime): { earliest: Date; latest: Date } | undefined {
  if (bound === undefined) return undefined;
  return { earliest: new Date(at.getTime() - bound), latest: new Date(at.getTime() + bound) };
}

/** Learns each endpoint's time from the Date headers of its answers, so that signatures hold on a machine whose clock is wrong. */
export interface CloudClock {
  /** The time at `origin` now. */
  now(origin: string): CloudTime;
  /** Takes an answer's Date header, with the moment before the request was sent and the `clock.elapsed()` after the answer came. */
  learn(origin: string, told: ToldTime, sent: Moment, received: Milliseconds): void;
}

export interface ToldTime {
  readonly date: string | undefined;
  /** Whether the cloud itself wrote the answer. The clock of a proxy on the way can make what is known a guess, and no more. */
  readonly isOfTheCloud: boolean;
}

interface Sample {
  /** Cloud time at `elapsed() === 0`, in milliseconds since 1970. */
  readonly zero: number;
  readonly bound: number;
  readonly taken: number;
  /** By how much the clock on the wall was ahead of the one that measures when the request was sent: a sleep after that is not in the answer. */
  readonly ahead: number;
}

/** How fast an unwatched clock may drift: generous for quartz (200 parts in a million). */
const drift = 0.0002;

/** Creates a clock that knows nothing yet. It runs on `clock.elapsed()`, so jumps of the wall clock do not move `at`. */
export function createCloudClock(clock: Clock): CloudClock {
  const samples = new Map<string, Sample>();
  /** What was heard last, from anywhere. */
  let guess: Sample | undefined;
  const boundOf = (sample: Sample, elapsed: number) => sample.bound + (elapsed - sample.taken) * drift;
  return {
    now(origin) {
      const own = samples.get(origin);
      // Another endpoint's time is the best guess for one that was never heard, but no more than a guess.
      const sample = own ?? guess;
      if (sample === undefined) return { at: clock.now(), bound: undefined, asleep: milliseconds(0) };
      const elapsed = clock.elapsed();
      const bound = own === undefined ? undefined : milliseconds(boundOf(own, elapsed));
      const asleep = milliseconds(Math.max(0, aheadOf(momentOf(clock)) - sample.ahead));
      return { at: new Date(sample.zero + elapsed), bound, asleep };
    },
    learn(origin, { date, isOfTheCloud }, sent, received) {
      const told = date === undefined ? Number.NaN : Date.parse(date);
      if (Number.isNaN(told)) return;
      const fresh = sampleOf(told, sent, received);
      const old = samples.get(origin);
      const agrees = old !== undefined && Math.abs(old.zero - fresh.zero) <= boundOf(old, received) + fresh.bound;
      if (agrees && !isOfTheCloud) return;
      // A worse sample is worth nothing, unless it contradicts the old one: then this machine slept, or a clock was set.
      const isAwake = old !== undefined && Math.abs(old.ahead - fresh.ahead) <= fresh.bound;
      if (agrees && isAwake && boundOf(old, received) <= fresh.bound) return;
      guess = fresh;
      if (isOfTheCloud) samples.set(origin, fresh);
      else samples.delete(origin);
    },
  };
}

/** The header has whole seconds, cut off, and was written at some moment between sending and receiving. */
function sampleOf(told: number, sent: Moment, received: number): Sample {
  const earliest = told - received;
  const latest = told + 1_000 - sent.elapsed;
  return { zero: (earliest + latest) / 2, bound: (latest - earliest) / 2, taken: received, ahead: aheadOf(sent) };
}

const aheadOf = ({ elapsed, now }: Moment): number => now.getTime() - elapsed;
