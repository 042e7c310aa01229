import { type Clock, type Milliseconds, milliseconds } from '../clock.ts';

/** The time at one endpoint of the cloud, as well as it is known here. */
export interface CloudTime {
  readonly at: Date;
  /** How far off `at` can be, either way; undefined while this endpoint was never heard and `at` is a guess. */
  readonly bound: Milliseconds | undefined;
}

/** The earliest and the latest that it can be; undefined while it is a guess. */
export function rangeOf({ at, bound }: CloudTime): { earliest: Date; latest: Date } | undefined {
  if (bound === undefined) return undefined;
  return { earliest: new Date(at.getTime() - bound), latest: new Date(at.getTime() + bound) };
}

/** Learns each endpoint's time from the Date headers of its answers, so that signatures hold on a machine whose clock is wrong. */
export interface CloudClock {
  /** The time at `origin` now. */
  now(origin: string): CloudTime;
  /** Takes an answer's Date header, with the `clock.elapsed()` before the request was sent and after the answer came. */
  learn(origin: string, told: ToldTime, sent: Milliseconds, received: Milliseconds): void;
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
}

/** How fast an unwatched clock may drift: generous for quartz (200 parts in a million). */
const drift = 0.0002;

/** Creates a clock that knows nothing yet. It runs on `clock.elapsed()`, so jumps of the wall clock do not move it. */
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
      if (sample === undefined) return { at: clock.now(), bound: undefined };
      const elapsed = clock.elapsed();
      const bound = own === undefined ? undefined : milliseconds(boundOf(own, elapsed));
      return { at: new Date(sample.zero + elapsed), bound };
    },
    learn(origin, { date, isOfTheCloud }, sent, received) {
      const told = date === undefined ? Number.NaN : Date.parse(date);
      if (Number.isNaN(told)) return;
      const fresh = sampleOf(told, sent, received);
      const old = samples.get(origin);
      const agrees = old !== undefined && Math.abs(old.zero - fresh.zero) <= boundOf(old, received) + fresh.bound;
      // A worse sample is worth nothing, unless it contradicts the old one: then this process slept, or theirs was set.
      if (agrees && (!isOfTheCloud || boundOf(old, received) <= fresh.bound)) return;
      guess = fresh;
      if (isOfTheCloud) samples.set(origin, fresh);
      else samples.delete(origin);
    },
  };
}

/** The header has whole seconds, cut off, and was written at some moment between sending and receiving. */
function sampleOf(told: number, sent: number, received: number): Sample {
  const earliest = told - received;
  const latest = told + 1_000 - sent;
  return { zero: (earliest + latest) / 2, bound: (latest - earliest) / 2, taken: received };
}
