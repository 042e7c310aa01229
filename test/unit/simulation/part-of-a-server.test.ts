import { expect, test } from 'vitest';
import { minutes, seconds } from '../../../operator/clock.ts';
import { disk, requests, scene, servers } from './scripted.ts';

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

test('a disk is not ordered again when both objects lost their status while its order is open', async () => {
  const world = await scene({ withDisk: true });
  world.approve('retire-1');
  await world.run(minutes(1));
  world.server.change(servers, 'server-1', () => ({ status: undefined }));
  world.server.change(requests, 'retire-1', () => ({ status: undefined }));
  await world.run(minutes(90));
  expect(world.ordered()).toEqual([disk]);
  expect(world.blockersOf('retire-1')).toContain('TransactionInProgress');
});
