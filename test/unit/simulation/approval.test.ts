import { expect, test } from 'vitest';
import { minutes, seconds } from '../../../operator/clock.ts';
import { resourceIdOf } from '../../builders/dccserver.ts';
import { requests, scene, servers, twoClusters } from './scripted.ts';

const resourceId = resourceIdOf('server-1');

test('a server that was given back and is made anew with its approval is not ordered again, though its row is seen as in use once more', async () => {
  const world = await scene();
  world.pace.order = seconds(4);
  const approvedPlan = world.planOf('retire-1');
  world.approve('retire-1');
  await world.run(seconds(90));
  expect(world.reasonOf('retire-1', 'Ready')).toBe('Complete');
  world.rows.lag = minutes(5);
  world.server.remove(requests, 'retire-1');
  world.server.remove(servers, 'server-1');
  await world.run(seconds(20));
  world.applyServer('server-1');
  world.applyRequest('retire-1', 'server-1', { approvedPlan });
  await world.run(minutes(2));
  expect(world.blockersOf('retire-1')).toEqual(['ApprovedPlanDiffers']);
  expect(world.reasonOf('retire-1', 'Approved')).toBe('ApprovedPlanDiffers');
  await world.run(minutes(10));
  expect(world.ordered()).toEqual([resourceId]);
});

test('a request that is made anew with its approval, for the server that it was for, is ordered', async () => {
  const world = await scene();
  const approvedPlan = world.planOf('retire-1');
  world.server.remove(requests, 'retire-1');
  await world.run(minutes(1));
  world.applyRequest('retire-1', 'server-1', { approvedPlan });
  await world.run(minutes(2));
  expect(world.reasonOf('retire-1', 'Approved')).toBe('PlanApproved');
  expect(world.ordered()).toEqual([resourceId]);
});

test('of two clusters with the same manifests one approval lets only one order', async () => {
  const { clusters, run, ordered } = await twoClusters();
  const [north, south] = clusters;
  const approvedPlan = north.planOf('retire-1');
  for (const { approve } of clusters) approve('retire-1', approvedPlan);
  await run(minutes(2));
  expect(ordered()).toEqual([resourceId]);
  expect(north.reasonOf('retire-1', 'Ready')).toBe('OrderInProgress');
  expect(south.reasonOf('retire-1', 'Approved')).toBe('ApprovedPlanDiffers');
});
