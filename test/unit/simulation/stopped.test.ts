import { expect, test } from 'vitest';
import { minutes, seconds } from '../../../operator/clock.ts';
import { requests, type Scene, scene } from './scripted.ts';

/** As soon as the API server has the intent, and before the operator has heard of it. */
function onceIntended({ server }: Scene, deed: () => void) {
  let isDone = false;
  server.onWrite(({ object }) => {
    if (isDone || !JSON.stringify(object.status ?? {}).includes('"Intended"')) return;
    isDone = true;
    queueMicrotask(deed);
  });
}

/** The API server takes its time for the intent. */
function slowTheIntentDown({ server, faults }: Scene) {
  server.onAsk(({ method, body }) => {
    if (method !== 'PUT' || !JSON.stringify(body).includes('"Intended"')) return;
    faults.api.latency = seconds(14);
    queueMicrotask(() => {
      faults.api.latency = 5;
    });
  });
}

const halt = { kind: 'ConfigMap', name: 'dcc-operator-halt' };
const edit = (changes: object) => (world: Scene) =>
  world.server.change(requests, 'retire-1', ({ spec }) => ({ spec: { ...(spec as object), ...changes } }));

test.each<[string, (world: Scene) => void, string]>([
  ['the operator is halted', ({ server }) => server.create('configmaps', halt), 'The operator was halted'],
  ['the request is suspended', edit({ suspend: true }), 'The spec of UnsubscriptionRequest retire-1 was changed'],
  ['the approval is withdrawn', edit({ approvedPlan: undefined }), 'The spec of UnsubscriptionRequest retire-1'],
  ['the request is deleted', ({ server }) => server.remove(requests, 'retire-1'), 'retire-1 is being deleted'],
])('no order leaves when %s once the intent is written', async (_, deed, why) => {
  const world = await scene();
  const details: string[] = [];
  world.server.onWrite(({ object }) => {
    const [call] = (object.status as { placements?: { detail?: string }[] } | undefined)?.placements ?? [];
    if (call?.detail !== undefined) details.push(call.detail);
  });
  onceIntended(world, () => deed(world));
  world.approve('retire-1');
  await world.run(minutes(2));
  expect(details[0]).toContain(why);
  expect(world.ordered()).toEqual([]);
});

test('no order leaves after the deadline, however long the intent takes to be written', async () => {
  const world = await scene();
  world.server.remove(requests, 'retire-1');
  await world.run(minutes(1));
  const deadline = world.cloud.wallClock(world.schedule.now + minutes(2) + seconds(8));
  world.applyRequest('late', 'server-1', { deadline: deadline.toISOString() });
  await world.run(minutes(2));
  slowTheIntentDown(world);
  world.approve('late');
  await world.run(minutes(1));
  expect(world.statusOf(requests, 'late').placements?.[0]).toMatchObject({
    state: 'NotSent',
    detail: expect.stringContaining('The deadline of the request had come'),
  });
  expect(world.blockersOf('late')).toContain('DeadlinePassed');
  expect(world.ordered()).toEqual([]);
});
