import type { Clock, Milliseconds, Random } from '../clock.ts';
import type { Logger } from '../telemetry/log.ts';
import type { ResourceClient } from './client.ts';
import type { ReflectorMetrics } from './metrics/reflector.ts';
import type { KubernetesObject } from './objects.ts';
import { failuresOf, initialState, type ReflectorOutcome, type ReflectorState, transition } from './reflector-state.ts';
import { listPages, type Reflection, streamAll, watchFrom } from './reflector-steps.ts';
import type { WritableStore } from './store.ts';

export interface ReflectorOptions<T extends KubernetesObject> {
  client: Pick<ResourceClient<T>, 'list' | 'watch'>;
  store: WritableStore<T>;
  /** All namespaces when absent. */
  namespace?: string | undefined;
  labelSelector?: string | undefined;
  log: Logger;
  clock: Clock;
  random: Random;
  metrics: ReflectorMetrics;
}

export interface Reflector {
  /** Resolves when the store holds a complete list for the first time; rejects when stopped before that. */
  readonly synced: Promise<void>;
  hasSynced(): boolean;
  /** Resolves when the API server says for the first time that this may not be read. */
  readonly refused: Promise<void>;
  /** Whether that is what it said last. Then the namespace may be gone, and with it the rights in it. */
  isRefused(): boolean;
  /** Whether a list was complete since the last refusal. Until then the store may lack what came meanwhile. */
  isComplete(): boolean;
  /** When, by `clock.elapsed`, the API server last gave a sign of life: a page, an event or a bookmark. */
  lastActivity(): Milliseconds;
  /** What it is at, and how often in a row that failed: for people who look into the process. */
  state(): Pick<ReflectorState, 'phase'> & { failures: number };
  /** Ends it; resolves when nothing of it is under way any more. */
  stop(): Promise<void>;
}

/**
 * Keeps a store equal to what the API server holds: lists, then watches from there; after whatever goes wrong it goes on from
 * where it was, or lists again. Ends only by `stop`.
 */
export function startReflector<T extends KubernetesObject>(options: ReflectorOptions<T>): Reflector {
  const { namespace, labelSelector, clock } = options;
  const stopping = new AbortController();
  const reflection: Reflection<T> = {
    ...options,
    selection: { namespace, labelSelector },
    signal: stopping.signal,
    activeAt: clock.elapsed(),
    isRefused: false,
    state: initialState,
  };
  let hasSynced = false;
  let isComplete = false;
  const synced = Promise.withResolvers<void>();
  // Who does not wait for it must not be ended by its rejection.
  synced.promise.catch(() => undefined);
  const refused = Promise.withResolvers<void>();
  const ended = run(reflection, (outcome) => {
    if (outcome.type === 'Listed') {
      hasSynced = true;
      isComplete = true;
      synced.resolve();
    } else if (isForbidden(outcome)) {
      reflection.isRefused = true;
      isComplete = false;
      refused.resolve();
    }
  }).catch(synced.reject);

  return {
    synced: synced.promise,
    hasSynced: () => hasSynced,
    refused: refused.promise,
    isRefused: () => reflection.isRefused,
    isComplete: () => isComplete,
    lastActivity: () => reflection.activeAt,
    state: () => ({ phase: reflection.state.phase, failures: failuresOf(reflection.state) }),
    stop: async () => {
      stopping.abort(new Error('the reflector was stopped'));
      await ended;
    },
  };
}

/** Rejects with the reason of the signal; nothing else ends it. */
async function run<T extends KubernetesObject>(
  reflection: Reflection<T>,
  onOutcome: (outcome: ReflectorOutcome) => void,
): Promise<never> {
  for (;;) {
    for await (const outcome of perform(reflection, reflection.state)) {
      reflection.signal.throwIfAborted();
      report(reflection, outcome);
      onOutcome(outcome);
      reflection.state = transition(reflection.state, outcome, reflection.random);
    }
  }
}

const isForbidden = (outcome: ReflectorOutcome): boolean => 'error' in outcome && outcome.error.reason === 'Forbidden';

/** Does what a state asks for. All give one outcome, but for a stream, which is a list first and then a watch. */
async function* perform<T extends KubernetesObject>(
  reflection: Reflection<T>,
  state: ReflectorState,
): AsyncGenerator<ReflectorOutcome> {
  switch (state.phase) {
    case 'Listing':
      if (state.method === 'Stream') yield* streamAll(reflection);
      else yield await listPages(reflection);
      return;
    case 'Watching':
      yield await watchFrom(reflection, state.resourceVersion);
      return;
    case 'BackingOff':
      await reflection.clock.sleep(state.delay, reflection.signal);
      yield { type: 'Rested' };
  }
}

function report<T extends KubernetesObject>({ log, metrics, store }: Reflection<T>, outcome: ReflectorOutcome): void {
  switch (outcome.type) {
    case 'Listed':
      metrics.listed();
      log.info({ objects: store.size, resourceVersion: outcome.resourceVersion }, 'listed');
      return;
    case 'ListFailed':
    case 'WatchFailed':
      metrics.failed(outcome.error.reason);
      log.warn(
        { reason: outcome.error.reason, err: outcome.error },
        outcome.type === 'ListFailed' ? 'a list failed' : 'a watch failed',
      );
      return;
    case 'StreamRefused':
      log.info({ err: outcome.error }, 'the server does not stream lists: listing in pages from now on');
      return;
    case 'WatchEnded':
    case 'Rested':
      return;
  }
}
