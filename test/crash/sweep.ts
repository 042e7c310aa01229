import { isFinished } from '../../operator/api/objects.ts';
import { milliseconds } from '../../operator/clock.ts';
import type { RoundPlan, Surroundings } from './round.ts';
import type { Seen } from './seen.ts';
import { openStage, requestName } from './stage.ts';
import type { Step, Strike } from './strikes.ts';

/** A request of an undisturbed placement, named by where its request for unsubscription stood. */
export type Boundary = Required<Step> & { readonly writes: boolean };

const requests = [['host-01']];

/** The most of one name in one phase: each of the two looks has one. What comes oftener is the poll. */
const most = 2;

/** Records one undisturbed placement, from the approval until the request has ended and is released. */
export async function recordBoundaries(surroundings: Surroundings): Promise<Boundary[]> {
  await using stage = await openStage({ ...surroundings, operators: 'One', requests });
  const boundaries: Boundary[] = [];
  await Promise.all(stage.slots.map((slot) => slot.start()));
  await stage.setUp();
  const counts = new Map<string, number>();
  stage.meddlers.push((seen) => {
    const phase = stage.naming.phaseOf(requestName(0));
    const key = `${phase} ${seen.name}`;
    const nth = (counts.get(key) ?? 0) + 1;
    counts.set(key, nth);
    if (isStep(seen) && nth <= most) boundaries.push({ name: seen.name, phase, nth, writes: seen.writes });
    return undefined;
  });
  await stage.approveAll();
  await stage.until('the request has ended', (all) => all.every(isFinished));
  await stage.until('it is released', () => stage.naming.phaseOf(requestName(0)) === 'released');
  return boundaries;
}

/** Leases and events have no part in the protocol; lists and watches belong to the start. */
const isStep = ({ name, streams }: Seen): boolean => !streams && !/leases|events|^GET /.test(name);

/** The rounds in which a process dies at each boundary, before and after; a read has no effect, so that one is enough when `once`. */
export function sweepPlans(boundaries: readonly Boundary[], once: boolean): RoundPlan[] {
  return boundaries.flatMap((boundary, index) =>
    strikesAt(boundary, once, index).map((strike) => planOf(boundary, strike)),
  );
}

function strikesAt({ writes, ...step }: Boundary, once: boolean, index: number): Strike[] {
  const before: Strike = { kind: 'AtStep', step, when: 'Before' };
  const after: Strike = { kind: 'AtStep', step, when: 'After' };
  if (!writes) return once ? [index % 2 === 0 ? before : after] : [before, after];
  return [before, after, { kind: 'AtStep', step, when: 'Late', by: milliseconds(1_500) }];
}

function planOf({ name, phase, nth }: Boundary, strike: Strike): RoundPlan {
  return {
    title: `boundary ${name} (${nth}) while ${phase}`,
    operators: 'One',
    requests,
    strikes: [strike],
    faults: [],
    mischief: [],
    mischiefInWords: [],
  };
}
