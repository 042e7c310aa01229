import { describe, expect, test } from 'vitest';
import { minutes, seconds } from '../../../operator/clock.ts';
import { resourceIdOf } from '../../builders/dccserver.ts';
import { requests, type Scene, scene } from './scripted.ts';

/** The bill tells of it when all is over. */
const orderInConsole = ({ cloud }: Scene, server: string) =>
  Object.assign(
    cloud.accept({ resourceIds: [resourceIdOf(server)], refused: [], signedAt: undefined, givesBack: true }),
    {
      billedAt: Number.POSITIVE_INFINITY,
    },
  );

/** Orders show later than what they take away is gone, within the time that the operator allows for. */
function letOrdersShowLate({ cloud, schedule }: Scene) {
  Object.assign(cloud, { shown: (what: string) => schedule.now - (what === 'Orders' ? seconds(30) : 0) });
}

const journalOf = ({ statusOf }: Scene, request: string) => statusOf(requests, request).placements[0];

test('a lost call is settled when its window is over and its server has been gone for long, before the bill tells', async () => {
  const world = await scene();
  world.faults.cloud.garbledAnswer = 1;
  world.pace.order = seconds(1);
  letOrdersShowLate(world);
  world.approve('retire-1');
  await world.run(minutes(1));
  expect(journalOf(world, 'retire-1')).toMatchObject({ state: 'Unknown' });

  world.faults.cloud.garbledAnswer = 0;
  await world.run(seconds(95));
  expect(journalOf(world, 'retire-1')).toMatchObject({ state: 'Accepted', orders: [{ orderId: 'CS1' }] });
});

describe('a lost call whose server goes by a later order of the console is not settled by the order of another server', () => {
  test('that is still in progress', async () => {
    const world = await scene();
    world.cloud.onDepart(() => {
      world.faults.cloud.lostOrder = 1;
      world.schedule.after(seconds(5), () => orderInConsole(world, 'server-2'));
    });
    world.approve('retire-1');
    await world.run(minutes(4));
    expect(world.reasonOf('retire-1', 'Ready')).toBe('OutcomeUnknown');

    letOrdersShowLate(world);
    world.pace.order = seconds(1);
    orderInConsole(world, 'server-1');
    await world.run(minutes(5));
    expect(journalOf(world, 'retire-1')).toMatchObject({ state: 'Unknown', askedAt: expect.anything() });
  });

  test('that is completed, and of which the bill does not tell yet', async () => {
    const world = await scene();
    let departed = false;
    world.cloud.onDepart(() => {
      if (departed) return;
      departed = true;
      world.faults.cloud.lostOrder = 1;
      world.pace.order = seconds(1);
      // Nobody looks when the window ends: then a person would be asked.
      world.schedule.after(seconds(20), () => Object.assign(world.faults.cloud, { isCutOff: true }));
      world.schedule.after(seconds(100), () => orderInConsole(world, 'server-2'));
      world.schedule.after(seconds(125), () => {
        world.faults.cloud.isCutOff = false;
      });
      // The next reading comes before it shows.
      world.schedule.after(seconds(145), () => {
        letOrdersShowLate(world);
        orderInConsole(world, 'server-1');
      });
    });
    world.approve('retire-1');
    await world.run(minutes(10));
    expect(journalOf(world, 'retire-1')).toMatchObject({ state: 'Unknown', askedAt: expect.anything() });
  });
});

describe('of two calls that were lost together, the order of the one is not taken for the other, and not made twice', () => {
  /** Gives the server whose call took effect, the other one, and the request for that. */
  async function twoLostCalls() {
    const world = await scene();
    world.applyServer('server-2');
    world.applyRequest('retire-2', 'server-2');
    await world.run(minutes(2));
    let calls = 0;
    world.faults.cloud.garbledAnswer = 1;
    // The first to leave takes effect; the other never arrives.
    world.cloud.onDepart(() => {
      calls += 1;
      world.faults.cloud.lostOrder = calls === 2 ? 1 : 0;
    });
    world.approve('retire-1');
    world.approve('retire-2');
    await world.run(minutes(4));
    world.faults.cloud.garbledAnswer = 0;
    const isFirst = world.ordered()[0] === resourceIdOf('server-1');
    return { world, calls, ordered: isFirst ? 'server-1' : 'server-2', other: isFirst ? 'server-2' : 'server-1' };
  }
  const ordersOf = ({ ordered }: Scene, server: string) => ordered().filter((id) => id === resourceIdOf(server));

  test('when the other server is given back in the console', async () => {
    const { world, calls, ordered, other } = await twoLostCalls();
    expect({ calls, orders: world.ordered() }).toEqual({ calls: 2, orders: [resourceIdOf(ordered)] });
    letOrdersShowLate(world);
    world.pace.order = seconds(1);
    orderInConsole(world, other);
    await world.run(minutes(20));
    expect(ordersOf(world, ordered)).toHaveLength(1);
  });

  test('when the subscription of the other server ends by itself', async () => {
    const { world, ordered, other } = await twoLostCalls();
    const { isGone } = world.cloud;
    Object.assign(world.cloud, {
      isGone: (...[id, ...at]: Parameters<typeof isGone>) => id === resourceIdOf(other) || isGone(id, ...at),
    });
    await world.run(minutes(20));
    expect(ordersOf(world, ordered)).toHaveLength(1);
  });
});
