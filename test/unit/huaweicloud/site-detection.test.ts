import { describe, expect, onTestFinished, test } from 'vitest';
import { minutes } from '../../../operator/clock.ts';
import { type AccountOptions, openAccount } from '../../../operator/huaweicloud/account.ts';
import { staticCredentials } from '../../../operator/huaweicloud/credentials.ts';
import { type Site, sites } from '../../../operator/huaweicloud/endpoints.ts';
import { openTransport, type Transport } from '../../../operator/huaweicloud/transport.ts';
import { failureOf } from '../../../operator/inventory/reading.ts';
import { createVirtualClock } from '../../virtual-clock.ts';
import {
  accessKey,
  domainId,
  projectId,
  type Reply,
  recordedCloud,
  type SeenRequest,
  secretKey,
} from './recorded-cloud.ts';

const hosts: Record<Site, string> = {
  china: 'bss.myhuaweicloud.com',
  international: 'bss-intl.myhuaweicloud.com',
  europe: 'bss.myhuaweicloud.eu',
};
const wrongSite = (code: string): Reply => ({
  status: 403,
  json: { error_code: code, error_msg: 'Access denied. The customer does not belong to the website you are now at.' },
});
const unknownKey: Reply = { status: 401, json: { error_code: 'APIGW.0301', error_msg: 'ak not exist' } };
const welcome = ({ path }: Pick<SeenRequest, 'path'>): Reply => ({
  json: path.endsWith('/balances') ? { debt_amount: 0, currency: 'CNY' } : { total_count: 0 },
});

/** The billing centres of all sites, as one server that goes by the host that it is called by. */
async function billingCentres(
  replies: Record<Site, Reply | ((request: SeenRequest) => Reply)>,
  options: Partial<AccountOptions> = {},
) {
  const cloud = await recordedCloud((request) => {
    const site = sites.find((name) => hosts[name] === request.headers.host);
    const reply = site === undefined ? expect.fail(`called by ${request.headers.host}`) : replies[site];
    return typeof reply === 'function' ? reply(request) : reply;
  });
  const real = openTransport();
  const transport: Transport = {
    ...real,
    exchange: (request, how) => real.exchange({ ...request, origin: cloud.address }, how),
  };
  onTestFinished(async () => {
    real.close();
    await cloud[Symbol.asyncDispose]();
  });
  const account = openAccount({
    credentials: staticCredentials({ HUAWEICLOUD_SDK_AK: accessKey, HUAWEICLOUD_SDK_SK: secretKey }).provider,
    ...{ region: 'cn-north-4', site: 'china', projectId, domainId, transport, random: () => 0 },
    ...options,
  });
  const asked = () => cloud.requests.map(({ headers }) => headers.host);
  return { account, asked };
}
const caught = (work: Promise<unknown>) =>
  work.then(
    () => expect.fail('it worked'),
    (error: unknown) => error,
  );

describe.each(['CBC.0150', 'CBC.0156'])('an account that is refused with %s', (code) => {
  test.each<[Site, Site, Reply]>([
    ['china', 'international', unknownKey],
    ['international', 'china', wrongSite(code)],
    ['china', 'europe', welcome({ path: '' })],
  ])('by the site %s is told that it belongs to %s, and the flag', async (site, own, europe) => {
    const replies = { china: wrongSite(code), international: wrongSite(code), europe, [own]: welcome };
    const { account, asked } = await billingCentres(replies, { site });
    const error = await caught(account.billing.balances());
    expect(failureOf('The billing centre', error)).toMatchObject({
      cause: 'WrongSite',
      message: expect.stringMatching(new RegExp(`${code}.*it belongs to the site ${own}\\.$`)),
      remedy: `Set the site with --site=${own} (chart: site: ${own}), or for the account of a Secret alone with DCC_OPERATOR_SITE: ${own} in it.`,
    });
    expect(asked().at(-1)).toBe(hosts[own]);
  });

  test('is asked for once, however many reads fail', async () => {
    const replies = { china: wrongSite(code), international: welcome, europe: unknownKey };
    const { account, asked } = await billingCentres(replies);
    await Promise.all([caught(account.billing.balances()), caught(account.billing.probeSite())]);
    await caught(account.billing.balances());
    expect(asked().filter((host) => host === hosts.international)).toHaveLength(1);
  });

  test('by all sites keeps the error as it was, and is asked for again after a while', async () => {
    const clock = createVirtualClock(new Date());
    const replies = { china: wrongSite(code), international: wrongSite(code), europe: unknownKey };
    const { account, asked } = await billingCentres(replies, { clock });
    const askedAbroad = () => asked().filter((host) => host !== hosts.china).length;
    expect(await caught(account.billing.balances())).toMatchObject({
      class: 'WrongSite',
      site: undefined,
      remedy: expect.stringContaining('(china, international or europe): with --site (chart: site)'),
    });
    // The key that Europe does not know is as good as before at home.
    expect(await caught(account.billing.balances())).toMatchObject({ class: 'WrongSite' });
    expect(askedAbroad()).toBe(2);
    await clock.advance(minutes(10));
    await caught(account.billing.balances());
    expect(askedAbroad()).toBe(4);
  });
});

test('nobody is asked when all is well, or when the address of the billing centre was set', async () => {
  const { account, asked } = await billingCentres({ china: welcome, international: welcome, europe: welcome });
  await account.billing.balances();
  expect(asked()).toEqual([hosts.china]);
  const replies = { china: wrongSite('CBC.0150'), international: welcome, europe: welcome };
  const set = await billingCentres(replies, { endpoints: { billing: `https://${hosts.china}` } });
  expect(await caught(set.account.billing.balances())).toMatchObject({ class: 'WrongSite', site: undefined });
  expect(set.asked()).toEqual([hosts.china]);
});
