import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { minutes } from '../../../operator/clock.ts';
import type { Connection } from '../../../operator/kubernetes/connection.ts';
import { inLanes } from '../../crash/lanes.ts';
import { connectPeople } from '../../crash/people.ts';
import { randomPlans } from '../../crash/random-plans.ts';
import { failureText } from '../../crash/report.ts';
import { playRound, playRounds, type RoundPlan, type RoundResult } from '../../crash/round.ts';
import { scenePlan, scenes } from '../../crash/scenes.ts';
import { recordBoundaries, sweepPlans } from '../../crash/sweep.ts';

/** More of the same, with any number of rounds: `node test/crash/main.ts`, docs/at-most-once-processes.md. */
const randomRounds = 15;
const lanes = 4;

let connection: Connection;
beforeAll(async () => {
  connection = await connectPeople(inject('kubeconfig'));
});
afterAll(() => connection.close());

const surroundings = () => ({ kubeconfig: inject('kubeconfig'), connection, program: inject('operatorProgram') });

const play = (plan: RoundPlan): Promise<RoundResult> => playRound(surroundings(), plan);

function expectPromisesKept(results: readonly RoundResult[]): void {
  expect(results.filter(({ broken }) => broken.length > 0).map(failureText)).toEqual([]);
}

const neverCame = (results: readonly RoundResult[]): number =>
  results.flatMap(({ struck }) => struck).filter((where) => where === undefined).length;

describe('the operator, killed with kill -9 and started again, places one order a server and its journals say so', {
  timeout: minutes(15),
}, () => {
  test('when it dies at any request of a placement', async () => {
    const boundaries = await recordBoundaries(surroundings());
    const names = boundaries.map(({ name }) => name);
    expect(names).toEqual(
      expect.arrayContaining([
        'hold request',
        'write Intended',
        'billing.unsubscribe',
        'write Accepted',
        'write Complete',
        'release request',
      ]),
    );
    const results = await inLanes(lanes, sweepPlans(boundaries, 'Quick'), play);
    expectPromisesKept(results);
    // A read of the poll may take the place of one of the placement, and its moment is over then.
    expect(neverCame(results), 'boundaries that were not met').toBeLessThan(boundaries.length / 5);
  });

  test('when it dies at random moments, with one process or two', async () => {
    const results = (
      await inLanes(lanes, randomPlans(1, randomRounds), (plans) => playRounds(surroundings(), plans))
    ).flat();
    expectPromisesKept(results);
    expect(results.reduce((sum, { kills }) => sum + kills, 0)).toBeGreaterThan(randomRounds);
  });
});

describe.concurrent('no order is placed twice, and none is forgotten, when', { timeout: minutes(10) }, () => {
  test.each(scenes.map((scene) => [scene.title, scene] as const))('%s', async (_, scene) => {
    expectPromisesKept([await play(scenePlan(scene))]);
  });
});
