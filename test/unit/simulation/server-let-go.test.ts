import { expect, test } from 'vitest';
import { minutes, seconds } from '../../../operator/clock.ts';
import { resourceIdOf } from '../../builders/dccserver.ts';
import { disk, requests, type Scene, scene, servers } from './scripted.ts';

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

/** A request was let go by force more than an hour ago; its server is deleted, made anew when it is let go, and ordered again. */
async function madeAnew(world: Scene) {
  world.server.remove(servers, 'server-1');
  await world.run(minutes(2));
  const isHeld = world.server.get(servers, 'server-1') !== undefined;
  world.applyServer('server-1');
  await world.order('retire-2', 'server-1');
  return isHeld;
}
const force = (world: Scene) => {
  world.force(servers, 'server-1');
  return world.run(seconds(30));
};
const isThere = (world: Scene) => world.server.get(servers, 'server-1') !== undefined;

/** The order of a call for a disk, whose answer was lost, is open for days. */
async function lostForADisk() {
  const world = await scene({ withDisk: true });
  world.faults.cloud.garbledAnswer = 1;
  world.approve('retire-1');
  await world.run(seconds(40));
  world.faults.cloud.garbledAnswer = 0;
  world.force(requests, 'retire-1');
  await world.run(minutes(62));
  return world;
}

test('a server is held after the hour while the order of a lost call for its disk is open, and goes by force', async () => {
  const world = await lostForADisk();
  expect(await madeAnew(world)).toBe(true);
  expect(world.ordered()).toEqual([disk]);
  expect(world.statusOf(servers, 'server-1').conditions[0].message).toContain('Order CS1 may be that of a call');
  await force(world);
  expect(isThere(world)).toBe(false);
});

test('it goes by itself when that order was cancelled, or what it is for is gone', async () => {
  for (const ends of ['Cancelled', 'Completed'] as const) {
    const world = await lostForADisk();
    world.server.remove(servers, 'server-1');
    await world.run(minutes(2));
    expect(isThere(world)).toBe(true);
    for (const order of world.cloud.ledger) Object.assign(order, { endsAt: 0, ends });
    await world.run(minutes(2));
    expect(isThere(world)).toBe(false);
  }
});

test('a server is held while its order is completed and the billing row does not tell yet', async () => {
  const world = await scene();
  world.pace.order = minutes(64);
  world.approve('retire-1');
  await world.run(minutes(1));
  expect(world.statusOf(servers, 'server-1').unsubscription).toMatchObject({ orderId: 'CS1' });
  world.force(requests, 'retire-1');
  await world.run(minutes(62));
  world.rows.lag = minutes(30);
  await world.run(minutes(3));
  expect(await madeAnew(world)).toBe(true);
  expect(world.ordered()).toEqual([resourceIdOf('server-1')]);
  world.rows.lag = 0;
  await world.run(minutes(2));
  expect(isThere(world)).toBe(false);
});
