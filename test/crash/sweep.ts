import { isFinished } from '../../operator/api/objects.ts';
import { milliseconds } from '../../operator/clock.ts';
import type { RoundPlan, Surroundings } from './round.ts';
import type { Seen } from './seen.ts';
import { openStage } from './stage.ts';
import type { Strike } from './strikes.ts';

/** A request of an undisturbed placement, named by where its request for unsubscription stood. */
export interface Boundary {
  readonly name: string;
  readonly phase: string;
  /** Which one of that name in that phase. */
  readonly nth: number;
  readonly writes: boolean;
}

const request = { name: 'retire', servers: ['host-01'] };

/** The most of one name in one phase: each of the two looks has one. What comes oftener is the poll. */
const most = 2;

/** Records one undisturbed placement, from the approval until the request has ended and is released. */
export async function recordBoundaries(surroundings: Surroundings): Promise<Boundary[]> {
  await using stage = await openStage({ ...surroundings, operators: 'One', servers: request.servers });
  const boundaries: Boundary[] = [];
  await Promise.all(stage.slots.map((slot) => slot.start()));
  await stage.setUp([request]);
  const counts = new Map<string, number>();
  stage.meddlers.push((seen) => {
    const phase = stage.naming.phaseOf(request.name);
    const key = `${phase} ${seen.name}`;
    const nth = (counts.get(key) ?? 0) + 1;
    counts.set(key, nth);
    if (isStep(seen) && nth <= most) boundaries.push({ name: seen.name, phase, nth, writes: seen.writes });
    return undefined;
  });
  await stage.approve(request.name);
  await stage.until('the request has ended', (all) => all.every(isFinished));
  await stage.until('it is released', () => stage.naming.phaseOf(request.name) === 'released');
  return boundaries;
}

/** Leases and events have no part in the protocol; lists and watches belong to the start. */
const isStep = ({ name, streams }: Seen): boolean => !streams && !/leases|events|^GET /.test(name);

/** A boundary, and on which side of it the process dies. */
interface Death {
  readonly boundary: Boundary;
  readonly when: 'Before' | 'After' | 'Late';
}

/** How many boundaries one round has: each with a request of its own, and the process that the one before left behind. */
const together = 8;

/**
 * The rounds in which a process dies at each boundary: before it, after its effect, and for a write also while it is still on its
 * way. A read has no effect: where it is to be `Quick`, one side is enough.
 */
export function sweepPlans(boundaries: readonly Boundary[], thoroughness: 'Quick' | 'Full'): RoundPlan[] {
  const deaths = boundaries.flatMap((boundary, index) =>
    sidesOf(boundary, thoroughness, index).map((when) => ({ boundary, when })),
  );
  const rounds = Math.ceil(deaths.length / together);
  // Neighbours come into different rounds: those around the order, which take long to settle, are shared out.
  return Array.from({ length: rounds }, (_, round) =>
    planOf(
      round,
      deaths.filter((__, index) => index % rounds === round),
    ),
  );
}

function sidesOf({ writes }: Boundary, thoroughness: 'Quick' | 'Full', index: number): Death['when'][] {
  if (writes) return ['Before', 'After', 'Late'];
  if (thoroughness === 'Full') return ['Before', 'After'];
  return [index % 2 === 0 ? 'Before' : 'After'];
}

const planOf = (round: number, deaths: readonly Death[]): RoundPlan => ({
  title: `boundaries, round ${round + 1}`,
  operators: 'One',
  approve: 'OneByOne',
  requests: deaths.map((_, index) => ({ name: `retire-${index}`, servers: [`host-${index}`] })),
  strikes: deaths.map(({ boundary: { name, phase, nth }, when }, index): Strike => {
    const step = { name, nth, during: { request: `retire-${index}`, phase } };
    return when === 'Late' ? { kind: 'AtStep', step, when, by: lateBy } : { kind: 'AtStep', step, when };
  }),
  faults: [],
  mischief: [],
  mischiefInWords: [],
});

/** Long enough for the next process to have read what is there without it. */
const lateBy = milliseconds(1_500);
