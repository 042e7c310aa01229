import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { aWorld } from '../../huaweicloud/seed.ts';
import { readyOf } from './expectations.ts';
import { aRequest } from './manifests.ts';
import { openScenario, type Scenario } from './scenario.ts';

let scenario: Scenario;
beforeAll(async () => {
  const world = aWorld();
  for (const host of ['suite-1', 'suite-2', 'suite-3']) world.withServer({ name: host, portfolio: 'suite' });
  for (const host of ['with-disk', 'with-disks', 'one', 'two', 'bad', 'good', 'costly'])
    world.withServer({ name: host });
  for (const host of ['pair-1', 'pair-2']) world.withServer({ name: host, portfolio: 'pair' }, { paid: '1000.00' });
  world
    .withSecondary('disk-1', 'with-disk')
    .withSecondary('disk-2', 'with-disks')
    .withSecondary('disk-3', 'with-disks');
  scenario = await openScenario({ world, flags: { 'leader-election': 'Lease' }, expectedRefusals: 1 });
});
afterAll(() => scenario.close());

const resourceId = (name: string) => {
  const row = scenario.cloud.world.billingResources.find(({ resourceName }) => resourceName === name);
  return row?.resourceId ?? name;
};
/** The accepted calls that named any of these, in order, by name. */
const callsFor = (...names: string[]) =>
  scenario.orders
    .filter(({ resourceIds }) => names.some((name) => resourceIds.includes(resourceId(name))))
    .map(({ resourceIds }) => names.filter((name) => resourceIds.includes(resourceId(name))));

describe('a solution portfolio', () => {
  const members = ['suite-1', 'suite-2', 'suite-3'];

  test('is not given back in part', async () => {
    await scenario.apply(...members.map((name) => scenario.server(name, { portfolio: 'suite' })));
    await scenario.apply(aRequest('part', ['suite-1', 'suite-2']));
    await scenario.approve('part');
    await scenario.expectRequest('part').toBeBlockedBy({
      condition: 'PortfolioComplete',
      reason: 'PortfolioPartial',
      message: /The portfolio suite has more servers than the request names: suite-3/,
      remedy: /Create a request that names all servers of the portfolio/,
    });
    expect(callsFor(...members)).toEqual([]);
    await scenario.kubectl('delete', 'unsub', 'part', '--timeout=5s');
  });

  test('is given back as a whole by one call with all its ids, and its large refund is waited for', async () => {
    await scenario.apply(aRequest('whole', ['suite-3', 'suite-1', 'suite-2']));
    await scenario.approve('whole');
    const waiting = await scenario.expectRequest('whole').toReach('OrderInProgress');
    expect(readyOf(waiting)?.message).toMatch(/is PendingApproval/);
    await scenario.control.approveRefund(scenario.orders[0]?.orderId ?? '');
    const { status } = await scenario.expectRequest('whole').toReach('Complete');
    expect(callsFor(...members)).toEqual([members]);
    expect(status.placements).toHaveLength(1);
    for (const member of members)
      await scenario.expectServer(member).toShow({ unsubscription: { state: 'Completed' } });
  });

  test('that nobody declared is learnt from what the cloud says, and remembered: the next request does not try', async () => {
    await scenario.applyServers('pair-1', 'pair-2');
    await scenario.apply(aRequest('alone', ['pair-1']));
    await scenario.approve('alone');
    const failed = await scenario.expectRequest('alone').toReach('Failed');
    expect(readyOf(failed)?.message).toMatch(/Unsubscribe all members of the solution portfolio together/);
    await scenario.expectServer('pair-1').toShow({ unsubscription: { state: 'Rejected', code: 'CBC.99003185' } });
    await scenario.kubectl('delete', 'unsub', 'alone', '--timeout=10s');
    await scenario.apply(aRequest('again', ['pair-1']));
    await scenario.approve('again');
    await scenario.expectRequest('again').toBeBlockedBy({
      condition: 'PortfolioComplete',
      reason: 'PortfolioUndeclared',
      server: 'pair-1',
      remedy: /same spec\.portfolio/,
    });
    await scenario.kubectl('delete', 'unsub', 'again', '--timeout=10s');
    for (const name of ['pair-1', 'pair-2']) await scenario.patch('dccs', name, { spec: { portfolio: 'pair' } });
    await scenario.apply(aRequest('together', ['pair-1', 'pair-2']));
    await scenario.approve('together');
    await scenario.expectRequest('together').toReach('Complete');
    expect(callsFor('pair-1', 'pair-2')).toEqual([['pair-1', 'pair-2']]);
  });
});

