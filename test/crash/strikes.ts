import type { UnsubscriptionRequest } from '../../operator/api/objects.ts';
import { type Milliseconds, milliseconds, systemClock } from '../../operator/clock.ts';
import { inWords, type Meddle, type Seen } from './seen.ts';
import { longestAnswer, type Stage } from './stage.ts';

/** What a request must be for a process to die at it. */
export interface Step {
  /** How its name begins; all of it where it is said when. */
  readonly name: string;
  /** Where a request must stand at that time; anywhere when left out. */
  readonly during?: { readonly request: string; readonly phase: string };
  /** Which one of those. */
  readonly nth: number;
}

/**
 * When a process dies by `kill -9`: `Before`, so that the request never leaves; `After` its effect, so that nobody hears the answer;
 * `Late`, with the request still under way in the network, where it arrives after a while.
 */
export type Strike =
  | { readonly kind: 'AtStep'; readonly step: Step; readonly when: 'Before' | 'After' }
  | { readonly kind: 'AtStep'; readonly step: Step; readonly when: 'Late'; readonly by: Milliseconds }
  | { readonly kind: 'AtTime'; readonly after: Milliseconds; readonly slot: number };

export function strikeInWords(strike: Strike): string {
  if (strike.kind === 'AtTime') return `after ${strike.after} ms`;
  const { step, when } = strike;
  const { name, during, nth } = step;
  return `${when.toLowerCase()} ${name} (${nth})${during === undefined ? '' : ` while ${during.phase}`}`;
}

/** How long a step is waited for before the round goes on without it. */
const patience = milliseconds(90_000);

/**
 * Lets the strike happen once, when its moment comes, and starts the process anew. Gives where it happened; undefined when the
 * moment never came, because everything had ended before.
 */
export async function strike(
  stage: Stage,
  what: Strike,
  isOver: (requests: readonly UnsubscriptionRequest[]) => boolean,
): Promise<string | undefined> {
  if (what.kind === 'AtTime') {
    await systemClock.sleep(what.after);
    const slot = stage.slots[what.slot % stage.slots.length];
    await slot?.kill();
    await slot?.start();
    return strikeInWords(what);
  }
  const trap = setTrap(stage, what);
  const end = systemClock.elapsed() + patience;
  while (trap.met === undefined && systemClock.elapsed() < end) {
    const all = await stage.people.requests();
    if (isOver(all)) break;
    await stage.tend(all);
    await systemClock.sleep(milliseconds(200));
  }
  trap.remove();
  if (trap.met === undefined) return undefined;
  // After an answer that never comes nobody would die.
  await Promise.race([trap.died, systemClock.sleep(longestAnswer)]);
  await stage.slot(trap.met.slot).kill();
  await stage.slot(trap.met.slot).start();
  return `${strikeInWords(what)}: ${inWords(trap.met)}`;
}

interface Trap {
  readonly met: Seen | undefined;
  readonly died: Promise<void>;
  remove(): void;
}

function setTrap(stage: Stage, what: Extract<Strike, { kind: 'AtStep' }>): Trap {
  const died = Promise.withResolvers<void>();
  let met: Seen | undefined;
  let count = 0;
  const kill = async ({ slot }: Seen) => {
    await stage.slot(slot).kill();
    died.resolve();
  };
  const meddle: Meddle = (seen) => {
    if (met !== undefined || !matches(stage, what.step, seen)) return undefined;
    count += 1;
    if (count < what.step.nth) return undefined;
    met = seen;
    switch (what.when) {
      case 'Before':
        return { before: () => kill(seen).then(() => 'Drop') };
      case 'After':
        return { after: () => kill(seen).then(() => 'Cut') };
      case 'Late':
        return {
          before: async () => {
            await kill(seen);
            await stage.underWay(systemClock.sleep(what.by));
            return 'Forward';
          },
        };
    }
  };
  stage.meddlers.unshift(meddle);
  return {
    get met() {
      return met;
    },
    died: died.promise,
    remove: () => {
      stage.meddlers.splice(stage.meddlers.indexOf(meddle), 1);
    },
  };
}

function matches({ naming }: Stage, { name, during }: Step, seen: Seen): boolean {
  if (seen.streams) return false;
  if (during === undefined) return seen.name.startsWith(name);
  // Names that begin alike are counted apart, as they were when they were recorded.
  return seen.name === name && naming.phaseOf(during.request) === during.phase;
}
