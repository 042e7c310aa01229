import { type Clock, type Milliseconds, milliseconds } from '../../operator/clock.ts';
import { timeoutBy } from '../virtual-clock.ts';
import type { Schedule } from './schedule.ts';

/** What a process waits for: reads make up most of it, and one order all the others matter for. */
export type Step = 'Read' | 'Write' | 'Order';

/** What a process runs on: its clocks, and what can be done to it from outside. */
export interface Host {
  readonly name: string;
  readonly clock: Clock;
  readonly isAlive: boolean;
  /** When it was killed, in true time. */
  readonly diedAt: number | undefined;
  readonly isPaused: boolean;
  /** For how many milliseconds of true time it has run since then, its pauses left out. */
  ranSince(time: number): number;
  /** To be called where it waits for something: here it may be held up. */
  step(step: Step): void;
  /** Does something inside of the process: at once, once it goes on, or never when it is dead by then. */
  run(action: () => void): void;
  /** Stops it in the middle of everything, as SIGSTOP does, or with its clock, as a suspended machine does. */
  pause(kind: 'Stopped' | 'Suspended'): void;
  resume(): void;
  /** As `kill -9`: nothing that it waits for ever comes. */
  kill(): void;
  /** To be done when the world is over. */
  atEnd(action: () => void): void;
  /**
   * The world is over. What waits in it would wait for ever, and Node keeps every composed signal that somebody listens to until
   * it aborts: half a megabyte a world.
   */
  end(): void;
}

interface HostOptions {
  /** How far its clock on the wall is off, in milliseconds. */
  skew: number;
  /** How fast its clocks go: 1 is right. */
  pace: number;
  /** True time 0 on the wall. */
  epoch: number;
  onStep?: (step: Step) => void;
}

export function createHost(schedule: Schedule, name: string, { skew, pace, epoch, onStep }: HostOptions): Host {
  let diedAt: number | undefined;
  let isAlive = true;
  let held: (() => void)[] | undefined;
  let frozenAt: number | undefined;
  /** True time that its clock missed. */
  let missed = 0;
  const endings: (() => void)[] = [];
  const pauses: { readonly from: number; until: number }[] = [];

  const elapsed = () => milliseconds(((frozenAt ?? schedule.now) - missed) * pace);
  const run = (action: () => void) => {
    if (!isAlive) return;
    if (held === undefined) action();
    else held.push(action);
  };
  const after = (duration: Milliseconds, action: () => void) => {
    const due = elapsed() + Math.max(0, duration);
    let cancel = () => {};
    const wait = () => {
      // As Node's timers: whole milliseconds, and one at least.
      cancel = schedule.after(Math.max(1, Math.ceil((due - elapsed()) / pace)), () => run(fire));
    };
    // A clock that stood still makes a timer come too early by the true time.
    const fire = () => (elapsed() < due ? wait() : action());
    wait();
    return () => cancel();
  };
  const sleep = (duration: Milliseconds, signal?: AbortSignal) =>
    new Promise<void>((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const abort = () => {
        cancel();
        reject(signal?.reason);
      };
      const cancel = after(duration, () => {
        signal?.removeEventListener('abort', abort);
        resolve();
      });
      signal?.addEventListener('abort', abort, { once: true });
    });

  const kill = () => {
    isAlive = false;
    diedAt ??= schedule.now;
    held = undefined;
  };

  return {
    name,
    clock: {
      now: () => new Date(Math.floor(epoch + schedule.now * pace + skew)),
      elapsed,
      sleep,
      after,
      timeout: timeoutBy(after),
    },
    get diedAt() {
      return diedAt;
    },
    get isAlive() {
      return isAlive;
    },
    get isPaused() {
      return held !== undefined;
    },
    ranSince: (time) =>
      pauses.reduce(
        (ran, { from, until }) => ran - Math.max(0, Math.min(until, schedule.now) - Math.max(from, time)),
        schedule.now - time,
      ),
    step: (step) => onStep?.(step),
    run,
    pause: (kind) => {
      if (held === undefined) pauses.push({ from: schedule.now, until: Number.POSITIVE_INFINITY });
      held ??= [];
      if (kind === 'Suspended') frozenAt ??= schedule.now;
    },
    resume: () => {
      for (const pause of pauses) pause.until = Math.min(pause.until, schedule.now);
      if (frozenAt !== undefined) missed += schedule.now - frozenAt;
      frozenAt = undefined;
      const waiting = held ?? [];
      held = undefined;
      for (const action of waiting) run(action);
    },
    kill,
    atEnd: (action) => void endings.push(action),
    end: () => {
      kill();
      for (const action of endings) action();
    },
  };
}
