import { expect, test } from 'vitest';
import { minutes, seconds } from '../../../operator/clock.ts';
import { requests, type Scene, scene } from './scripted.ts';

// A proxy that opens TLS puts pages of its own in the place of the cloud's answers.

/** The first order is accepted, and `page` is chosen as its answer. */
function answerWith(world: Scene, page: object): void {
  const { pick } = world.schedule;
  let calls = 0;
  world.cloud.onDepart(() => {
    calls += 1;
    world.faults.cloud.garbledAnswer = calls === 1 ? 1 : 0;
    Object.assign(world.schedule, { pick: <T>(items: readonly T[]) => (calls === 1 ? page : pick(items)) });
  });
}

/** How old what the lists show is. */
function lag(world: Scene, lags: { Orders: number; Rows: number }): void {
  const { cloud, schedule } = world;
  const known: Readonly<Record<string, number>> = lags;
  Object.assign(cloud, { shown: (what: string) => schedule.now - (known[what] ?? 0) });
}

test.each([
  [403, { code: 403, message: 'The response was blocked by policy.' }],
  [429, { code: '429', message: 'Too many responses.' }],
  [401, { error: { code: 'DLP.BLOCKED', message: 'The response was blocked.' } }],
])('what a proxy writes with the status %i is no refusal of the cloud', async (status, body) => {
  const world = await scene();
  world.pace.order = seconds(1);
  lag(world, { Orders: seconds(30), Rows: seconds(60) });
  answerWith(world, { status, body: JSON.stringify(body) });
  world.approve('retire-1');
  await world.run(minutes(5));
  expect(world.ordered()).toHaveLength(1);
  expect(world.statusOf(requests, 'retire-1').placements).toMatchObject([{ state: 'Accepted', result: 'Completed' }]);
});

test.each([
  ['RenewalsOnly', 0],
  ['ResourceAndRenewals', 16],
])('its clock, half an hour ahead, does not end the window of a lost call: %s, for %i s', async (scope, outage) => {
  const world = await scene();
  world.applyServer('server-2');
  world.applyRequest('retire-2', 'server-2', { scope });
  await world.run(minutes(2));
  world.pace.order = seconds(1);
  lag(world, { Orders: seconds(30), Rows: seconds(170) });
  const { faults, schedule } = world;
  faults.cloud.proxyAhead = minutes(30);
  answerWith(world, { status: 502, body: 'Bad Gateway', isOfProxy: true });
  world.cloud.onAccept(() => {
    faults.cloud.failed = outage > 0 ? 1 : 0;
    schedule.after(seconds(outage), () => {
      faults.cloud.failed = 0;
    });
  });
  world.approve('retire-2');
  await world.run(minutes(10));
  expect(world.cloud.ledger).toHaveLength(1);
  expect(world.statusOf(requests, 'retire-2').placements).toMatchObject([{ state: 'Accepted' }]);
});
