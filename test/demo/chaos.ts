import { type Milliseconds, milliseconds } from '../../operator/clock.ts';
import { createSeededRandom } from '../seeded-random.ts';
import type { Watch } from './watch.ts';

/** When one process of the operator dies. */
export interface Life {
  /** Since its start, or since it has filled its caches and works. */
  readonly since: 'Start' | 'Ready';
  readonly lifetime: Milliseconds;
  /** From the moment when it wrote down that it is about to order, if that comes first. */
  readonly afterIntent: Milliseconds;
}

/** How long the simulated cloud takes to accept an order while there is chaos, so that the operator dies in between. */
export const orderDelay = milliseconds(600);

const longestStart = 1_500;
const longestWork = 2_500;

/**
 * The lives of the operator under chaos, without end and the same for the same seed. One in four dies while it starts. When
 * an intent is written, most die before the cloud has answered, some just after.
 */
export function* lives(seed: number): Generator<Life, never> {
  const random = createSeededRandom(seed);
  const upTo = (most: number) => milliseconds(Math.round(random() * most));
  for (;;) {
    const since = random() < 0.25 ? 'Start' : 'Ready';
    yield {
      since,
      lifetime: upTo(since === 'Start' ? longestStart : longestWork),
      afterIntent: upTo(orderDelay * 1.25),
    };
  }
}

/** Gives a function that waits for the next intent that any journal shows for the first time. */
export function watchIntents(watch: Pick<Watch, 'view' | 'subscribe'>): () => Promise<void> {
  const seen = new Set<string>();
  let next = Promise.withResolvers<void>();
  watch.subscribe(() => {
    for (const { metadata, status } of watch.view().requests) {
      for (const { id, state } of status.placements ?? []) {
        const key = `${metadata.uid} ${id}`;
        if (state !== 'Intended' || seen.has(key)) continue;
        seen.add(key);
        next.resolve();
        next = Promise.withResolvers();
      }
    }
  });
  return () => next.promise;
}
