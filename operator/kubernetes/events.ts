import { type Clock, type Random, seconds } from '../clock.ts';
import type { Logger } from '../telemetry/log.ts';
import { type BackOff, fullJitter } from './back-off.ts';
import type { Connection } from './connection.ts';
import { asKubernetesError, isAlreadyExists, type KubernetesErrorReason } from './errors.ts';
import { type EventManifest, type EventReporter, microTime, type RecordedEvent } from './event-manifest.ts';
import { createOpenSeries, type EventSeries, wantsWriting } from './event-series.ts';
import { createFifo } from './fifo.ts';
import type { EventMetrics } from './metrics/events.ts';
import { startTimeLimit } from './time-limit.ts';

/** Tells people what happens to objects. */
export interface EventRecorder {
  /** Takes an event and returns at once; it is written soon, or lost if that fails. Never throws. */
  record(event: RecordedEvent): void;
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
  const { clock, reporter, log, metrics } = options;
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
      try {
        await writeInTime(options, series, stopping.signal);
        metrics.written();
      } catch (error) {
        lose(series, error);
      }
    }
    writing = undefined;
  };

  return {
    record: (event) => {
      const series = open.join(event, clock.now(), clock.elapsed());
      if (!wantsWriting(series, clock.elapsed())) return;
      if (closed) return lose(series, new Error('the recorder is closed'));
      if (waiting.size >= mostWaiting) return lose(series, new Error(`${mostWaiting} others are waiting`));
      waiting.push(series);
      writing ??= writeWaiting();
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
  if (series.written.count === 0) {
    await create(connection, manifest, signal);
    series.written = { count: 1, at: clock.elapsed() };
  }
  if (count === 1) return;
  const body = { series: { count, lastObservedTime: microTime(series.lastTime) } };
  const contentType = 'application/merge-patch+json';
  const path = `${pathOf(manifest)}/${manifest.metadata.name}`;
  await connection.request('PATCH', path, { body, contentType, signal });
  series.written = { count, at: clock.elapsed() };
}

async function create(connection: Pick<Connection, 'request'>, manifest: EventManifest, signal: AbortSignal) {
  try {
    await connection.request('POST', pathOf(manifest), { body: manifest, signal });
  } catch (error) {
    // Nobody else has this name: it was created by an attempt whose answer was lost.
    if (!isAlreadyExists(error)) throw error;
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
