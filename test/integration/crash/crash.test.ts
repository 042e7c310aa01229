import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { minutes } from '../../../operator/clock.ts';
import type { Connection } from '../../../operator/kubernetes/connection.ts';
import { inLanes } from '../../crash/lanes.ts';
import { connectPeople } from '../../crash/people.ts';
import { failureText } from '../../crash/report.ts';
import { playRound, type RoundPlan, type RoundResult } from '../../crash/round.ts';
import { scenePlan, scenes } from '../../crash/scenes.ts';
import { strikeInWords } from '../../crash/strikes.ts';
import { missedStrikes, plansForTheRest, recordBoundaries, sweepPlans } from '../../crash/sweep.ts';

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

const withoutWhichNoneEnds = [
  'hold request',
  'write Intended',
  'billing.unsubscribe',
  'write Accepted',
  'release request',
];

// Reads, too, and random moments: `npm run crash`, which takes too long for every change.
test('one order is placed when the operator dies by kill -9 at any write of a placement', {
  timeout: minutes(10),
}, async () => {
  const boundaries = await recordBoundaries(surroundings());
  const writes = boundaries.filter((boundary) => boundary.writes);
  expect(writes.map(({ name }) => name)).toEqual(expect.arrayContaining(withoutWhichNoneEnds));
  const results = await inLanes(3, sweepPlans(writes, 'Quick'), play);
  const more = await inLanes(3, plansForTheRest(results), play);
  const last = await inLanes(3, plansForTheRest(more), play);
  const all = [...results, ...more, ...last];
  expectPromisesKept(all);
  const died = all.flatMap(({ struck }) => struck.filter((words) => words !== undefined)).join('\n');
  expect(withoutWhichNoneEnds.filter((name) => !died.includes(` ${name} (1)`))).toEqual([]);
  const missed = missedStrikes(last).map(strikeInWords);
  // Of a write that was refused at the recording there are more than come again.
  const never = withoutWhichNoneEnds.flatMap((name) => missed.filter((words) => words.includes(` ${name} (1)`)));
  expect(never).toEqual([]);
  // A report is left out where another process has written the same.
  expect(missed.length, `writes that did not come: ${missed.join('; ')}`).toBeLessThan(3);
});

describe.concurrent('no order is placed twice, and none is forgotten, when', { timeout: minutes(10) }, () => {
  test.each(scenes.map((scene) => [scene.title, scene] as const))('%s', async (_, scene) => {
    expectPromisesKept([await play(scenePlan(scene))]);
  });
});
