import { describe, expect, test } from 'vitest';
import { minutes, seconds } from '../../../operator/clock.ts';
import { resourceIdOf } from '../../builders/dccserver.ts';
import { requests, type Scene, scene } from './scripted.ts';

// What took a server away is seen and does not count as a candidate: it is old, or another call's. The one order that is left is another call's.

const journalOf = ({ statusOf }: Scene, request: string) => statusOf(requests, request).placements?.[0];
const ordersOf = ({ ordered }: Scene, server: string) =>
  ordered().filter((ids) => ids.split(',').includes(resourceIdOf(server)));

const orderInConsole = ({ cloud }: Scene, ...servers: string[]) =>
  cloud.accept({ resourceIds: servers.map(resourceIdOf), refused: [], signedAt: undefined, givesBack: true });

function apply(world: Scene, ...servers: string[]) {
  for (const server of servers) {
    world.applyServer(server);
    world.applyRequest(server.replace('server', 'retire'), server);
  }
}

describe('an order of the console that waited long for its approval, and whose row is behind', () => {
  /** Both requests wait for it, and the first to see it completed goes on. */
  async function lateApproval() {
    const world = await scene();
    apply(world, 'server-2');
    await world.run(minutes(2));
    world.pace.order = minutes(80);
    orderInConsole(world, 'server-2');
    await world.run(minutes(2));
    for (const request of ['retire-1', 'retire-2']) world.approve(request);
    await world.run(minutes(70));
    for (const request of ['retire-1', 'retire-2'])
      expect(world.blockersOf(request)).toEqual(['TransactionInProgress']);
    world.rows.lag = seconds(100);
    return world;
  }

  test.each([1, 2])(
    'does not have the order of one of two lost calls taken for that of the other (%i)',
    async (which) => {
      const world = await lateApproval();
      world.pace.order = seconds(118);
      world.faults.cloud.garbledAnswer = 1;
      let calls = 0;
      world.cloud.onDepart(() => {
        calls += 1;
        world.faults.cloud.lostOrder = calls === which ? 1 : 0;
        if (calls > 2) world.faults.cloud.garbledAnswer = 0;
      });
      await world.run(minutes(20));
      expect(calls).toBeGreaterThan(1);
      expect(ordersOf(world, 'server-1')).toHaveLength(1);
    },
  );

  test('does not have an order for a third server taken for that of a lost call', async () => {
    const world = await lateApproval();
    world.pace.order = seconds(30);
    world.server.change(requests, 'retire-1', (object) => ({ spec: { ...(object.spec as object), suspend: true } }));
    world.faults.cloud.lostOrder = 1;
    world.cloud.onDepart(() => world.schedule.after(seconds(10), () => orderInConsole(world, 'server-3')));
    await world.run(minutes(20));
    expect(journalOf(world, 'retire-2')).toMatchObject({ state: 'Unknown', askedAt: expect.anything() });
  });
});

describe('one order of the console for the servers of two lost calls', () => {
  /** Two calls came to nothing, what they were for goes by one order, and of a third, which is accepted, the answer is lost. */
  async function combined() {
    const world = await scene();
    apply(world, 'server-2', 'server-3');
    await world.run(minutes(2));
    Object.assign(world.faults.cloud, { garbledAnswer: 1, lostOrder: 1 });
    world.pace.order = seconds(1);
    world.approve('retire-3');
    await world.run(seconds(60));
    world.approve('retire-2');
    await world.run(seconds(20));
    orderInConsole(world, 'server-2', 'server-3');
    await world.run(seconds(60));
    world.faults.cloud.lostOrder = 0;
    return world;
  }

  test('does not have the order of the third taken for that of the second', async () => {
    const world = await combined();
    world.rows.lag = seconds(60);
    world.pace.order = seconds(108);
    let calls = 0;
    world.cloud.onDepart(() => {
      calls += 1;
      if (calls > 1) world.faults.cloud.garbledAnswer = 0;
    });
    world.approve('retire-1');
    await world.run(minutes(10));
    expect(journalOf(world, 'retire-3')).toMatchObject({ state: 'Accepted', orders: [{ orderId: 'CS1' }] });
    expect(ordersOf(world, 'server-1')).toHaveLength(1);
  });

  test('nor when the third was let go by force, and made anew', async () => {
    const world = await combined();
    world.rows.lag = seconds(110);
    world.pace.order = seconds(165);
    world.approve('retire-1');
    await world.run(seconds(30));
    world.faults.cloud.garbledAnswer = 0;
    world.force(requests, 'retire-1');
    await world.run(seconds(15));
    world.applyRequest('retire-1', 'server-1');
    await world.run(seconds(20));
    world.approve('retire-1');
    await world.run(minutes(10));
    expect(journalOf(world, 'retire-2')).toMatchObject({ state: 'Unknown' });
    expect(ordersOf(world, 'server-1')).toHaveLength(1);
  });
});

test('an order of the console for the renewals of a server, which the bill ties to it, is not that of a lost call', async () => {
  const world = await scene();
  world.pace.order = seconds(1);
  world.faults.cloud.lostOrder = 1;
  world.cloud.onDepart(() =>
    world.schedule.after(seconds(10), () => {
      const order = { resourceIds: [resourceIdOf('server-1')], refused: [], signedAt: undefined };
      world.cloud.accept({ ...order, givesBack: false });
    }),
  );
  world.approve('retire-1');
  await world.run(minutes(12));
  expect(journalOf(world, 'retire-1')).toMatchObject({ state: 'Unknown', askedAt: expect.anything() });
});
