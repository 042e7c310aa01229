import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { minutes } from '../../../operator/clock.ts';
import type { Connection } from '../../../operator/kubernetes/connection.ts';
import { connectPeople } from '../../crash/people.ts';
import { failureText } from '../../crash/report.ts';
import { playRound, type RoundPlan, type RoundResult } from '../../crash/round.ts';
import { scenePlan, scenes } from '../../crash/scenes.ts';

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

// Every boundary, and random moments: `npm run crash`, which takes too long for every change.
describe.concurrent('no order is placed twice, and none is forgotten, when', { timeout: minutes(10) }, () => {
  test.each(scenes.map((scene) => [scene.title, scene] as const))('%s', async (_, scene) => {
    expectPromisesKept([await play(scenePlan(scene))]);
  });
});
