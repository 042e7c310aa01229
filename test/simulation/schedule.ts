import { setImmediate } from 'node:timers/promises';
import type { Random } from '../../operator/clock.ts';
import { createHeap } from '../../operator/kubernetes/heap.ts';
import { createSeededRandom } from '../seeded-random.ts';

/** True time, and all that is going to happen: the one source of order in a simulated world. Same seed, same world. */
export interface Schedule {
  /** Milliseconds since the world began; no process of the world can read it. */
  readonly now: number;
  readonly random: Random;
  /** True with this probability. */
  chance(probability: number): boolean;
  /** A whole number of milliseconds from `least` to below `most`. */
  between(least: number, most: number): number;
  pick<T>(items: readonly T[]): T | undefined;
  /** One of them, each as likely as it weighs. */
  weigh<T>(items: readonly (readonly [weight: number, item: T])[]): T | undefined;
  /** Does something after `delay`, unless the function that this gives is called first. */
  after(delay: number, action: () => void): () => void;
  /** Lets time pass until nothing is left to do, `until` is reached, or `isDone` says so, which is asked now and then. */
  run(until: number, isDone?: () => boolean): Promise<void>;
  /** A line of the story, kept only where somebody will read it. */
  tell(who: string, what: () => string): void;
  readonly story: readonly string[];
}

interface Entry {
  readonly at: number;
  readonly order: number;
  action: (() => void) | undefined;
}

/** How many things happen between two questions whether all is done. */
const patience = 4;

/** More than this in one millisecond is a loop. */
const mostAtOnce = 10_000;

export function createSchedule(seed: number, keepsStory: boolean): Schedule {
  const random = createSeededRandom(seed);
  const agenda = createHeap<Entry>(
    (one, other) => one.at < other.at || (one.at === other.at && one.order < other.order),
  );
  const story: string[] = [];
  let now = 0;
  let count = 0;
  let atOnce = 0;
  const between = (least: number, most: number) => Math.floor(least + random() * (most - least));

  /** The next thing to do, at its time; undefined when there is none up to `until`. */
  const takeNext = (until: number): (() => void) | undefined => {
    for (let next = agenda.peek(); next !== undefined && next.at <= until; next = agenda.peek()) {
      agenda.pop();
      if (next.action === undefined) continue;
      atOnce = next.at === now ? atOnce + 1 : 0;
      if (atOnce > mostAtOnce) throw new Error(`something goes round in circles at ${now / 1_000} s`);
      now = next.at;
      return next.action;
    }
    return undefined;
  };

  return {
    get now() {
      return now;
    },
    random,
    chance: (probability) => random() < probability,
    between,
    pick: (items) => items[between(0, items.length)],
    weigh: (items) => {
      const total = items.reduce((sum, [weight]) => sum + weight, 0);
      let left = between(0, total);
      for (const [weight, item] of items) {
        left -= weight;
        if (left < 0) return item;
      }
      return undefined;
    },
    after: (delay, action) => {
      const entry: Entry = { at: now + Math.max(0, delay), order: count++, action };
      agenda.push(entry);
      return () => {
        entry.action = undefined;
      };
    },
    run: async (until, isDone = () => false) => {
      await setImmediate();
      for (let steps = 1; steps % patience !== 0 || !isDone(); steps += 1) {
        const next = takeNext(until);
        if (next === undefined) {
          now = until;
          return;
        }
        next();
        // Everything that waits for nothing but promises comes to rest before anything else happens.
        await setImmediate();
      }
    },
    tell: (who, what) => {
      if (keepsStory) story.push(`${(now / 1_000).toFixed(3).padStart(9)}  ${who.padEnd(8)} ${what()}`);
    },
    story,
  };
}
