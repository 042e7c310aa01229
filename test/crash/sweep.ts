import { isFinished } from '../../operator/api/objects.ts';
import { milliseconds } from '../../operator/clock.ts';
import type { RoundPlan, RoundResult, Surroundings } from './round.ts';
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

/** Where a request stands before the intent: each read there may be what holds the order back, so none is left out. */
const beforeTheIntent = ['no call', 'held'];

/** The most of one name in a phase after it: what comes oftener is the poll. */
const mostAfterIt = 2;

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
    const isRepeated = nth > mostAfterIt && !beforeTheIntent.includes(phase);
    if (isStep(seen) && !isRepeated) boundaries.push({ name: seen.name, phase, nth, writes: seen.writes });
    return undefined;
  });
  await stage.approve(request.name);
  await stage.until('the request has ended', (all) => all.every(isFinished));
  await stage.until('it is released', () => stage.naming.phaseOf(request.name) === 'released');
  return boundaries;
}

/** Leases and events have no part in the protocol. Lists and watches belong to the start, or to a look whose other reads are struck. */
const isStep = ({ name, streams }: Seen): boolean => !streams && !/leases|events|^GET /.test(name);

/** A boundary, and on which side of it the process dies. */
interface Death {
  readonly boundary: Boundary;
  readonly when: 'Before' | 'After' | 'Late';
}

/** How many deaths one request goes through, in the order of the boundaries; and how many requests one round has. */
const deathsOfRequest = 6;
const requestsOfRound = 4;

/**
 * The rounds in which a process dies at each boundary: before it, after its effect, and for a write also while it is still on its
 * way. Where it is to be `Quick`, only the writes around the order have all of these, and the others one.
 */
export function sweepPlans(boundaries: readonly Boundary[], thoroughness: 'Quick' | 'Full'): RoundPlan[] {
  const deaths = boundaries.flatMap((boundary, index) =>
    sidesOf(boundary, thoroughness, index).map((when) => ({ boundary, when })),
  );
  const count = Math.ceil(deaths.length / deathsOfRequest);
  // Neighbours come to different requests: each goes through deaths from all of its life.
  const lives = Array.from({ length: count }, (_, life) => deaths.filter((__, index) => index % count === life));
  return Array.from({ length: Math.ceil(count / requestsOfRound) }, (_, round) =>
    planOf(round, lives.slice(round * requestsOfRound, (round + 1) * requestsOfRound)),
  );
}

/** The deaths that did not come. */
export const missedStrikes = (results: readonly RoundResult[]): Strike[] =>
  results.flatMap(({ plan, struck }) => plan.strikes.filter((_, index) => struck[index] === undefined));

/**
 * The rounds for those deaths that never came, each with a request of its own: a process that has just been started reads less
 * than the one of the recording, which went all the way.
 */
export function plansForTheRest(results: readonly RoundResult[]): RoundPlan[] {
  const missed = missedStrikes(results);
  const rounds = Math.ceil(missed.length / requestsOfRound);
  return Array.from({ length: rounds }, (_, round) => {
    const strikes = missed.slice(round * requestsOfRound, (round + 1) * requestsOfRound);
    return {
      ...planOf(
        round,
        strikes.map(() => []),
      ),
      title: `boundaries that did not come, round ${round + 1}`,
      strikes: strikes.flatMap((strike, index) => forRequest(strike, `retire-${index}`)),
    };
  });
}

function forRequest(strike: Strike, request: string): Strike[] {
  if (strike.kind === 'AtTime' || strike.step.during === undefined) return [];
  return [{ ...strike, step: { ...strike.step, during: { ...strike.step.during, request } } }];
}

function sidesOf({ writes, name }: Boundary, thoroughness: 'Quick' | 'Full', index: number): Death['when'][] {
  const all: Death['when'][] = writes ? ['Before', 'After', 'Late'] : ['Before', 'After'];
  if (thoroughness === 'Full' || aroundTheOrder.includes(name)) return all;
  return all.slice(index % 2, (index % 2) + 1);
}

const aroundTheOrder = ['write Intended', 'billing.unsubscribe', 'write Accepted'];

const planOf = (round: number, lives: readonly (readonly Death[])[]): RoundPlan => ({
  title: `boundaries, round ${round + 1}`,
  operators: 'One',
  approve: 'OneByOne',
  requests: lives.map((_, index) => ({ name: `retire-${index}`, servers: [`host-${index}`] })),
  strikes: lives.flatMap((deaths, index) => deaths.map((death) => strikeOf(death, `retire-${index}`))),
  faults: [],
  mischief: [],
  mischiefInWords: [],
  asked: 'Bill',
});

function strikeOf({ boundary: { name, phase, nth }, when }: Death, request: string): Strike {
  const step = { name, nth, during: { request, phase } };
  return when === 'Late' ? { kind: 'AtStep', step, when, by: lateBy } : { kind: 'AtStep', step, when };
}

/** Long enough for the next process to have read what is there without it. */
const lateBy = milliseconds(1_500);
