import { expect, test } from 'vitest';
import { minutes } from '../../../operator/clock.ts';
import { requests, scene } from './scripted.ts';

test('a journal that was put back to before its order is settled by that order, which the server still knows', async () => {
  const world = await scene();
  world.approve('retire-1');
  await world.run(minutes(2));
  const { placements } = world.statusOf(requests, 'retire-1');
  expect(placements).toMatchObject([{ state: 'Accepted', orders: [{ orderId: 'CS1' }] }]);

  const [{ orders: _, ...before }] = placements;
  const older = [{ ...before, state: 'Intended' }];
  world.server.change(requests, 'retire-1', ({ status }) => ({ status: { ...(status as object), placements: older } }));
  await world.run(minutes(60));
  expect(world.ordered()).toHaveLength(1);
  const [ready] = world
    .statusOf(requests, 'retire-1')
    .conditions.filter(({ type }: { type: string }) => type === 'Ready');
  expect(ready).toMatchObject({
    reason: 'OutcomeUnknown',
    message: expect.stringContaining('it may be CS1 (Processing)'),
  });
});
