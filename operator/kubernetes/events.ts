import { type Clock, type Random, seconds } from '../clock.ts';
import type { Logger } from '../telemetry/log.ts';
import { type BackOff, fullJitter } from './back-off.ts';
import type { Connection } from './connection.ts';
import { asKubernetesError, isAlreadyExists, type KubernetesErrorReason } from './errors.ts';
import { type EventManifest, type EventReporter, microTime, type RecordedEvent } from './event-manifest.ts';
import { createReminders } from './event-reminders.ts';
import { createOpenSeries, type EventSeries, wantsWriting } from './event-series.ts';
import { createFifo } from './fifo.ts';
import type { EventMetrics } from './metrics/events.ts';
import { startTimeLimit } from './time-limit.ts';

/** Tells people what happens to objects. */
export interface EventRecorder {
  /** Takes an event and returns at once; it is written soon, or lost if that fails. Never throws. */
  record(event: RecordedEvent): void;
  /**
   * Says that a state still stands that was recorded when it began: to be called on every pass. It is written about once an hour,
   * in the words of then, because the API server forgets an Event after an hour. Returns at once, and never throws.
   */
  remind(state: RecordedEvent): void;
  /** Takes nothing more, and writes what is waiting, for some seconds at most. */
  close(): Promise<void>;
}

export interface EventRecorderOptions {
  connection: Pick<Connection, 'request'>;
  reporter: EventReporter;
  log: Logger;
  clock: Clock;
  random: Random;
  metrics: EventMetrics;
}

const mostWaiting = 500;
const mostAttempts = 4;
const backOff: BackOff = { base: seconds(1), ceiling: seconds(10) };
const closeWithin = seconds(5);

/**
 * A recorder for events.k8s.io/v1. What happens again and again becomes one Event with a count. One write at a time, so that
 * a burst of events cannot crowd out the requests that matter.
 */
export function createEventRecorder(options: EventRecorderOptions): EventRecorder {
  const { clock, reporter, random, log, metrics } = options;
  const reminders = createReminders(random);
  const open = createOpenSeries(reporter);
  const waiting = createFifo<EventSeries>();
  const stopping = new AbortController();
  let closed = false;
  let writing: Promise<void> | undefined;

  const lose = ({ manifest }: EventSeries, error: unknown) => {
    metrics.lost();
    const { reason, note, regarding } = manifest;
    log.warn({ err: error, object: `${regarding.namespace}/${regarding.name}`, reason, note }, 'an event was lost');
  };
  const writeWaiting = async () => {
    for (let series = waiting.shift(); series !== undefined; series = waiting.shift()) {
      // What came while it was being written may have been written with it.
      if (series.count === series.written.count) continue;
      try {
        await writeInTime(options, series, stopping.signal);
        metrics.written();
      } catch (error) {
        lose(series, error);
      }
    }
    writing = undefined;
  };

  const tell = (event: RecordedEvent, as: 'Happening' | 'Reminder') => {
    reminders.told(event, clock.elapsed());
    const series = open.join(event, as, clock.now(), clock.elapsed());
    if (!wantsWriting(series, clock.elapsed())) return;
    if (closed) return lose(series, new Error('the recorder is closed'));
    if (waiting.size >= mostWaiting) return lose(series, new Error(`${mostWaiting} others are waiting`));
    waiting.push(series);
    writing ??= writeWaiting();
  };

  return {
    record: (event) => tell(event, 'Happening'),
    remind: (state) => {
      // Half of the room is for news. A reminder that finds none is not lost: the next pass brings it again.
      if (closed || waiting.size >= mostWaiting / 2) return;
      if (reminders.isDue(state, clock.elapsed())) tell(state, 'Reminder');
    },
    close: async () => {
      closed = true;
      using limit = startTimeLimit(clock, closeWithin);
      limit.signal.addEventListener('abort', () => stopping.abort(limit.signal.reason));
      await writing;
    },
  };
}

/** Writes a series, again if the failure is one that passes. @throws what the last attempt threw. */
async function writeInTime(options: EventRecorderOptions, series: EventSeries, signal: AbortSignal): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await write(options, series, signal);
    } catch (error) {
      const { reason, retryAfter } = asKubernetesError(error);
      // An Event lives for an hour in the API server by default; a series may go on for longer.
      if (reason === 'NotFound' && series.written.count > 0) series.written = { ...series.written, count: 0 };
      else if (!passes(reason)) throw error;
      if (signal.aborted || attempt === mostAttempts) throw error;
      await options.clock.sleep(retryAfter ?? fullJitter(backOff, attempt, options.random), signal);
    }
  }
}

async function write(options: EventRecorderOptions, series: EventSeries, signal: AbortSignal): Promise<void> {
  const { connection, clock } = options;
  const { manifest, count } = series;
  const counted = count === 1 ? {} : { series: { count, lastObservedTime: microTime(series.lastTime) } };
  const created = series.written.count === 0 && (await create(connection, { ...manifest, ...counted }, signal));
  if (!created && count > 1) {
    const path = `${pathOf(manifest)}/${manifest.metadata.name}`;
    const contentType = 'application/merge-patch+json';
    await connection.request('PATCH', path, { body: counted, contentType, signal });
  }
  series.written = { count, at: clock.elapsed() };
}

/** Gives false when it is there already: nobody else has this name, so an attempt created it whose answer was lost. */
async function create(connection: Pick<Connection, 'request'>, manifest: EventManifest, signal: AbortSignal) {
  try {
    await connection.request('POST', pathOf(manifest), { body: manifest, signal });
    return true;
  } catch (error) {
    if (isAlreadyExists(error)) return false;
    throw error;
  }
}

const pathOf = ({ metadata }: EventManifest): string =>
  `/apis/events.k8s.io/v1/namespaces/${metadata.namespace}/events`;

const passing: readonly KubernetesErrorReason[] = [
  'TooManyRequests',
  'ServerError',
  'Timeout',
  'ConnectionLost',
  'Unreachable',
];
const passes = (reason: KubernetesErrorReason): boolean => passing.includes(reason);
