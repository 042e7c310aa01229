import { expect, test } from 'vitest';
import { minutes, seconds } from '../../../operator/clock.ts';
import { requests, scene, servers } from './scripted.ts';

/** The API server takes its time for the intent, in which somebody deletes the server; nothing holds that yet. */
async function deletedMeanwhile() {
  const world = await scene();
  let isDone = false;
  world.server.onAsk(({ method, path, body }) => {
    const isIntent =
      method === 'PUT' && path.endsWith('retire-1/status') && JSON.stringify(body).includes('"Intended"');
    if (!isIntent || isDone) return;
    isDone = true;
    world.faults.api.latency = seconds(16);
    queueMicrotask(() => {
      world.faults.api.latency = 5;
      world.server.remove(servers, 'server-1');
    });
  });
  world.approve('retire-1');
  await world.run(minutes(2));
  return world;
}

test('a server that is let go while the intent is written is not ordered, then or later', async () => {
  const world = await deletedMeanwhile();
  expect(world.server.get(servers, 'server-1')).toBeUndefined();
  expect(world.statusOf(requests, 'retire-1').placements).toMatchObject([
    { state: 'NotSent', detail: expect.stringContaining('server-1') },
  ]);
  expect(world.blockersOf('retire-1')).toContain('ServerNotFound');
  await world.run(minutes(60));
  expect(world.ordered()).toEqual([]);
});
