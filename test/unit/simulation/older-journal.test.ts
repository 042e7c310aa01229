import { expect, test } from 'vitest';
import { minutes, seconds } from '../../../operator/clock.ts';
import { requests, scene } from './scripted.ts';

test('a journal that was put back to before its order is settled by that order, which the server still knows', async () => {
  const world = await scene();
  world.pace.order = minutes(70);
  world.approve('retire-1');
  await world.run(minutes(2));
  const { placements } = world.statusOf(requests, 'retire-1');
  expect(placements).toMatchObject([{ state: 'Accepted', orders: [{ orderId: 'CS1' }] }]);

  const [{ orders: _, ...before }] = placements;
  const older = [{ ...before, state: 'Intended' }];
  world.server.change(requests, 'retire-1', ({ status }) => ({ status: { ...(status as object), placements: older } }));
  await world.run(minutes(60));
  expect(world.reasonOf('retire-1', 'Ready')).toBe('OutcomeUnknown');
  await world.run(minutes(20));
  expect(world.reasonOf('retire-1', 'Ready')).toBe('Complete');
  expect(world.statusOf(requests, 'retire-1').placements).toMatchObject([{ orders: [{ orderId: 'CS1' }] }]);
  expect(world.ordered()).toHaveLength(1);
});

test('a lost call is not settled by the order of another server that was signed in the same second', async () => {
  const world = await scene();
  world.applyServer('server-2');
  world.applyRequest('retire-2', 'server-2');
  await world.run(minutes(2));
  world.pace.order = seconds(10);
  const signed: string[] = [];
  world.cloud.onDepart(({ signedAt }) => {
    world.faults.cloud.lostOrder = signed.length === 0 ? 1 : 0;
    signed.push(signedAt);
  });
  world.approve('retire-1');
  world.approve('retire-2');
  await world.run(seconds(90));
  expect(signed).toEqual([signed[0], signed[0]]);
  const [heard = '', lost = ''] =
    world.reasonOf('retire-1', 'Ready') === 'Complete' ? ['retire-1', 'retire-2'] : ['retire-2', 'retire-1'];
  expect(world.reasonOf(heard, 'Ready')).toBe('Complete');
  // Only its server remembers its order then.
  world.server.remove(requests, heard);
  await world.run(minutes(40));
  const orders = [{ orderId: 'CS2' }];
  expect(world.statusOf(requests, lost).placements).toMatchObject([
    { state: 'NotPlaced' },
    { state: 'Accepted', orders },
  ]);
  expect(world.reasonOf(lost, 'Ready')).toBe('Complete');
});
