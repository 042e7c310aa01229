import { describe, expect, test } from 'vitest';
import { seconds } from '../../../operator/clock.ts';
import { lookedAt, minutesLater } from '../../builders/metadata.ts';
import { faultsOf, type Retired } from '../../demo/proof.ts';
import type { View } from '../../demo/view.ts';
import { demo, demoWorld } from '../../huaweicloud/demo-world.ts';
import { defaultSettings } from '../../huaweicloud/settings.ts';
import { placeUnsubscription } from '../../huaweicloud/unsubscription/place.ts';
import { settle } from '../../huaweicloud/world/settle.ts';
import type { World } from '../../huaweicloud/world/world.ts';
import { inState, observed, requested } from './objects.ts';

const { host01, host04, host05 } = demo.servers;
const retired: Retired[] = [{ server: host04.name, resourceId: host04.resourceId, request: 'retire' }];
const settings = { ...defaultSettings, orderProcessing: seconds(1) };

/** The cloud after somebody ordered the unsubscription of these servers, one order each. */
function cloudWith(...resourceIds: string[]): World {
  const world = demoWorld(lookedAt);
  const placer = { domainId: demo.domainId, userName: 'demo', placedBy: 'api', requestId: 'r' } as const;
  for (const id of resourceIds) {
    placeUnsubscription(world, placer, { resource_ids: [id], unsubscribe_type: 1 }, settings, lookedAt);
    settle(world, minutesLater(1), settings);
  }
  return world;
}

/** What the operator reports of the first order of this cloud. */
function reported(world: World, refund = refundIn(world)): View {
  const orderId = world.ledger.accepted[0]?.orderId ?? 'none';
  const unsubscription = { request: 'retire', orderId, state: 'Completed' };
  return {
    servers: [observed(host04.name, [], { ...inState('Unsubscribed'), unsubscription })],
    requests: [requested('retire', 'Complete', { refund })],
  };
}

function refundIn(world: World): string {
  const order = world.orders.find(({ unsubscription }) => unsubscription !== null);
  return `${order?.unsubscription?.refund} ${order?.currency}`;
}

describe('the proof', () => {
  test('finds nothing when each server has its one order', () => {
    const world = cloudWith(host04.resourceId);
    expect(faultsOf(retired, world, reported(world))).toEqual([]);
  });

  test('finds a server without an order, and one with two', () => {
    const world = cloudWith();
    expect(faultsOf(retired, world, reported(world))).toEqual(['dcc-host-04 has 0 orders instead of one']);
    const twice = cloudWith(host04.resourceId);
    twice.ledger.accepted.push(...twice.ledger.accepted);
    expect(faultsOf(retired, twice, reported(twice))).toEqual(['dcc-host-04 has 2 orders instead of one']);
  });

  test('finds an order that had to be refused', () => {
    const world = cloudWith(host04.resourceId, host04.resourceId);
    expect(faultsOf(retired, world, reported(world))).toEqual([
      `an order for ${host04.resourceId} had to be refused: CBC.30000067`,
    ]);
  });

  test('finds an order for a server that nobody wanted to give back, and the machines that it destroyed', () => {
    const world = cloudWith(host04.resourceId, host05.resourceId);
    const [, stray] = world.ledger.accepted;
    expect(faultsOf(retired, world, reported(world))).toEqual([
      `order ${stray?.orderId} for ${host05.resourceId} was not asked for`,
      `order ${stray?.orderId} destroyed the virtual machine neighbour-01`,
    ]);
  });

  test('finds machines that were lost with a server that was given back', () => {
    const world = cloudWith(host01.resourceId);
    const first = [{ server: host04.name, resourceId: host01.resourceId, request: 'retire' }];
    expect(faultsOf(first, world, reported(world))).toEqual([
      expect.stringContaining('destroyed the virtual machine web-01'),
      expect.stringContaining('destroyed the virtual machine web-02'),
    ]);
  });

  test('finds an operator that reports something else than the cloud', () => {
    const world = cloudWith(host04.resourceId);
    expect(faultsOf(retired, world, reported(world, '1.00 CNY'))).toEqual([
      `retire reports a refund of 1.00 CNY, not ${refundIn(world)}`,
    ]);
    const { servers, requests } = reported(world);
    const unfinished = { servers, requests: [requested('retire', 'OutcomeUnknown', { refund: refundIn(world) })] };
    expect(faultsOf(retired, world, unfinished)).toEqual(['retire is not Complete']);
    const { unsubscription } = servers[0]?.status ?? {};
    const unmarked = { servers: [observed(host04.name, [], unsubscription && { unsubscription })], requests };
    expect(faultsOf(retired, world, unmarked)).toEqual(['dcc-host-04 is not Unsubscribed']);
    expect(faultsOf(retired, world, { servers: [], requests: [] })).toHaveLength(4);
  });
});
