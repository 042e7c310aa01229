import { describe, expect, test } from 'vitest';
import { seconds } from '../../../operator/clock.ts';
import type { FaultInput } from '../../huaweicloud/faults.ts';
import { aWorld } from '../../huaweicloud/seed.ts';
import { eventually, readyOf, statesOfCall } from './expectations.ts';
import { aRequest } from './manifests.ts';
import { openScenario, type Scenario } from './scenario.ts';

type Effect = FaultInput['effect'];

/** Longer than the settle window of 12 s, the bound on the cloud's time, and the pause before a second attempt. */
const afterTheWindow = seconds(45);

/** Of the resource; it may be the order of this very call. */
const inProgress = { error_code: 'CBC.99003651', error_msg: 'Another transaction of the resource is in progress.' };

/** Orders one server while the next call that places an order fares as the fault wants it. */
async function orderOnce(scenario: Scenario, effect: Effect): Promise<void> {
  await scenario.applyServers('host-01');
  await scenario.apply(aRequest('retire', ['host-01']));
  await scenario.expectRequest('retire').toReach('AwaitingApproval');
  await scenario.control.addFault({ operation: 'billing.unsubscribe', times: 1, effect });
  await scenario.approve('retire');
}

const open = (expectedRefusals = 0) =>
  openScenario({ world: aWorld().withServer({ name: 'host-01' }), expectedRefusals });
const sentTo = ({ cloud }: Scenario): number =>
  Object.values(cloud.counts['billing.unsubscribe'] ?? {}).reduce((total, count) => total + count, 0);

describe.concurrent('an order that took effect, and whose answer', () => {
  test.each<[string, Effect]>([
    ['was lost when the connection was reset', { kind: 'reset', when: 'after' }],
    ['was a 500 of the billing centre', { kind: 'serverError', when: 'after' }],
    ['was a 502 of a gateway on the way', { kind: 'serverError', when: 'after', status: 502, code: 'APIGW.0201' }],
    ['was that to the second time, by a proxy that tried again', { kind: 'handedOverTwice' }],
    ['never came', { kind: 'lostAnswer' }],
    ['was no JSON', { kind: 'malformed' }],
    ['broke off in the middle', { kind: 'truncated' }],
    ['came too late', { kind: 'delay', milliseconds: 4_000 }],
  ])('%s, is found by reading and never sent again', async (_, effect) => {
    await using scenario = await open(effect.kind === 'handedOverTwice' ? 1 : 0);
    await orderOnce(scenario, effect);
    const { status } = await scenario.expectRequest('retire').toReach('Complete', afterTheWindow);
    expect(statesOfCall(scenario.objects, '1.1')).toEqual(['Intended', 'Unknown', 'Accepted', 'Completed']);
    expect(status.placements).toMatchObject([{ id: '1.1', state: 'Accepted', result: 'Completed' }]);
    expect(status.placements?.[0]?.orders?.[0]?.orderId).toBe(scenario.orders[0]?.orderId);
    expect(status.refund).toMatch(/CNY$/);
    expect(scenario.orders).toHaveLength(1);
    expect(sentTo(scenario)).toBe(1);
  });
});

