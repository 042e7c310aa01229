import { onTestFinished } from 'vitest';
import { seconds } from '../../operator/clock.ts';
import { type AccountOptions, openAccount } from '../../operator/huaweicloud/account.ts';
import { staticCredentials } from '../../operator/huaweicloud/credentials.ts';
import { services } from '../../operator/huaweicloud/endpoints.ts';
import { openTransport } from '../../operator/huaweicloud/transport.ts';
import { controlClient } from '../huaweicloud/control-client.ts';
import { seeded, type WorldBuilder } from '../huaweicloud/seed.ts';
import { startHuaweiCloud } from '../huaweicloud/server.ts';

/** Our real clients at a simulated cloud whose billing centre has told its time; all of it ends with the test. */
export async function anAccount(world: WorldBuilder, options: Pick<AccountOptions, 'traffic' | 'clock'> = {}) {
  const cloud = await startHuaweiCloud({ world: world.build() });
  const transport = openTransport();
  onTestFinished(async () => {
    transport.close();
    await cloud.stop();
  });
  const record = { HUAWEICLOUD_SDK_AK: seeded.accessKey, HUAWEICLOUD_SDK_SK: seeded.secretKey };
  const account = openAccount({
    credentials: staticCredentials(record).provider,
    region: seeded.region,
    site: 'china',
    endpoints: Object.fromEntries(services.map((service) => [service, cloud.url])),
    transport,
    deadlines: { attempt: seconds(3), call: seconds(10) },
    ...options,
  });
  await account.billing.balances();
  return { account, cloud, control: controlClient(cloud.url) };
}
