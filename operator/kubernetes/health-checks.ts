import { type Clock, type Milliseconds, milliseconds, minutes, seconds } from '../clock.ts';
import type { HealthCheck } from '../telemetry/health.ts';
import { streamOpensWithin } from './connection.ts';
import type { JoinedReflectors } from './joined-reflectors.ts';
import { backOff } from './reflector-state.ts';
import { longestSilence } from './reflector-steps.ts';
import type { WorkQueue } from './work-queue.ts';

/** The reflectors by the resource that each watches. */
export type Reflectors = Readonly<Record<string, Pick<JoinedReflectors, 'hasSynced' | 'isRefused' | 'parts'>>>;

/** For /readyz: every cache was filled once. A standby is as ready as a leader. */
export const cachesFilled = (reflectors: Reflectors): HealthCheck => ({
  name: 'caches-filled',
  problems: () =>
    Object.entries(reflectors)
      .filter(([, reflector]) => !reflector.hasSynced())
      .map(([resource]) => `${resource} is not listed yet`),
});

/** The longest that a sound reflector hears nothing: until it takes a watch for lost, backs off, and opens the next one. */
export const longestInactivity = milliseconds(longestSilence + backOff.ceiling + streamOpensWithin);

/**
 * For /readyz: of no cache is what is known older than `longest`. Not for /livez: a restart does not bring the API server back, and
 * loses the caches. Namespaces that may not be read while others may are noted only: the others are looked after all the same.
 */
export const cachesActive = (reflectors: Reflectors, longest: Milliseconds, clock: Clock): HealthCheck => ({
  name: 'caches-active',
  problems: () =>
    partsOf(reflectors).flatMap(({ what, part, isLeftOut }) => {
      const age = clock.elapsed() - part.lastActivity();
      if (isLeftOut || !part.hasSynced() || age <= longest) return [];
      const { phase, failures } = part.state();
      return `nothing was heard of ${what} for ${inSeconds(age)} (${phase} after ${failures} failures): look at the way to the API server`;
    }),
  notes: () =>
    partsOf(reflectors).flatMap(({ what, isLeftOut }) =>
      isLeftOut
        ? `${what} may not be read, so what is known of it is old: take the namespace off --namespaces if it is gone, or grant the rights again`
        : [],
    ),
});

/** The reflectors of all namespaces. `isLeftOut`: it is refused, and another of its resource is not. */
const partsOf = (reflectors: Reflectors) =>
  Object.entries(reflectors).flatMap(([resource, { parts, isRefused }]) =>
    [...parts].map(([namespace, part]) => ({
      what: namespace === '*' ? resource : `${resource} in ${namespace}`,
      part,
      isLeftOut: part.isRefused() && !isRefused(),
    })),
  );

/** For /metrics: how many namespaces of each resource may not be read. */
export const refusedNamespaces = (reflectors: Reflectors): Record<string, number> => {
  const counts = Object.entries(reflectors).map(([resource, { parts }]) => {
    return [resource, [...parts.values()].filter((part) => part.isRefused()).length] as const;
  });
  return Object.fromEntries(counts);
};

/**
 * For /livez: no pass goes on for longer than `longest`, which is far beyond the time after which it was told to stop. Such
 * a pass hangs and keeps its key and its worker for ever; only the end of the process ends it.
 */
export const passesEnd = (
  queues: Readonly<Record<string, Pick<WorkQueue, 'state'>>>,
  longest: Milliseconds,
): HealthCheck => ({
  name: 'passes-end',
  problems: () =>
    Object.entries(queues).flatMap(([controller, queue]) =>
      queue
        .state()
        .working.filter(({ age }) => age > longest)
        .map(
          ({ key, age }) => `a pass over ${controller} ${key} hangs for ${inMinutes(age)}: a restart frees its worker`,
        ),
    ),
});

const inSeconds = (age: number): string => `${Math.round(age / seconds(1))} s`;
const inMinutes = (age: number): string => `${Math.round(age / minutes(1))} minutes`;