describe.concurrent('an order that had no effect, and of which nobody knows that', () => {
  test.each<[string, Effect]>([
    ['because the connection was reset', { kind: 'reset', when: 'before' }],
    ['because a 500 came instead', { kind: 'serverError', when: 'before' }],
    ['because something else was in progress for a moment', { kind: 'answer', status: 400, body: inProgress }],
    ['because the answer was 200 with nothing in it', { kind: 'answer', status: 200, body: {} }],
    ['because CBC.0999 came inside of a success', { kind: 'errorInsideSuccess', code: 'CBC.0999' }],
  ])('%s, is sent again only when the first call can no longer take effect', async (_, effect) => {
    await using scenario = await open();
    await orderOnce(scenario, effect);
    const waiting = await scenario.expectRequest('retire').toReach('OutcomeUnknown');
    expect(readyOf(waiting)?.message).toMatch(/Nothing is sent again before it is settled/);
    const { status } = await scenario.expectRequest('retire').toReach('Complete', afterTheWindow);
    expect(statesOfCall(scenario.objects, '1.1')).toEqual(['Intended', 'Unknown', 'NotPlaced']);
    expect(statesOfCall(scenario.objects, '1.2')).toEqual(['Intended', 'Accepted', 'Completed']);
    const [first, second] = (status.placements ?? []).map(({ signedAt }) => Date.parse(signedAt));
    expect((second ?? 0) - (first ?? 0), 'time between the signatures').toBeGreaterThanOrEqual(seconds(12));
    expect(scenario.orders).toHaveLength(1);
    expect(sentTo(scenario)).toBe(2);
  });
});

test.concurrent('a call that reading cannot settle is never sent again by itself, and settled by what a person states', async () => {
  const world = aWorld().withServer({ name: 'host-01' }).withServer({ name: 'host-02' });
  await using scenario = await openScenario({ world });
  await orderOnce(scenario, { kind: 'reset', when: 'before' });
  await scenario.expectRequest('retire').toReach('OutcomeUnknown');
  const stalledWith = (message: string) =>
    eventually(() => {
      const { status } = scenario.objects.request('retire') ?? expect.fail('the request is gone');
      expect(status.conditions).toContainEqual(
        expect.objectContaining({ type: 'Stalled', message: expect.stringMatching(message) }),
      );
    }, afterTheWindow);
  await scenario.kubectl('annotate', 'unsub', 'retire', 'settle.dcc-operator.io/1.1=none');
  const { orderId } = await scenario.control.unsubscribeInConsole(['host-02']);
  await stalledWith(
    '1\\.1: none was there before call 1\\.1 .* could be judged\\. Remove it \\(`kubectl -n .*1\\.1-`\\), look in',
  );
  await scenario.kubectl('annotate', 'unsub', 'retire', 'settle.dcc-operator.io/1.1-');
  await stalledWith(`Call 1\\.1 cannot be settled.*${orderId}.*My Orders`);
  await scenario.kubectl('annotate', 'unsub', 'retire', 'settle.dcc-operator.io/1.1=CS0');
  await stalledWith('names order CS0, which the account does not have\\. .* say which: `kubectl -n ');
  await scenario.kubectl('annotate', 'unsub', 'retire', '--overwrite', `settle.dcc-operator.io/1.1=${orderId}`);
  await stalledWith(`names order ${orderId}, which the bill ties to other resources alone\\.`);
  expect(sentTo(scenario)).toBe(1);
  await scenario.kubectl('annotate', 'unsub', 'retire', '--overwrite', 'settle.dcc-operator.io/1.1=none');
  await scenario.expectRequest('retire').toReach('Complete', afterTheWindow);
  expect(statesOfCall(scenario.objects, '1.1')).toEqual(['Intended', 'Unknown', 'NotPlaced']);
  expect(statesOfCall(scenario.objects, '1.2')).toEqual(['Intended', 'Accepted', 'Completed']);
});

test('an order that the cloud refused for good fails the request, with the words of the cloud and what to do', async () => {
  await using scenario = await open();
  const never = { status: 400, body: { error_code: 'CBC.99003645', error_msg: 'This type cannot be unsubscribed.' } };
  await orderOnce(scenario, { kind: 'answer', ...never });
  const { status } = await scenario.expectRequest('retire').toReach('Failed');
  expect(status.placements).toMatchObject([{ id: '1.1', state: 'Rejected', code: 'CBC.99003645', mayRetry: false }]);
  expect(status.conditions).toContainEqual(
    expect.objectContaining({ type: 'Failed', message: expect.stringMatching(/CBC\.99003645.*does not allow it/) }),
  );
  expect(scenario.orders).toEqual([]);
});
