import { type Clock, type Milliseconds, milliseconds, type Random, seconds } from '../clock.ts';
import type { Logger } from '../telemetry/log.ts';
import type { Page, ResourceClient, Selection } from './client.ts';
import { asKubernetesError, KubernetesError } from './errors.ts';
import type { ReflectorMetrics } from './metrics/reflector.ts';
import type { KubernetesObject } from './objects.ts';
import type { ReflectorOutcome, ReflectorState } from './reflector-state.ts';
import { compareResourceVersions } from './resource-version.ts';
import type { WritableStore } from './store.ts';
import type { Unreadable, WatchEvent } from './watch-event.ts';

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
const longestSilence = seconds(150);

/** Lists everything in pages and puts it into the store at once. Never throws. */
export async function listAll<T extends KubernetesObject>(reflection: Reflection<T>): Promise<ReflectorOutcome> {
  try {
    const replaceAll = reflection.store.beginReplace();
    const { items, unreadable, resourceVersion } = await listPages(reflection);
    for (const one of unreadable) reportUnreadable(reflection, one);
    replaceAll(items, new Set(unreadable.flatMap(({ key }) => key ?? [])));
    return { type: 'Listed', resourceVersion };
  } catch (error) {
    return { type: 'ListFailed', error: asKubernetesError(error) };
  }
}

async function listPages<T extends KubernetesObject>(reflection: Reflection<T>): Promise<Page<T>> {
  const { client, selection, signal } = reflection;
  const options = { ...selection, limit: pageSize, signal };
  const items: T[] = [];
  const unreadable: Unreadable[] = [];
  let page = await client.list(options);
  for (;;) {
    reflection.activeAt = reflection.clock.elapsed();
    items.push(...page.items);
    unreadable.push(...page.unreadable);
    if (page.continue === undefined) return { items, unreadable, resourceVersion: page.resourceVersion };
    page = await client.list({ ...options, continue: page.continue });
  }
}

/** Takes changes after `resourceVersion` into the store until the watch ends, one way or another. Never throws. */
export async function watchFrom<T extends KubernetesObject>(
  reflection: Reflection<T>,
  from: string,
): Promise<ReflectorOutcome> {
  const { client, selection, clock, random } = reflection;
  const started = clock.elapsed();
  const timeout = milliseconds(watchTimeout.least + random() * (watchTimeout.most - watchTimeout.least));
  const guard = startGuard(reflection, milliseconds(started + timeout + watchTimeoutMargin));
  let resourceVersion = from;
  const lived = () => milliseconds(clock.elapsed() - started);
  try {
    reflection.metrics.watchStarted();
    for await (const event of client.watch({ ...selection, resourceVersion, timeout, signal: guard.signal })) {
      reflection.activeAt = clock.elapsed();
      resourceVersion = takeIn(reflection, event, resourceVersion);
    }
    return { type: 'WatchEnded', resourceVersion, progressed: resourceVersion !== from, lived: lived() };
  } catch (error) {
    return { type: 'WatchFailed', resourceVersion, lived: lived(), error: asKubernetesError(error) };
  } finally {
    guard.end();
  }
}

/** Applies one event; gives the version to go on from. @throws KubernetesError `Gone` when versions went back. */
function takeIn<T extends KubernetesObject>(reflection: Reflection<T>, event: WatchEvent<T>, reached: string): string {
  const resourceVersion = event.resourceVersion ?? reached;
  if ((compareResourceVersions(resourceVersion, reached) ?? 0) < 0) {
    // Only a restored backup does this. Everything after it was undone, which no event will ever tell.
    throw new KubernetesError('Gone', `the watch went back from version ${reached} to ${resourceVersion}`);
  }
  switch (event.type) {
    case 'Added':
    case 'Modified':
    case 'Deleted':
      reflection.store.apply(event.type, event.object);
      break;
    case 'Bookmark':
      break;
    case 'Unreadable':
      reportUnreadable(reflection, event.unreadable);
      break;
  }
  return resourceVersion;
}

function reportUnreadable<T extends KubernetesObject>({ log, metrics }: Reflection<T>, { key, problem }: Unreadable) {
  metrics.unreadable();
  log.error({ object: key, problem }, 'an object could not be decoded; the cache keeps what it knew of it');
}

/** Ends a watch that went silent, or that outlived its `end`. */
function startGuard<T extends KubernetesObject>(reflection: Reflection<T>, end: Milliseconds) {
  const { clock, signal } = reflection;
  const watch = new AbortController();
  const guard = new AbortController();
  // A watch may take its time to begin: the silence counts from now on.
  const opened = clock.elapsed();
  const keepGuard = async () => {
    for (;;) {
      const silent = Math.max(opened, reflection.activeAt) + longestSilence;
      const left = milliseconds(Math.min(end, silent) - clock.elapsed());
      if (left <= 0) return watch.abort(new KubernetesError('Timeout', 'the watch went silent'));
      await clock.sleep(left, guard.signal);
    }
  };
  // Rejects when the guard ends.
  keepGuard().catch(() => undefined);
  return { signal: AbortSignal.any([watch.signal, signal]), end: () => guard.abort() };
}
