import { expect, test } from 'vitest';
import type { Condition } from '../../operator/api/conditions.ts';
import { lookedAt, minutesLater } from '../builders/metadata.ts';
import { kstatusFaults, statusChecker } from '../kstatus.ts';

const condition = (type: string, status: Condition['status'], changes: Partial<Condition> = {}): Condition => ({
  type,
  status,
  reason: 'Reason',
  message: 'It is so.',
  lastTransitionTime: lookedAt.toISOString(),
  observedGeneration: 1,
  ...changes,
});
const reported = (...conditions: Condition[]) => ({ observedGeneration: 1, conditions });
const [ready, notReady] = [condition('Ready', 'True'), condition('Ready', 'False')];
const [reconciling, stalled] = [condition('Reconciling', 'True'), condition('Stalled', 'True')];
const [complete, failed] = [condition('Complete', 'True'), condition('Failed', 'True')];

test.each([
  [[ready]],
  [[notReady, reconciling]],
  [[notReady, stalled]],
  [[ready, complete]],
  [[notReady, stalled, failed]],
  [[notReady, reconciling, condition('Placed', 'Unknown')]],
])('nothing is wrong with %j', (conditions) => {
  expect(kstatusFaults(reported(...conditions), 1)).toEqual([]);
});

test.each<[fault: string, conditions: Condition[], before?: Condition[]]>([
  ['there is no Ready', [reconciling]],
  ['a type stands twice', [ready, ready]],
  ['a condition is of another generation', [condition('Ready', 'True', { observedGeneration: 2 })]],
  ['Reconciling stands without being True', [ready, condition('Reconciling', 'False')]],
  ['Stalled stands without being True', [ready, condition('Stalled', 'False')]],
  ['both Reconciling and Stalled', [notReady, reconciling, stalled]],
  ['Ready though Reconciling', [ready, reconciling]],
  ['Ready though Stalled', [ready, stalled]],
  ['not Ready, and neither Reconciling nor Stalled', [notReady]],
  ['both Complete and Failed', [ready, complete, failed, stalled]],
  ['Complete without Ready', [notReady, reconciling, complete]],
  ['Failed without Stalled', [notReady, reconciling, failed]],
  ['Complete was not kept', [ready], [ready, complete]],
  ['Failed was not kept', [notReady, stalled], [notReady, stalled, failed]],
  ['a condition says nothing', [ready, condition('Approved', 'False', { message: '' })]],
  [
    'Ready moved its lastTransitionTime without changing',
    [condition('Ready', 'True', { lastTransitionTime: minutesLater(1).toISOString() })],
    [ready],
  ],
])('%s is found', (fault, conditions, before = []) => {
  expect(kstatusFaults(reported(...conditions), 1, reported(...before))).toContain(fault);
});

test('a status of another generation is found', () => {
  expect(kstatusFaults(reported(ready), 2)).toContain('observedGeneration is not the generation');
  expect(kstatusFaults({}, 1)).toContain('there is no Ready');
});

test('each version of an object is looked at beside the one before, and a new one of its name beside none', () => {
  const faultsOf = statusChecker();
  const version = (uid: string, ...conditions: Condition[]) => ({
    metadata: { uid, generation: 1 },
    status: reported(...conditions),
  });
  expect(faultsOf({ metadata: { uid: 'a', generation: 1 } })).toEqual([]);
  expect(faultsOf(version('a', ready, complete))).toEqual([]);
  expect(faultsOf(version('b', ready))).toEqual([]);
  expect(faultsOf(version('a', ready))).toEqual(['Complete was not kept']);
});

test('a status may be behind the generation of its object, and not ahead of it', () => {
  const object = (generation: number) => ({ metadata: { uid: 'a', generation }, status: reported(ready) });
  expect(statusChecker()(object(2))).toEqual([]);
  expect(statusChecker()(object(0))).toEqual(['observedGeneration is ahead of the generation']);
});

test('a condition that changed may move its time', () => {
  const later = condition('Ready', 'True', { lastTransitionTime: minutesLater(1).toISOString() });
  expect(kstatusFaults(reported(later), 1, reported(notReady, reconciling))).toEqual([]);
});
