import { expect, test } from 'vitest';
import { minutes } from '../../../operator/clock.ts';
import { resourceIdOf } from '../../builders/dccserver.ts';
import { disk, requests, scene, servers } from './scripted.ts';

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

test('so does one whose twin cannot be understood, or whose request cannot', async () => {
  const world = await ordered();
  const unknown = { ofANewerVersion: 1 };
  world.server.change(servers, 'server-1', ({ status }) => ({ status: { ...(status as object), ...unknown } }));
  world.applyServer('rack-7', { resourceId });
  await world.order('retire-2', 'rack-7');
  world.server.change(requests, 'retire-1', ({ status }) => ({ status: { ...(status as object), ...unknown } }));
  await world.run(minutes(5));
  expect(world.ordered()).toEqual([resourceId]);
  expect(world.blockersOf('retire-2')).toContain('CallUnsettled');
});
