import { type Milliseconds, minutes } from '../clock.ts';
import { type EventManifest, type EventReporter, eventManifest, type RecordedEvent } from './event-manifest.ts';

/** One event, as often as it happened. */
export interface EventSeries {
  readonly manifest: EventManifest;
  count: number;
  lastTime: Date;
  /** When it last happened, by `clock.elapsed`. */
  seenAt: Milliseconds;
  /** The count that the API server shows (0: it knows nothing of it), and when that was written, by `clock.elapsed`. */
  written: { count: number; at: Milliseconds };
}

/** client-go, `tools/events`: what comes again after a longer pause is news, and gets an Event of its own. */
const longestPause = minutes(6);
/** From the third time on, the count that the API server shows may lag behind so long; that saves a write each time. */
const countLag = minutes(1);
const mostSeries = 1_000;

/** The series under way. At most 1,000: when there are more, the one that was silent longest is forgotten. */
export interface OpenSeries {
  /** Finds the series that an event goes on with, or begins one. */
  join(event: RecordedEvent, time: Date, elapsed: Milliseconds): EventSeries;
}

export function createOpenSeries(reporter: EventReporter): OpenSeries {
  const open = new Map<string, EventSeries>();
  return {
    join: (event, time, elapsed) => {
      const key = identityOf(event);
      const series = continued(open.get(key), time, elapsed) ?? {
        manifest: eventManifest(event, reporter, time),
        count: 1,
        lastTime: time,
        seenAt: elapsed,
        written: { count: 0, at: elapsed },
      };
      // The map stays in the order of last occurrence.
      open.delete(key);
      open.set(key, series);
      const [longestSilent] = open.keys();
      if (open.size > mostSeries && longestSilent !== undefined) open.delete(longestSilent);
      return series;
    },
  };
}

function continued(series: EventSeries | undefined, time: Date, elapsed: Milliseconds): EventSeries | undefined {
  if (series === undefined || elapsed - series.seenAt > longestPause) return undefined;
  series.count += 1;
  series.lastTime = time;
  series.seenAt = elapsed;
  return series;
}

/** Whether the API server should hear of the series now: the first and the second time at once, then now and then. */
export function wantsWriting({ count, written }: EventSeries, elapsed: Milliseconds): boolean {
  return count > written.count && (written.count < 2 || elapsed - written.at >= countLag);
}

function identityOf({ regarding, related, type, reason, action, note }: RecordedEvent): string {
  return JSON.stringify([regarding.metadata.uid, related?.metadata.uid, type, reason, action, note]);
}
