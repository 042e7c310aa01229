import { expect, test } from 'vitest';
import { minutes, seconds } from '../../../operator/clock.ts';
import { resourceIdOf } from '../../builders/dccserver.ts';
import { disk, requests, type Scene, scene, servers } from './scripted.ts';

const resourceId = resourceIdOf('server-1');

/** The order of server-1 is under way, and followed. */
async function ordered(options: Parameters<typeof scene>[0] = {}) {
  const world = await scene(options);
  world.approve('retire-1');
  await world.run(minutes(2));
  return world;
}

test('a server that is gone by force and made anew under another name waits for the order that is under way', async () => {
  const world = await ordered();
  world.force(servers, 'server-1');
  await world.run(minutes(1));
  world.applyServer('rack-7', { resourceId });
  await world.order('retire-2', 'rack-7');
  expect(world.ordered()).toEqual([resourceId]);
  expect(world.blockersOf('retire-2')).toContain('CallUnsettled');
});

test('so does one whose disk is ordered already', async () => {
  const world = await ordered({ withDisk: true });
  world.force(servers, 'server-1');
  await world.run(minutes(1));
  world.applyServer('rack-7', { resourceId });
  await world.order('retire-2', 'rack-7');
  expect(world.ordered()).toEqual([disk]);
  expect(world.blockersOf('retire-2')).toContain('CallUnsettled');
});

const makeUnreadable = ({ server }: Pick<Scene, 'server'>, plural: string, name: string) =>
  server.change(plural, name, ({ status }) => ({ status: { ...(status as object), ofANewerVersion: 1 } }));

test('so does one whose request cannot be understood', async () => {
  const world = await ordered();
  world.force(servers, 'server-1');
  await world.run(minutes(1));
  makeUnreadable(world, requests, 'retire-1');
  world.applyServer('rack-7', { resourceId });
  await world.order('retire-2', 'rack-7');
  expect(world.ordered()).toEqual([resourceId]);
  expect(world.blockersOf('retire-2')).toContain('CallUnsettled');
});

test('one whose twin cannot be understood has a twin all the same', async () => {
  const world = await scene();
  world.applyServer('rack-7', { resourceId });
  world.applyRequest('retire-2', 'rack-7');
  await world.run(minutes(2));
  world.approve('retire-2');
  await world.run(minutes(1));
  expect(world.blockersOf('retire-2')).toContain('DuplicateServer');
  makeUnreadable(world, servers, 'server-1');
  await world.run(minutes(2));
  expect(world.blockersOf('retire-2')).toContain('DuplicateServer');
  expect(world.ordered()).toEqual([]);
});

test('what its twin remembers of a lost call counts, too, when it cannot be understood any more', async () => {
  const world = await scene();
  world.faults.cloud.garbledAnswer = 1;
  world.approve('retire-1');
  await world.run(minutes(1));
  world.faults.cloud.garbledAnswer = 0;
  world.force(requests, 'retire-1');
  await world.run(seconds(10));
  expect(world.statusOf(servers, 'server-1').unsubscription.state).toBe('Unknown');
  // Neither the order nor its effect shows yet.
  Object.assign(world.cloud, { shown: () => 0 });
  makeUnreadable(world, servers, 'server-1');
  world.applyServer('rack-7', { resourceId });
  await world.order('retire-2', 'rack-7');
  expect(world.ordered()).toEqual([resourceId]);
});
