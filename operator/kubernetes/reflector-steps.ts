import { type Clock, type Milliseconds, milliseconds, type Random, seconds } from '../clock.ts';
import type { Logger } from '../telemetry/log.ts';
import type { Page, ResourceClient, Selection, WatchStart } from './client.ts';
import { asKubernetesError, KubernetesError, type KubernetesErrorReason } from './errors.ts';
import type { ReflectorMetrics } from './metrics/reflector.ts';
import { type KubernetesObject, keyOf, type ObjectKey } from './objects.ts';
import type { ReflectorOutcome, ReflectorState } from './reflector-state.ts';
import { compareResourceVersions } from './resource-version.ts';
import type { WritableStore } from './store.ts';
import type { WatchEvent } from './watch-event.ts';

/** What the steps of a reflector work with. */
export interface Reflection<T extends KubernetesObject> {
  client: Pick<ResourceClient<T>, 'list' | 'watch'>;
  store: WritableStore<T>;
  selection: Selection;
  log: Logger;
  clock: Clock;
  random: Random;
  metrics: ReflectorMetrics;
  /** Aborts when the reflector is stopped. */
  signal: AbortSignal;
  /** When the API server last gave a sign of life, by `clock.elapsed`. */
  activeAt: Milliseconds;
  /** Whether the API server has said `Forbidden` since. */
  isRefused: boolean;
  state: ReflectorState;
}

/** client-go's page size. Decoding so many objects takes some 10 ms, between which everything else gets its turn. */
const pageSize = 500;
/** The API server ends a watch after a time in this range, so that watches spread over servers again. */
const watchTimeout = { least: seconds(300), most: seconds(600) };
/** A server that does not end a watch when it should has lost it. */
const watchTimeoutMargin = seconds(30);
/**
 * The API server sends a bookmark about once a minute (`defaultBookmarkFrequency` of its cacher), though it does not promise
 * to. After more silence the connection is likely half open; to watch on from where it was costs one request.
 */
export const longestSilence = seconds(150);
/** While it streams a list the server has something to say all the time; until the first of it, client-go's page time-out. */
const longestSilenceInList = seconds(60);

/** Lists everything in pages and puts it into the store at once. Never throws. */
export async function listPages<T extends KubernetesObject>(reflection: Reflection<T>): Promise<ReflectorOutcome> {
  try {
    const replaceAll = reflection.store.beginReplace();
    const { items, resourceVersion } = await fetchPages(reflection);
    for (const item of items) reportIfUndecoded(reflection, item);
    replaceAll(items);
    return { type: 'Listed', resourceVersion };
  } catch (error) {
    return { type: 'ListFailed', error: asKubernetesError(error) };
  }
}

async function fetchPages<T extends KubernetesObject>(reflection: Reflection<T>): Promise<Page<T>> {
  const { client, selection, signal } = reflection;
  const options = { ...selection, limit: pageSize, signal };
  const items: T[] = [];
  let page = await client.list(options);
  for (;;) {
    noteActivity(reflection);
    items.push(...page.items);
    if (page.continue === undefined) return { items, resourceVersion: page.resourceVersion };
    page = await client.list({ ...options, continue: page.continue });
  }
}

/**
 * Takes everything that exists from a stream and puts it into the store at once; then the same stream is the watch. Gives
 * what came of the one and of the other. Never throws.
 */
export async function* streamAll<T extends KubernetesObject>(
  reflection: Reflection<T>,
): AsyncGenerator<ReflectorOutcome> {
  using watch = openWatch(reflection, 'Everything');
  let resourceVersion: string | undefined;
  try {
    resourceVersion = await takeList(reflection, watch);
    yield { type: 'Listed', resourceVersion };
  } catch (error) {
    const failure = asKubernetesError(error);
    yield { type: refusals.includes(failure.reason) ? 'StreamRefused' : 'ListFailed', error: failure };
    return;
  }
  yield await follow(reflection, watch, resourceVersion);
}

/** How a server that does not know how to stream says so; what it says of anything else it will say of pages, too. */
const refusals: readonly KubernetesErrorReason[] = ['Invalid', 'BadRequest'];

/** Takes the beginning of a stream, up to its end mark; gives the version that it got to. */
async function takeList<T extends KubernetesObject>(reflection: Reflection<T>, watch: OpenWatch<T>): Promise<string> {
  const replaceAll = reflection.store.beginReplace();
  const items = new Map<ObjectKey, T>();
  for (let next = await watch.next(); next !== undefined; next = await watch.next()) {
    switch (next.type) {
      case 'Opened':
        break;
      case 'Added':
      case 'Modified':
        reportIfUndecoded(reflection, next.object);
        items.set(keyOf(next.object), next.object);
        break;
      case 'Deleted':
        items.delete(keyOf(next.object));
        break;
      case 'Bookmark':
        // A server that knows streams sends none before the mark; one that does not ignores what was asked for.
        if (!next.listed) throw new KubernetesError('Invalid', 'the server watches, but does not stream a list');
        watch.silentFor = longestSilence;
        replaceAll([...items.values()]);
        return next.resourceVersion;
    }
  }
  throw new KubernetesError('ConnectionLost', 'the stream ended before the list was complete');
}

