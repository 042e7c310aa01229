import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { seconds } from '../../../operator/clock.ts';
import {
  type SignedUnsubscription,
  sendUnsubscription,
  signUnsubscription,
  type UnsubscriptionOrder,
} from '../../../operator/huaweicloud/billing-unsubscribe.ts';
import { CloudError } from '../../../operator/huaweicloud/errors.ts';
import { createTrafficControl } from '../../../operator/huaweicloud/traffic.ts';
import type { Exchange } from '../../../operator/huaweicloud/transport.ts';
import { createVirtualClock } from '../../virtual-clock.ts';
import {
  domainId,
  type RecordedCloud,
  type Reply,
  recordedCloud,
  type SeenRequest,
  secretKey,
} from './recorded-cloud.ts';

const serverId = '8f8e2c4e-0f0c-4a3f-9b7e-2f0f4b0c1d2e';
const order: UnsubscriptionOrder = { resourceIds: [serverId], scope: 1, reasonType: 5, reasonText: 'decommission' };
const limits = { deadline: seconds(1) };

const isOrder = (request: SeenRequest) => request.path === '/v2/orders/subscriptions/resources/unsubscribe';
const ordersSeen = (cloud: RecordedCloud) => cloud.requests.filter(isOrder);

/** A billing centre that answers reads, and orders as told. */
const billingCentre = (reply: Reply) =>
  recordedCloud((request) => (isOrder(request) ? reply : { json: { debt_amount: 0, currency: 'CNY' } }));

async function signAfterARead(cloud: RecordedCloud): Promise<SignedUnsubscription> {
  await cloud.account.billing.balances();
  return await signUnsubscription(cloud.account.orderChannel, order);
}

describe('the traffic to the billing centre', () => {
  const silence: Exchange = { kind: 'Unknown', message: 'the connection was reset' };

  async function aGuardedCentre(reply: Reply = { json: { order_ids: ['CS1'] } }) {
    const clock = createVirtualClock();
    const control = createTrafficControl(clock);
    const cloud = await recordedCloud(
      (request) => (isOrder(request) ? reply : { json: { debt_amount: 0, currency: 'CNY' } }),
      { traffic: control.of('key') },
    );
    const operation = 'CancelResourcesSubscription';
    const road = control.of('key')({ service: 'billing', operation, origin: cloud.address });
    const fallSilent = async () => {
      for (let failures = 0; failures < 5; failures += 1) {
        road.recordRead(silence, undefined, false);
        await clock.advance(1_000);
      }
    };
    const told = () => control.state().turns.find((turns) => turns.operation === operation);
    return { cloud, road, fallSilent, told, [Symbol.asyncDispose]: () => cloud[Symbol.asyncDispose]() };
  }

  test('keeps an order from being signed, and a signed one from leaving, while it is silent', async () => {
    await using centre = await aGuardedCentre();
    const signed = await signAfterARead(centre.cloud);
    await centre.fallSilent();
    const { orderChannel } = centre.cloud.account;
    await expect(signUnsubscription(orderChannel, order)).rejects.toMatchObject({ code: 'CircuitOpen' });
    const outcome = await sendUnsubscription(signed, limits);
    expect(outcome).toEqual({ kind: 'NotSent', message: expect.stringContaining('has not answered as it should') });
    expect(ordersSeen(centre.cloud)).toHaveLength(0);
  });

  test('learns from an order that was refused for the rate', async () => {
    await using centre = await aGuardedCentre({ status: 429, json: { error_code: 'APIGW.0308', error_msg: 'no' } });
    await sendUnsubscription(await signAfterARead(centre.cloud), limits);
    expect(centre.told()).toMatchObject({ throttled: true, callsPerSecond: 5 });
  });

  test('never delays an order, whatever the cloud asked of others', async () => {
    await using centre = await aGuardedCentre();
    const { road, cloud } = centre;
    const facts = { class: 'Throttled', code: 'APIGW.0308', operation: 'billing.X', message: 'no' } as const;
    const throttled = new CloudError({ ...facts, retryAfter: seconds(50) });
    road.recordRead({ kind: 'Answered', answer: { status: 429, headers: {}, body: '' } }, throttled, false);
    // The clock of the traffic stands still: whoever waits for it, waits for ever.
    expect(await sendUnsubscription(await signAfterARead(cloud), limits)).toMatchObject({ kind: 'Accepted' });
  });
});

