import { Big } from 'big.js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { seconds } from '../../../operator/clock.ts';
import { aWorld } from '../../huaweicloud/seed.ts';
import { defaultSettings } from '../../huaweicloud/settings.ts';
import { eventually, stays } from './expectations.ts';
import { aRequest } from './manifests.ts';
import { openScenario, type Scenario } from './scenario.ts';

const { monthly, years } = defaultSettings.handlingFees;
const rates = JSON.stringify({ feePercent: { monthly, ...years } });

let scenario: Scenario;
beforeAll(async () => {
  const world = aWorld();
  world.withServer({ name: 'plain' }, { paid: '8760.00', years: 1, daysAgo: 100 });
  world.withServer({ name: 'renewed' }, { paid: '8760.00', years: 1, daysAgo: 100 }).withRenewal('renewed', '5000.00');
  world.withServer({ name: 'guarded' }, { paid: '8760.00', years: 3, daysAgo: 400 });
  world.withServer({ name: 'foreign' }, { paid: '8760.00', years: 1, daysAgo: 10 });
  world.withServer({ name: 'long' }, { paid: '8760.00', years: 5, daysAgo: 10 });
  world.withServer({ name: 'late' }, { paid: '8760.00', years: 1, daysAgo: 1 });
  for (const bill of world.build().bills) if (bill.resourceName === 'late') bill.visibleAt = '2999-01-01T00:00:00Z';
  scenario = await openScenario({ world, flags: { 'refund-rates': rates } });
});
afterAll(() => scenario.close());

async function requested(host: string, changes = {}) {
  await scenario.applyServers(host);
  await scenario.apply(aRequest(`retire-${host}`, [host], changes));
  return scenario.expectRequest(`retire-${host}`);
}

describe('the refund is estimated for who approves', () => {
  test.each(['plain', 'renewed'])('and what comes back is compared with it: %s', async (host) => {
    const request = await requested(host);
    const waiting = await request.toReach('AwaitingApproval');
    const { refund = '0', currency, note } = waiting.status.plan?.estimate ?? {};
    expect({ currency, note }).toEqual({ currency: 'CNY', note: expect.stringContaining('the bill decides') });
    expect(Number(refund)).toBeGreaterThan(host === 'renewed' ? 9_000 : 4_000);
    expect(await scenario.kubectl('get', 'unsub', `retire-${host}`)).toContain(`~${refund} CNY`);
    await scenario.approve(`retire-${host}`);
    const { status } = await request.toReach('Complete');
    const [order] = status.placements?.[0]?.orders ?? [];
    // An hour costs 1.00, and one may have begun in between.
    expect(
      new Big(refund)
        .minus(order?.refund ?? 0)
        .abs()
        .toNumber(),
    ).toBeLessThanOrEqual(1);
    expect(status.placements?.[0]?.estimate).toMatchObject({ currency: 'CNY' });
    expect(await scenario.kubectl('get', 'unsub', `retire-${host}`)).not.toContain('~');
    await eventually(async () =>
      expect(await scenario.eventsOf(`retire-${host}`)).toContainEqual(
        expect.stringMatching(/^Refunded: Call 1\.1 gave back/),
      ),
    );
  });

  test('and is none, with the reason, for a term that the table does not have, and while the bill is late', async () => {
    const long = await (await requested('long')).toReach('AwaitingApproval');
    expect(long.status.plan?.estimate).toEqual({ note: expect.stringContaining('a term of 5 years') });
    const late = await (await requested('late')).toReach('AwaitingApproval');
    expect(late.status.plan?.estimate).toEqual({ note: expect.stringContaining('was paid for without a gap') });
  });
});

describe('an approved request orders nothing while', () => {
  test('less is estimated than it demands; another one, that demands less, does', async () => {
    const refund = { minimum: '8000', currency: 'CNY' };
    const first = await requested('guarded', { refund });
    await scenario.approve('retire-guarded');
    await first.toBeBlockedBy({
      condition: 'RefundAcceptable',
      reason: 'BelowMinimum',
      message: /Less is estimated than the 8000 CNY/,
      remedy: /lower spec\.refund\.minimum/,
    });
    await first.toBeBlockedOnlyBy('BelowMinimum');
    await stays(
      () => expect(scenario.objects.request('retire-guarded')?.status.placements).toBeUndefined(),
      seconds(2),
    );
    await scenario.kubectl('delete', 'unsub', 'retire-guarded', '--timeout=10s');
    await scenario.apply(aRequest('retire-for-less', ['guarded'], { refund: { minimum: '4000.50', currency: 'CNY' } }));
    await scenario.approve('retire-for-less');
    await scenario.expectRequest('retire-for-less').toReach('Complete');
  });

  test('it demands a refund in another currency', async () => {
    const request = await requested('foreign', { refund: { minimum: '1', currency: 'USD' } });
    await scenario.approve('retire-foreign');
    await request.toBeBlockedBy({
      condition: 'RefundAcceptable',
      reason: 'CurrencyMismatch',
      message: /in USD is demanded, and the servers were paid for in CNY/,
    });
  });
});
