import { seconds } from '../../../operator/clock.ts';
import { type AccountOptions, type HuaweiAccount, openAccount } from '../../../operator/huaweicloud/account.ts';
import { staticCredentials } from '../../../operator/huaweicloud/credentials.ts';
import { type Service, services } from '../../../operator/huaweicloud/endpoints.ts';
import type { Transport } from '../../../operator/huaweicloud/transport.ts';
import { seeded } from '../../huaweicloud/seed.ts';

/** Our clients for the account of the seeded worlds, all of them pointed at one address. */
export function seededAccount(
  url: string,
  transport: Transport,
  {
    accessKey = seeded.accessKey,
    secretKey = seeded.secretKey,
    ...options
  }: Partial<AccountOptions> & { readonly accessKey?: string; readonly secretKey?: string } = {},
): HuaweiAccount {
  const key = { HUAWEICLOUD_SDK_AK: accessKey, HUAWEICLOUD_SDK_SK: secretKey };
  return openAccount({
    credentials: staticCredentials(key).provider,
    region: seeded.region,
    site: 'china',
    endpoints: Object.fromEntries(services.map((service): [Service, string] => [service, url])),
    transport,
    random: () => 0,
    deadlines: { attempt: seconds(10), call: seconds(20) },
    ...options,
  });
}