describe('what hangs on a server and would go with it', () => {
  test('blocks unless the request says otherwise', async () => {
    await scenario.applyServers('with-disk');
    await scenario.apply(aRequest('refuse', ['with-disk']));
    await scenario.approve('refuse');
    await scenario.expectRequest('refuse').toBeBlockedBy({
      condition: 'SecondariesHandled',
      reason: 'SecondaryResourcesPresent',
      server: 'with-disk',
      message: /disk-1 \(hws\.resource\.type\.volume\) would be unsubscribed together with the server/,
      remedy: /create a request with secondaryResources: Separately/,
    });
    expect(callsFor('with-disk', 'disk-1')).toEqual([]);
  });

  test('is ordered by itself, before its server, when the request says so', async () => {
    await scenario.applyServers('with-disks');
    await scenario.apply(aRequest('separately', ['with-disks'], { secondaryResources: 'Separately' }));
    await scenario.approve('separately');
    await scenario.expectRequest('separately').toReach('Complete');
    expect(callsFor('disk-2', 'disk-3', 'with-disks')).toEqual([['disk-2'], ['disk-3'], ['with-disks']]);
  });
});

describe('several servers in one request', () => {
  test('are ordered one after the other, each by its own call', async () => {
    await scenario.applyServers('one', 'two');
    await scenario.apply(aRequest('both', ['one', 'two']));
    await scenario.approve('both');
    const { status } = await scenario.expectRequest('both').toReach('Complete');
    expect(callsFor('one', 'two')).toEqual([['one'], ['two']]);
    expect(status.placements?.map(({ id }) => id)).toEqual(['1.1', '2.1']);
  });

  test('stop at the first that the cloud refuses for good, unless the request says otherwise', async () => {
    await scenario.applyServers('bad', 'good');
    const body = { error_code: 'CBC.99003645', error_msg: 'This type cannot be unsubscribed.' };
    const refuse = () =>
      scenario.control.addFault({
        operation: 'billing.unsubscribe',
        times: 1,
        effect: { kind: 'answer', status: 400, body },
      });
    await refuse();
    await scenario.apply(aRequest('stop', ['bad', 'good']));
    await scenario.approve('stop');
    await scenario.expectRequest('stop').toReach('Failed');
    expect(callsFor('bad', 'good')).toEqual([]);

    await refuse();
    await scenario.apply(aRequest('go-on', ['bad', 'good'], { onFailure: 'Continue' }));
    await scenario.approve('go-on');
    await scenario.expectRequest('go-on').toReach('Failed');
    expect(callsFor('bad', 'good')).toEqual([['good']]);
  });
});

test('a refund that Huawei rejects fails the request, and the server stays what it was', async () => {
  const row = scenario.cloud.world.orders.find(({ lineItems }) =>
    lineItems.some((item) => item.resourceId === resourceId('costly')),
  );
  for (const item of row?.lineItems ?? [])
    Object.assign(item, { amountAfterDiscount: '90000.00', officialAmount: '90000.00' });
  await scenario.applyServers('costly');
  await scenario.apply(aRequest('costly', ['costly']));
  await scenario.approve('costly');
  const { status } = await scenario.expectRequest('costly').toReach('OrderInProgress');
  const orderId = status.placements?.[0]?.orders?.[0]?.orderId ?? '';
  await scenario.control.rejectRefund(orderId);
  const failed = await scenario.expectRequest('costly').toReach('Failed');
  expect(failed.status.placements).toMatchObject([{ state: 'Accepted', result: 'Cancelled' }]);
  await scenario
    .expectServer('costly')
    .toShow({ unsubscription: { state: 'Cancelled' }, subscription: { status: 'InUse' } });
});