describe('signing', () => {
  test("dates the order with the billing centre's time and sends nothing of it", async () => {
    const cloudTime = new Date('2026-03-01T12:00:00Z');
    await using cloud = await recordedCloud(() => ({
      json: { debt_amount: 0, currency: 'CNY' },
      headers: { date: cloudTime.toUTCString() },
    }));
    const signed = await signAfterARead(cloud);
    expect(ordersSeen(cloud)).toHaveLength(0);
    expect(Math.abs(signed.signedAt.getTime() - cloudTime.getTime())).toBeLessThan(2_000);
    expect(signed.signedAt.getMilliseconds()).toBe(0);
    expect(signed.resourceIds).toEqual([serverId]);
  });

  test("is refused while the billing centre's time is not known", async () => {
    await using cloud = await billingCentre({ json: {} });
    await expect(signUnsubscription(cloud.account.orderChannel, order)).rejects.toMatchObject({
      code: 'CloudTimeUnknown',
    });
    expect(cloud.requests).toHaveLength(0);
  });

  test.each([
    [[], '1 to 10'],
    [Array.from({ length: 11 }, (_, n) => `id-${n}`), '1 to 10'],
    [[serverId, serverId], 'named twice'],
    [[''], 'empty'],
  ])('refuses the resources %j', async (resourceIds, complaint) => {
    await using cloud = await billingCentre({ json: {} });
    await cloud.account.billing.balances();
    const attempt = signUnsubscription(cloud.account.orderChannel, { ...order, resourceIds });
    await expect(attempt).rejects.toThrow(complaint);
  });

  test('a channel that no account made cannot sign, not even the copy of one', async () => {
    await using cloud = await billingCentre({ json: {} });
    await expect(signUnsubscription({ ...cloud.account.orderChannel }, order)).rejects.toThrow(TypeError);
  });

  test('a signed order shows neither the request nor the secret', async () => {
    await using cloud = await billingCentre({ json: {} });
    const signed = await signAfterARead(cloud);
    const printed = `${inspect(signed, { depth: 9, showHidden: true })}${JSON.stringify({ signed, channel: cloud.account.orderChannel })}`;
    expect(printed).not.toMatch(/authorization|Signature/i);
    expect(printed).not.toContain(secretKey);
  });
});

describe('sending', () => {
  test('puts exactly the documented request on the wire, with the signed date', async () => {
    await using cloud = await billingCentre({ json: { order_ids: ['CS2601020304ABCDE'], fail_resource_infos: [] } });
    const signed = await signAfterARead(cloud);
    const outcome = await sendUnsubscription(signed, limits);
    expect(outcome).toEqual({ kind: 'Accepted', orderIds: ['CS2601020304ABCDE'], failed: [] });
    const [request] = ordersSeen(cloud);
    expect(request?.method).toBe('POST');
    expect(request?.target).toBe('/v2/orders/subscriptions/resources/unsubscribe');
    expect(request?.body).toBe(
      `{"resource_ids":["${serverId}"],"unsubscribe_type":1,"unsubscribe_reason_type":5,"unsubscribe_reason":"decommission"}`,
    );
    expect(request?.headers).toMatchObject({
      'x-domain-id': domainId,
      'x-sdk-date': signed.signedAt.toISOString().replaceAll(/[-:]|\.000/g, ''),
      authorization: expect.stringContaining('SignedHeaders=content-type;host;x-domain-id;x-sdk-date,'),
    });
  });

  test.each<[Reply, string]>([
    ['Reset', 'Unknown'],
    ['Stall', 'Unknown'],
    ['Truncate', 'Unknown'],
    [{ status: 500, json: { error_code: 'CBC.0999', error_msg: 'other' } }, 'Unknown'],
    [{ status: 502, text: '<html>' }, 'Unknown'],
    [{ status: 503, json: {}, headers: { 'retry-after': '0' } }, 'Unknown'],
    [{ status: 429, json: { error_code: 'APIGW.0308', error_msg: 'throttled' } }, 'Rejected'],
    [{ status: 400, json: { error_code: 'CBC.99003651', error_msg: 'busy' } }, 'Unknown'],
  ])('is done once, whatever comes back: %j is %s', async (reply, kind) => {
    await using cloud = await billingCentre(reply);
    const outcome = await sendUnsubscription(await signAfterARead(cloud), limits);
    expect(outcome.kind).toBe(kind);
    expect(ordersSeen(cloud)).toHaveLength(1);
  });

  test('a signed order can be sent only once; the second call sends nothing and claims nothing', async () => {
    await using cloud = await billingCentre({ json: { order_ids: ['CS1'] } });
    const signed = await signAfterARead(cloud);
    const outcomes = await Promise.all([sendUnsubscription(signed, limits), sendUnsubscription(signed, limits)]);
    expect(outcomes.map((outcome) => outcome.kind).sort()).toEqual(['Accepted', 'Unknown']);
    expect(ordersSeen(cloud)).toHaveLength(1);
  });

  test('when nobody listens, nothing was sent', async () => {
    const cloud = await billingCentre({ json: {} });
    const signed = await signAfterARead(cloud);
    await cloud[Symbol.asyncDispose]();
    expect(await sendUnsubscription(signed, limits)).toMatchObject({
      kind: 'NotSent',
      message: expect.stringContaining('ECONNREFUSED'),
    });
  });

  test.each([0, -5, Number.NaN])('with a deadline of %d ms nothing is sent', async (deadline) => {
    await using cloud = await billingCentre({ json: { order_ids: ['CS1'] } });
    const outcome = await sendUnsubscription(await signAfterARead(cloud), { deadline: seconds(deadline) });
    expect(outcome.kind).toBe('NotSent');
    expect(ordersSeen(cloud)).toHaveLength(0);
  });

  test('an order that is held back at the last moment was not sent', async () => {
    await using cloud = await billingCentre({ json: { order_ids: ['CS1'] } });
    const holdBack = () => 'the lease is over';
    const outcome = await sendUnsubscription(await signAfterARead(cloud), { ...limits, holdBack });
    expect(outcome).toEqual({ kind: 'NotSent', message: 'the lease is over' });
    expect(ordersSeen(cloud)).toHaveLength(0);
  });

  test('a deadline with a fraction of a millisecond is a deadline', async () => {
    await using cloud = await billingCentre({ json: { order_ids: ['CS1'] } });
    const outcome = await sendUnsubscription(await signAfterARead(cloud), { deadline: seconds(1.0004567) });
    expect(outcome.kind).toBe('Accepted');
  });
});
