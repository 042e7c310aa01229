import { basename } from 'node:path';
import { describe, expect, inject, test } from 'vitest';
import { blockingConditions } from '../../../operator/api/conditions.ts';
import { elsewhere } from '../../scenarios/elsewhere.ts';
import { loadScenario, parseScenario, scenarioFiles } from '../../scenarios/load.ts';
import { runScenario } from '../../scenarios/run.ts';

const nameOf = (path: string) => basename(path, '.yaml');
const named = (paths: readonly string[]) => paths.map((path) => [nameOf(path), path] as const);
const rules = scenarioFiles('rules');

describe.concurrent.each([
  ['a rule', rules],
  ['rules that meet', scenarioFiles('pairs')],
])('scenarios of %s', (_, paths) => {
  test.each(named(paths))('%s', async (name, path) => {
    await runScenario(name, loadScenario(path), inject('kubeconfig'));
  });
});

describe('every reason of every condition', () => {
  const reasons = Object.entries(blockingConditions).flatMap(([condition, { reasons: known }]) =>
    Object.keys(known).map((reason) => `${condition}.${reason}`),
  );

  test('has a scenario of its own, or stands among those that are seen elsewhere', () => {
    expect([...rules.map(nameOf), ...Object.keys(elsewhere)].sort()).toEqual(reasons.sort());
  });

  test('keeps a request back in its scenario', () => {
    const silent = rules.filter((path) => {
      const moments = loadScenario(path).steps.flatMap(({ expect: moment }) => moment ?? []);
      const shown = moments.flatMap(({ blockers }) => blockers);
      return !shown.some(({ condition, reason }) => `${condition}.${reason}` === nameOf(path));
    });
    expect(silent.map(nameOf)).toEqual([]);
  });
});

describe('a scenario file that is wrong says where and what', () => {
  const file = (...steps: string[]) =>
    ['title: wrong', 'world: { servers: [{ name: host-01 }] }', 'orders: []', 'steps:', ...steps].join('\n');

  test.each([
    ['no YAML', 'title: [', /^wrong: line 1: /],
    [
      'a field that nobody knows',
      `${file('- approve: x')}\nworlds: {}`,
      /^wrong: the file: Unrecognized key: "worlds"/,
    ],
    [
      'two things in one step',
      file('- approve: x', '- { approve: x, halt: y }'),
      /^wrong: step 2: a step does one thing/,
    ],
    ['a command that the cloud has not', file('- cloud: { deletVm: x }'), /^wrong: step 1 \(cloud\): .*deletVm/],
    [
      'a reason of another condition',
      file(
        '- expect: { request: x, state: Blocked, blockers: [{ condition: Approved, reason: Held, message: a, remedy: b }] }',
      ),
      /^wrong: step 1 \(expect\.blockers\.0\.reason\): Approved has no reason Held: write one of AwaitingApproval/,
    ],
    [
      'a state that a request never has',
      file('- expect: { request: x, state: Done }'),
      /^wrong: step 1 \(expect\.state\): /,
    ],
    [
      'a placeholder that nobody fills in',
      file("- halt: 'by {who}'"),
      /^wrong: step 1 \(halt\): .*no placeholder \{who\}/,
    ],
    [
      'an argument that it lacks',
      file("- halt: '{resourceId}'"),
      /^wrong: step 1 \(halt\): .*no placeholder \{resourceId\}/,
    ],
  ])('%s', (_, text, message) => {
    expect(() => parseScenario('wrong', text)).toThrow(message);
  });
});
