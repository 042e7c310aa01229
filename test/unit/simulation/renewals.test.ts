import { expect, test } from 'vitest';
import { minutes, seconds } from '../../../operator/clock.ts';
import { disk, requests, scene, servers } from './scripted.ts';

/** A request for the renewals alone; orders take seconds, and their refunds show half a minute later. */
async function renewals({ withDisk = false, ...spec }: { withDisk?: boolean; secondaryResources?: string } = {}) {
  const world = await scene({ withDisk });
  world.server.remove(requests, 'retire-1');
  world.cloud.onAccept((order) => Object.assign(order, { refundedAt: order.acceptedAt + seconds(34) }));
  world.pace.order = seconds(4);
  await world.order('renewals', 'server-1', { scope: 'RenewalsOnly', ...spec });
  await world.run(minutes(5));
  return world;
}

test('the refund of renewals is recorded, though it shows after their order has ended', async () => {
  const world = await renewals();
  const [call] = world.statusOf(requests, 'renewals').placements;
  expect(call).toMatchObject({ result: 'Completed', orders: [{ refund: '100.00' }] });
  expect(world.reasonOf('renewals', 'Ready')).toBe('Complete');
});

test('renewals of a disk that stays are cancelled before those of its server', async () => {
  const { reasonOf, cloud } = await renewals({ withDisk: true, secondaryResources: 'Separately' });
  const [serverId] = cloud.resources;
  expect(cloud.ledger.map(({ resourceIds, givesBack }) => [resourceIds, givesBack])).toEqual([
    [[disk], false],
    [[serverId], false],
  ]);
  expect(reasonOf('renewals', 'Ready')).toBe('Complete');
});

test('renewals of a server are not cancelled while nobody says what is to become of those of its disk', async () => {
  const { blockersOf, cloud, statusOf } = await renewals({ withDisk: true, secondaryResources: 'Refuse' });
  expect(blockersOf('renewals')).toContain('SecondaryResourcesPresent');
  const { blockers } = statusOf(requests, 'renewals');
  expect(JSON.stringify(blockers)).toContain('may lose its renewals together with the server');
  expect(cloud.ledger).toEqual([]);
  expect(statusOf(servers, 'server-1').claim).toMatchObject({ name: 'renewals' });
});
