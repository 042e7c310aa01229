import { hours, type Milliseconds, milliseconds, minutes } from '../clock.ts';
import { type EventManifest, type EventReporter, eventManifest, type RecordedEvent } from './event-manifest.ts';

/** One event, as often as it happened. */
export interface EventSeries {
  readonly manifest: EventManifest;
  /** When it began, by `clock.elapsed`. */
  readonly startedAt: Milliseconds;
  count: number;
  lastTime: Date;
  /** When it last happened, by `clock.elapsed`. */
  seenAt: Milliseconds;
  /** The count that the API server shows (0: it knows nothing of it), and when that was written, by `clock.elapsed`. */
  written: { count: number; at: Milliseconds };
}

/**
 * What comes again after a longer pause is news, and gets an Event of its own; the figure is client-go's, `tools/events`.
 * Reminders come once an hour.
 */
const longestPause = { Happening: minutes(6), Reminder: hours(2) } as const;
/**
 * From the third time on, the count that the API server shows may lag behind, the longer the longer the series lasts; that saves
 * a write each time. It is still written within the hour for which an Event lives.
 */
const countLag = { least: minutes(1), most: minutes(50) };
const mostSeries = 1_000;

/** The series under way. At most 1,000: when there are more, the one that was silent longest is forgotten. */
export interface OpenSeries {
  /** Finds the series that an event goes on with, or begins one. */
  join(event: RecordedEvent, as: 'Happening' | 'Reminder', time: Date, elapsed: Milliseconds): EventSeries;
}

export function createOpenSeries(reporter: EventReporter): OpenSeries {
  const open = new Map<string, EventSeries>();
  return {
    join: (event, as, time, elapsed) => {
      const key = identityOf(event);
      const known = open.get(key);
      const goesOn = known !== undefined && elapsed - known.seenAt <= longestPause[as];
      const series = goesOn
        ? continued(known, time, elapsed)
        : begun(eventManifest(event, reporter, time), time, elapsed);
      // The map stays in the order of last occurrence.
      open.delete(key);
      open.set(key, series);
      const [longestSilent] = open.keys();
      if (open.size > mostSeries && longestSilent !== undefined) open.delete(longestSilent);
      return series;
    },
  };
}

const begun = (manifest: EventManifest, lastTime: Date, elapsed: Milliseconds): EventSeries => ({
  manifest,
  startedAt: elapsed,
  count: 1,
  lastTime,
  seenAt: elapsed,
  written: { count: 0, at: elapsed },
});

function continued(series: EventSeries, time: Date, elapsed: Milliseconds): EventSeries {
  series.count += 1;
  series.lastTime = time;
  series.seenAt = elapsed;
  return series;
}

/** Whether the API server should hear of the series now: the first and the second time at once, then ever more seldom. */
export function wantsWriting({ startedAt, count, written }: EventSeries, elapsed: Milliseconds): boolean {
  const lag = milliseconds(Math.min(countLag.most, Math.max(countLag.least, written.at - startedAt)));
  return count > written.count && (written.count < 2 || elapsed - written.at >= lag);
}

function identityOf({ regarding, related, type, reason, action, note }: RecordedEvent): string {
  return JSON.stringify([regarding.metadata.uid, related?.metadata.uid, type, reason, action, note]);
}
