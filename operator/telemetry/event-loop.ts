import { type Clock, type Milliseconds, milliseconds, minutes, seconds } from '../clock.ts';
import type { HealthCheck } from './health.ts';

/** Watches how late timers are. prom-client's `nodejs_eventloop_lag_*` show the same; they say nothing of whose fault it is. */
export interface EventLoopMonitor extends Disposable {
  readonly check: HealthCheck;
  /** How late the last timer was, and the latest of the last minutes. */
  lag(): { last: Milliseconds; longest: Milliseconds };
}

export interface EventLoopOptions {
  clock: Clock;
  /** Processor time that the process has used so far. */
  cpuTime: () => Milliseconds;
}

const interval = seconds(1);
/** Probes, renewals of the lease and deadlines all suffer from a pause of this length. */
const longPause = seconds(5);
const mostPauses = 3;
const remembered = minutes(5);

interface Pause {
  readonly at: Milliseconds;
  readonly lag: Milliseconds;
  readonly ownWork: boolean;
}

/**
 * Starts to watch. Its check, for /livez, fails when the process held itself up for 5 s or more three times in 5 minutes: it
 * drowns in its own work, or in collecting garbage, which a restart ends. A pause in which the process used little processor time
 * was done to it: stopped, suspended with its machine, or starved by its neighbours. A restart heals none of these and needs
 * more processor time than going on, so they count for nothing, however often they come.
 */
export function watchEventLoop({ clock, cpuTime }: EventLoopOptions): EventLoopMonitor {
  const stopping = new AbortController();
  let last = milliseconds(0);
  let pauses: readonly Pause[] = [];
  const recent = () => pauses.filter(({ at }) => clock.elapsed() - at <= remembered);

  const measure = async () => {
    for (;;) {
      const [start, cpuBefore] = [clock.elapsed(), cpuTime()];
      await clock.sleep(interval, stopping.signal);
      const at = clock.elapsed();
      last = milliseconds(Math.max(0, at - start - interval));
      if (last < longPause) continue;
      pauses = [...recent(), { at, lag: last, ownWork: cpuTime() - cpuBefore > last / 2 }];
    }
  };
  // Rejects when it is stopped.
  measure().catch(() => undefined);

  return {
    check: {
      name: 'event-loop',
      problems: () => {
        const own = recent().filter(({ ownWork }) => ownWork);
        return own.length < mostPauses ? [] : [describe(own)];
      },
    },
    lag: () => ({ last, longest: milliseconds(Math.max(last, ...recent().map(({ lag }) => lag))) }),
    [Symbol.dispose]: () => stopping.abort(new Error('nobody watches any more')),
  };
}

function describe(pauses: readonly Pause[]): string {
  const longest = Math.max(...pauses.map(({ lag }) => lag));
  const [often, most, within] = [pauses.length, Math.round(longest / seconds(1)), remembered / minutes(1)];
  return `its own work held the process up ${often} times in ${within} minutes, for up to ${most} s: a restart ends what it drowns in`;
}

/** Of this process, in all its threads. */
export function processCpuTime(): Milliseconds {
  const { user, system } = process.cpuUsage();
  return milliseconds((user + system) / 1_000);
}
