import { expect, test } from 'vitest';
import { minutes, seconds } from '../../../operator/clock.ts';
import { aServerSpec } from '../../builders/dccserver.ts';
import { requests, type Scene, scene, servers } from './scripted.ts';

/** As soon as the API server has the intent, and before the operator has heard of it. */
function onIntent(world: Scene, deed: () => void) {
  const watch = () => {
    if (world.statusOf(requests, 'retire-1').placements === undefined) {
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
  onIntent(world, () => world.server.change(servers, 'server-1', () => change));
  world.approve('retire-1');
  await world.run(minutes(2));
  expect(world.statusOf(requests, 'retire-1').placements?.[0]).toMatchObject({
    state: 'NotSent',
    detail: expect.stringContaining(why),
  });
  expect(world.ordered()).toEqual([]);
});
