import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { seconds } from '../../../operator/clock.ts';
import { aWorld } from '../../huaweicloud/seed.ts';
import { stays } from './expectations.ts';
import { aRequest, type Manifest } from './manifests.ts';
import { openScenario, type Scenario } from './scenario.ts';

let scenario: Scenario;
beforeAll(async () => {
  const world = aWorld();
  for (const host of ['held', 'reserved', 'paused', 'later', 'too-late', 'observed', 'guarded', 'unpaid', 'renewed']) {
    world.withServer({ name: host });
  }
  world.withRenewal('renewed');
  scenario = await openScenario({ world });
});
afterAll(() => scenario.close());

const resourceIdOf = (host: string) =>
  scenario.cloud.world.servers.find(({ name }) => name === host)?.resourceId ?? host;
const ordersOf = (host: string) =>
  scenario.orders.filter(({ resourceIds }) => resourceIds.includes(resourceIdOf(host)));

/** Applies a server and the request for it, approved. */
async function approved(host: string, request: Manifest) {
  await scenario.applyServers(host);
  await scenario.apply(request);
  await scenario.approve(request.metadata.name);
  return scenario.expectRequest(request.metadata.name);
}

const inSeconds = (count: number) => new Date(Date.now() + seconds(count)).toISOString();

describe('an approved request orders nothing while', () => {
  test('somebody holds it by an annotation', async () => {
    const annotations = { 'hold.dcc-operator.io/finance': 'until the books are closed' };
    const manifest = aRequest('retire-held', ['held']);
    const request = await approved('held', { ...manifest, metadata: { ...manifest.metadata, annotations } });
    await request.toBeBlockedBy({
      condition: 'HooksReleased',
      reason: 'Held',
      message: /^finance holds the request back\.$/,
      remedy: /remove the annotation hold\.dcc-operator\.io\/finance/,
    });
    await request.toReach('Held');
    expect(ordersOf('held')).toEqual([]);
    await scenario.kubectl('annotate', 'unsub', 'retire-held', 'hold.dcc-operator.io/finance-');
    await request.toReach('Complete');
  });

  test('somebody holds its server by an annotation', async () => {
    await scenario.applyServers('reserved');
    await scenario.kubectl('annotate', 'dccs', 'reserved', 'hold.dcc-operator.io/storage-team=');
    const request = await approved('reserved', aRequest('retire-reserved', ['reserved']));
    await request.toBeBlockedBy({
      condition: 'HooksReleased',
      reason: 'Held',
      server: 'reserved',
      message: /storage-team holds DCCServer reserved back/,
    });
    expect(ordersOf('reserved')).toEqual([]);
    await scenario.kubectl('annotate', 'dccs', 'reserved', 'hold.dcc-operator.io/storage-team-');
    await request.toReach('Complete');
  });

  test('it is suspended', async () => {
    const request = await approved('paused', aRequest('retire-paused', ['paused'], { suspend: true }));
    await request.toReach('Suspended');
    await request.toBeBlockedBy({
      condition: 'PlacementAllowed',
      reason: 'Suspended',
      remedy: /Set spec\.suspend to false/,
    });
    expect(ordersOf('paused')).toEqual([]);
    await scenario.patch('unsub', 'retire-paused', { spec: { suspend: false } });
    await request.toReach('Complete');
  });

  test('its time has not come', async () => {
    const notBefore = inSeconds(20);
    const request = await approved('later', aRequest('retire-later', ['later'], { notBefore }));
    await request.toReach('NotBefore');
    await request.toBeBlockedBy({ condition: 'PlacementAllowed', reason: 'NotBefore', message: new RegExp(notBefore) });
    expect(ordersOf('later')).toEqual([]);
    await request.toReach('Complete');
    expect(Date.parse(ordersOf('later')[0]?.time ?? '')).toBeGreaterThanOrEqual(Date.parse(notBefore));
  });

  test('its deadline has passed, for good', async () => {
    const request = await approved('too-late', aRequest('retire-too-late', ['too-late'], { deadline: inSeconds(-60) }));
    await request.toReach('DeadlinePassed');
    await request.toBeBlockedBy({
      condition: 'PlacementAllowed',
      reason: 'DeadlinePassed',
      remedy: /create one with another deadline/,
    });
    expect(ordersOf('too-late')).toEqual([]);
  });

  test('it demands a refund that nobody can estimate yet', async () => {
    const refund = { minimum: '20000', currency: 'CNY' };
    const request = await approved('guarded', aRequest('retire-guarded', ['guarded'], { refund }));
    await request.toBeBlockedBy({
      condition: 'RefundAcceptable',
      reason: 'EstimateUnavailable',
      message: /at least 20000 CNY/,
      remedy: /create a request without spec\.refund/,
    });
    expect(ordersOf('guarded')).toEqual([]);
  });

  test('another order of its resource is unpaid', async () => {
    const order = await scenario.control.createUnpaidOrder('unpaid');
    const request = await approved('unpaid', aRequest('retire-unpaid', ['unpaid']));
    await request.toBeBlockedBy({
      condition: 'OrdersSettled',
      reason: 'UnpaidOrder',
      message: new RegExp(`Order ${order.orderId} is not paid`),
      remedy: /Pay or cancel order/,
    });
    expect(ordersOf('unpaid')).toEqual([]);
    await scenario.control.finishOrder(order.orderId);
    await request.toReach('Complete');
  });
});

test('only the renewals are given back when only they are asked for: the server keeps its machines and its row', async () => {
  await scenario.control.createVm({ name: 'stays-01', server: 'renewed' });
  const request = await approved('renewed', aRequest('unrenew', ['renewed'], { scope: 'RenewalsOnly' }));
  await request.toReach('Complete');
  expect(ordersOf('renewed')).toMatchObject([{ unsubscribeType: 2, vmsDestroyed: [] }]);
  await scenario.expectServer('renewed').toShow({ subscription: { status: 'InUse' }, virtualMachines: { total: 1 } });
});

test('an operator that only observes says everything, and orders nothing', async () => {
  const world = aWorld().withServer({ name: 'host-01' });
  await using observing = await openScenario({ world, flags: { mode: 'ObserveOnly' } });
  await observing.applyServers('host-01');
  await observing.apply(aRequest('retire', ['host-01']));
  await observing.approve('retire');
  const request = observing.expectRequest('retire');
  await request.toReach('ObserveOnly');
  await request.toBeBlockedOnlyBy('ObserveOnly');
  await request.toBeBlockedBy({
    condition: 'PlacementAllowed',
    reason: 'ObserveOnly',
    remedy: /Start the operator with --mode Place/,
  });
  await stays(() => expect(observing.cloud.counts['billing.unsubscribe']).toBeUndefined(), seconds(2));
});
