import { expect, test } from 'vitest';
import { minutes, seconds } from '../../../operator/clock.ts';
import { resourceIdOf } from '../../builders/dccserver.ts';
import { scene } from './scripted.ts';

const ofPortfolio = { portfolio: 'suite' };

/** From now on the watches of the operator are behind by 20 s. */
function delayNews({ faults, schedule }: Pick<Awaited<ReturnType<typeof scene>>, 'faults' | 'schedule'>): void {
  const { between } = schedule;
  faults.api.lateNews = 1;
  Object.assign(schedule, {
    between: (least: number, most: number) => (most === seconds(20) ? most : between(least, most)),
  });
}

test.each([
  ['a twin', 'DuplicateServer', 'server-1', 'rack-7', { resourceId: resourceIdOf('server-1') }],
  ['another member of its portfolio', 'PortfolioPartial', 'server-2', 'server-3', ofPortfolio],
])('%s that was made before the last look is seen by it, however late the news are', async (...given) => {
  const [, reason, of, name, spec] = given;
  const world = await scene();
  world.applyServer('server-2', ofPortfolio);
  world.applyRequest('retire-2', of);
  await world.run(minutes(2));
  if (of === 'server-1') world.server.remove('unsubscriptionrequests', 'retire-1');
  await world.run(minutes(2));
  world.approve('retire-2');
  await world.run(200);
  delayNews(world);
  world.applyServer(name, spec);
  await world.run(seconds(15));
  expect(world.ordered()).toEqual([]);
  await world.run(minutes(1));
  expect(world.blockersOf('retire-2')).toEqual([reason]);
  expect(world.ordered()).toEqual([]);
});
