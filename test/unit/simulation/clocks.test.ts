import { expect, test } from 'vitest';
import { minutes, seconds } from '../../../operator/clock.ts';
import { resourceIdOf } from '../../builders/dccserver.ts';
import { longestLag, mostOff, signatureLifetime } from '../../simulation/cloud.ts';
import { requests, scene } from './scripted.ts';

/** The gateway's clock is behind, so that a signature lives longer; and all that may take long after it does. */
test('a call that arrives in the last moment of its signature, by a clock that is behind, is still waited for', async () => {
  const world = await scene();
  const { cloud, schedule, faults, server } = world;
  const age = (signedAt: Date) => cloud.wallClock().getTime() - mostOff - signedAt.getTime();
  const departures: string[] = [];
  cloud.onDepart(({ signedAt }) => departures.push(signedAt));
  Object.assign(cloud, {
    leftOf: (signedAt: Date) => signatureLifetime - age(signedAt),
    admit: (signedAt: Date) => (age(signedAt) > signatureLifetime ? 'APIGW.0303' : undefined),
    processing: () => seconds(15),
    shown: (what: string) => schedule.now - (what === 'Orders' ? longestLag : 0),
  });
  // Late by the last of the ways to be late: within the last half second.
  Object.assign(schedule, { weigh: (ways: readonly (readonly [number, unknown])[]) => ways.at(-1)?.[1] });
  faults.cloud.lateCall = 1;
  world.approve('retire-1');
  // Whatever moment the call is settled in: each change of the request makes the operator look at it.
  for (let second = 0; second < 150; second += 1) {
    await world.run(seconds(1));
    server.change(requests, 'retire-1', ({ metadata }) => ({
      metadata: { annotations: { ...metadata.annotations, note: `${second}` } },
    }));
  }
  await world.run(minutes(3));
  expect(departures).toHaveLength(1);
  expect(world.ordered()).toEqual([resourceIdOf('server-1')]);
  expect(world.statusOf(requests, 'retire-1').placements).toMatchObject([{ id: '1.1', state: 'Unknown' }]);
});
