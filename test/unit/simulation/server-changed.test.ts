import { expect, test } from 'vitest';
import { minutes, seconds } from '../../../operator/clock.ts';
import { aServerSpec } from '../../builders/dccserver.ts';
import { requests, type Scene, scene, servers } from './scripted.ts';

/** As soon as the API server has the intent, and before the operator has heard of it. */
function onIntent(world: Scene, request: string, deed: () => void) {
  const watch = () => {
    if (world.statusOf(requests, request).placements === undefined) {
      world.schedule.after(1, watch);
      return;
    }
    world.faults.api.latency = seconds(8);
    deed();
  };
  watch();
}

const hold = { 'hold.dcc-operator.io/audit': 'wait' };
const anotherHost = aServerSpec('server-1', { virtualMachines: { hypervisorHostnames: ['server-1', 'another'] } });

test.each([
  ['held back', { metadata: { annotations: hold } }, 'DCCServer server-1 is held back'],
  ['changed in what it states of itself', { spec: anotherHost }, 'The spec of DCCServer server-1 was changed'],
])('no order leaves for a server that is %s while the intent is written', async (_, change, why) => {
  const world = await scene();
  onIntent(world, 'retire-1', () => world.server.change(servers, 'server-1', () => change));
  world.approve('retire-1');
  await world.run(minutes(2));
  expect(world.statusOf(requests, 'retire-1').placements?.[0]).toMatchObject({
    state: 'NotSent',
    detail: expect.stringContaining(why),
  });
  expect(world.ordered()).toEqual([]);
});

test('nor while another server of its request is held back, which goes later', async () => {
  const world = await scene();
  world.applyServer('server-2');
  world.applyServer('server-3');
  world.applyRequest('retire-both', 'server-2', { servers: [{ name: 'server-2' }, { name: 'server-3' }] });
  await world.run(minutes(2));
  onIntent(world, 'retire-both', () =>
    world.server.change(servers, 'server-3', () => ({ metadata: { annotations: hold } })),
  );
  world.approve('retire-both');
  await world.run(minutes(2));
  expect(world.statusOf(requests, 'retire-both').placements?.[0]).toMatchObject({
    servers: ['server-2'],
    state: 'NotSent',
    detail: expect.stringContaining('DCCServer server-3 is held back'),
  });
  expect(world.ordered()).toEqual([]);
});