/** Takes changes after `resourceVersion` into the store until the watch ends, one way or another. Never throws. */
export async function watchFrom<T extends KubernetesObject>(
  reflection: Reflection<T>,
  resourceVersion: string,
): Promise<ReflectorOutcome> {
  using watch = openWatch(reflection, { version: resourceVersion });
  return await follow(reflection, watch, resourceVersion);
}

async function follow<T extends KubernetesObject>(
  reflection: Reflection<T>,
  watch: OpenWatch<T>,
  from: string,
): Promise<ReflectorOutcome> {
  const started = reflection.clock.elapsed();
  const lived = () => milliseconds(reflection.clock.elapsed() - started);
  let resourceVersion = from;
  try {
    for (let event = await watch.next(); event !== undefined; event = await watch.next()) {
      resourceVersion = takeIn(reflection, event, resourceVersion);
    }
    return { type: 'WatchEnded', resourceVersion, progressed: resourceVersion !== from, lived: lived() };
  } catch (error) {
    return { type: 'WatchFailed', resourceVersion, lived: lived(), error: asKubernetesError(error) };
  }
}

/** Applies one event; gives the version to go on from. @throws KubernetesError `Gone` when versions went back. */
function takeIn<T extends KubernetesObject>(reflection: Reflection<T>, event: WatchEvent<T>, reached: string): string {
  if (event.type === 'Opened') return reached;
  const { resourceVersion } = event;
  if ((compareResourceVersions(resourceVersion, reached) ?? 0) < 0) {
    // Only a restored backup does this. Everything after it was undone, which no event will ever tell.
    throw new KubernetesError('Gone', `the watch went back from version ${reached} to ${resourceVersion}`);
  }
  switch (event.type) {
    case 'Added':
    case 'Modified':
    case 'Deleted':
      reportIfUndecoded(reflection, event.object);
      reflection.store.apply(event.type, event.object);
      break;
    case 'Bookmark':
      break;
  }
  return resourceVersion;
}

function noteActivity<T extends KubernetesObject>(reflection: Reflection<T>): void {
  reflection.activeAt = reflection.clock.elapsed();
  reflection.isRefused = false;
}

function reportIfUndecoded<T extends KubernetesObject>({ log, metrics }: Reflection<T>, object: T): void {
  if (object.undecoded === undefined) return;
  metrics.unreadable();
  log.error({ object: keyOf(object), problem: object.undecoded }, 'an object could not be decoded');
}

/** A watch under way: its events, one after the other, until it is disposed of, falls silent or outlives its time. */
interface OpenWatch<T> extends Disposable {
  /** The next event; undefined when the server ended the watch. */
  next(): Promise<WatchEvent<T> | undefined>;
  /** How long it may say nothing. */
  silentFor: Milliseconds;
}

function openWatch<T extends KubernetesObject>(reflection: Reflection<T>, from: WatchStart): OpenWatch<T> {
  const { client, selection, clock, random, metrics } = reflection;
  const timeout = milliseconds(watchTimeout.least + random() * (watchTimeout.most - watchTimeout.least));
  const end = milliseconds(clock.elapsed() + timeout + watchTimeoutMargin);
  const guard = startGuard(reflection, end, from === 'Everything' ? longestSilenceInList : longestSilence);
  metrics.watchStarted();
  const events = client.watch({ ...selection, from, timeout, signal: guard.signal })[Symbol.asyncIterator]();
  return {
    next: async () => {
      const { done, value } = await events.next();
      noteActivity(reflection);
      return done ? undefined : value;
    },
    set silentFor(silence: Milliseconds) {
      guard.silentFor = silence;
    },
    get silentFor() {
      return guard.silentFor;
    },
    [Symbol.dispose]: () => guard.end(),
  };
}

/** Ends a watch that went silent, or that outlived its `end`. */
function startGuard<T extends KubernetesObject>(reflection: Reflection<T>, end: Milliseconds, silentFor: Milliseconds) {
  const { clock, signal } = reflection;
  const watch = new AbortController();
  const ended = new AbortController();
  // A watch may take its time to begin: the silence counts from now on.
  const opened = clock.elapsed();
  const guard = {
    silentFor,
    signal: AbortSignal.any([watch.signal, signal]),
    end: () => {
      ended.abort();
      // A stream that is given up halfway must not stay open.
      watch.abort(new Error('the watch is over'));
    },
  };
  const keepGuard = async () => {
    for (;;) {
      const silent = Math.max(opened, reflection.activeAt) + guard.silentFor;
      const left = milliseconds(Math.min(end, silent) - clock.elapsed());
      if (left <= 0) return watch.abort(new KubernetesError('Timeout', 'the watch went silent'));
      await clock.sleep(left, ended.signal);
    }
  };
  // Rejects when the guard ends.
  keepGuard().catch(() => undefined);
  return guard;
}
