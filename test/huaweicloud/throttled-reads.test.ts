import { expect, onTestFinished, test } from 'vitest';
import { milliseconds, minutes, seconds } from '../../operator/clock.ts';
import { openAccount } from '../../operator/huaweicloud/account.ts';
import { staticCredentials } from '../../operator/huaweicloud/credentials.ts';
import { services } from '../../operator/huaweicloud/endpoints.ts';
import { createTrafficControl } from '../../operator/huaweicloud/traffic.ts';
import { openTransport } from '../../operator/huaweicloud/transport.ts';
import { createVirtualClock } from '../virtual-clock.ts';
import { aWorld, seeded } from './seed.ts';
import { startHuaweiCloud } from './server.ts';

/** Our own clients at a cloud that takes so many calls of one operation a second; both live by one clock, which runs on its own. */
async function throttledCloud(limit: number) {
  const clock = createVirtualClock(new Date());
  const settings = { throttle: { rate: 200, operations: { 'dcc.showResourceClusters': limit } } };
  const cloud = await startHuaweiCloud({ world: aWorld().withServer({ name: 'a' }).build(), settings, clock });
  const transport = openTransport();
  onTestFinished(async () => {
    transport.close();
    await cloud.stop();
  });
  const account = openAccount({
    credentials: staticCredentials({ HUAWEICLOUD_SDK_AK: seeded.accessKey, HUAWEICLOUD_SDK_SK: seeded.secretKey })
      .provider,
    ...{ region: seeded.region, site: 'china', projectId: seeded.projectId, transport, clock },
    endpoints: Object.fromEntries(services.map((service) => [service, cloud.url])),
    deadlines: { attempt: minutes(1), call: minutes(4) },
    traffic: createTrafficControl(clock).of('key'),
  });
  /** Lets time pass until all is done: as much as a call takes at the live cloud for each that is really answered here. */
  async function passTimeUntil<Result>(work: Promise<Result>): Promise<Result> {
    let isDone = false;
    const done = () => (isDone = true);
    work.then(done, done);
    while (!isDone) await clock.advance(milliseconds(5));
    return await work;
  }
  return { account, cloud, clock, passTimeUntil };
}

test.each([
  [10, 10],
  [50, 5],
])(
  '2,000 reads of what takes %i a second all end well, and at most %i are refused',
  async (limit, most) => {
    const { account, cloud, clock, passTimeUntil } = await throttledCloud(limit);
    const reads = Array.from({ length: 2_000 }, () => account.dcc.resourceClusters());
    const answers = await passTimeUntil(Promise.all(reads));
    expect(answers.every((pools) => pools.length === 1)).toBe(true);
    const { 200: answered = 0, 429: refused = 0, ...others } = cloud.counts['dcc.showResourceClusters'] ?? {};
    expect(others).toEqual({});
    expect(answered).toBe(2_000);
    expect(refused).toBeLessThanOrEqual(most);
    // Not slower than by half what the cloud would have taken, and the guess at first.
    expect(clock.elapsed()).toBeLessThan(seconds((2 * 2_000) / Math.min(limit, 100)));
  },
  120_000,
);
