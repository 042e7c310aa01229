import { expect, test } from 'vitest';
import { seconds } from '../../operator/clock.ts';
import { createHaltSwitch } from '../../operator/halt-switch.ts';
import { errorFromAnswer, KubernetesError } from '../../operator/kubernetes/errors.ts';
import { createVirtualClock } from '../virtual-clock.ts';

/** What the API server answers, one answer after the other; the last one stays. */
function start(...answers: (object | Error)[]) {
  const paths: string[] = [];
  const clock = createVirtualClock();
  const { read } = createHaltSwitch({
    connection: {
      request: async (method, path) => {
        paths.push(`${method} ${path}`);
        const answer = answers.length > 1 ? answers.shift() : answers[0];
        if (answer instanceof Error) throw answer;
        return answer;
      },
    },
    namespace: 'dcc-system',
    name: 'dcc-operator-halt',
    clock,
  });
  return { clock, paths, read: (since = clock.elapsed()) => read(since, new AbortController().signal) };
}

const configMap = 'ConfigMap dcc-system/dcc-operator-halt';
const halted = (reason?: string) => ({ kind: 'Read', value: { configMap, reason } });
const running = { kind: 'Read', value: undefined };
const notFound = new KubernetesError('NotFound', 'there is none');

test('nothing is halted while there is no such ConfigMap', async () => {
  const { read, paths } = start(notFound);
  expect(await read()).toEqual(running);
  expect(paths).toEqual(['GET /api/v1/namespaces/dcc-system/configmaps/dcc-operator-halt']);
});

test.each([
  [{}, undefined],
  [{ data: {} }, undefined],
  [{ data: { halted: 'true' } }, undefined],
  [{ data: { halted: 'False' } }, undefined],
  [{ data: { reason: ' an incident\n' } }, 'an incident'],
  [{ data: { reason: '  ' } }, undefined],
])('%j halts', async (answer, reason) => {
  expect(await start(answer).read()).toEqual(halted(reason));
});

test('one that says halted: "false" does not', async () => {
  expect(await start({ data: { halted: 'false', reason: 'kept in Git' } }).read()).toEqual(running);
});

test.each([
  [new KubernetesError('Forbidden', 'not for you'), 'Permission', /right to get this ConfigMap/],
  [
    errorFromAnswer({ status: 404, body: 'default backend - 404' }, new Date()),
    'Unavailable',
    /nothing is ordered before/,
  ],
  [new KubernetesError('Timeout', 'too slow'), 'Unavailable', /nothing is ordered before/],
  [{ data: 'nonsense' }, 'Unavailable', /nothing is ordered before/],
  [{ data: { halted: 5 } }, 'Unavailable', /nothing is ordered before/],
])('what cannot be read is never taken for nothing: %s', async (answer, cause, remedy) => {
  expect(await start(answer).read()).toMatchObject({
    kind: 'Unreadable',
    failure: { source: expect.stringContaining(configMap), cause, remedy: expect.stringMatching(remedy) },
  });
});

test('all who ask for the same moment share a reading, and who asks for a later one gets a new one', async () => {
  const { clock, read, paths } = start(notFound, {});
  expect(await Promise.all([read(), read()])).toEqual([running, running]);
  await clock.advance(seconds(1));
  expect(await read(seconds(0))).toEqual(running);
  expect(paths).toHaveLength(1);
  expect(await read()).toEqual(halted());
});

test('a failure is not remembered', async () => {
  const { read } = start(new KubernetesError('Timeout', 'too slow'), {});
  expect(await read()).toMatchObject({ kind: 'Unreadable' });
  expect(await read()).toEqual(halted());
});
