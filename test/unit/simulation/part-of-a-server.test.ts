import { expect, test } from 'vitest';
import { minutes, seconds } from '../../../operator/clock.ts';
import { disk, requests, scene } from './scripted.ts';

test('renewals in between do not make a server forget a lost call for its disk', async () => {
  const world = await scene({ withDisk: true });
  world.faults.cloud.garbledAnswer = 1;
  world.approve('retire-1');
  await world.run(seconds(40));
  world.faults.cloud.garbledAnswer = 0;
  world.force(requests, 'retire-1');
  await world.run(minutes(62));
  world.pace.order = seconds(4);
  await world.order('renewals', 'server-1', { scope: 'RenewalsOnly' });
  world.server.remove(requests, 'renewals');
  await world.run(minutes(2));
  await world.order('retire-2', 'server-1');
  expect(world.ordered()).toEqual([disk]);
});
