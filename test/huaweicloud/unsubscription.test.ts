import { describe, expect, it } from 'vitest';
import { hours, milliseconds } from '../../operator/clock.ts';
import type { WorldBuilder } from './seed.ts';
import { aCloud, aTestWorld, serverId, type TestCloud, unsubscribe, vmId } from './test-cloud.ts';

const withServer = (...[purchase, row]: [object?, object?]): WorldBuilder =>
  aTestWorld().withServer({ name: 'host-01' }, purchase, row);
const diskId = '5ec00000-0000-4000-8000-000000000002';
const refused = (code: string) => ({ status: 400, body: { error_code: code } });
const accepted = (orderId: unknown = expect.stringMatching(/^CS2606151630[A-Z]{5}$/)) => ({
  status: 200,
  body: { order_ids: [orderId], fail_resource_infos: [] },
});

const statusOf = async (cloud: TestCloud, orderId: string) => {
  const { body } = await cloud.get(`/v2/orders/customer-orders/details/${orderId}`);
  return Reflect.get(Object(body['order_info']), 'status');
};
const placed = async (cloud: TestCloud, ids = [serverId(1)], body: object = {}): Promise<string> => {
  const answer = await unsubscribe(cloud, ids, body);
  expect(answer).toMatchObject(accepted());
  return String(Reflect.get(Object(answer.body['order_ids']), 0));
};
const rowsOf = async (cloud: TestCloud, ids: readonly string[]) =>
  (await cloud.post('/v2/orders/suscriptions/resources/query', { body: { resource_ids: ids } })).body['data'];
const complete = ({ clock, cloud }: TestCloud) => clock.advance(cloud.settings.orderProcessing);

describe('an unsubscription is refused', () => {
  it.each([
    ['no body', undefined],
    ['no id', { resource_ids: [], unsubscribe_type: 1 }],
    [
      'more than ten ids',
      { resource_ids: Array.from({ length: 11 }, (_, index) => serverId(index)), unsubscribe_type: 1 },
    ],
    ['an unknown type', { resource_ids: [serverId(1)], unsubscribe_type: 3 }],
    ['no type', { resource_ids: [serverId(1)] }],
    ['an unknown reason', { resource_ids: [serverId(1)], unsubscribe_type: 1, unsubscribe_reason_type: 6 }],
  ])('for %s', async (_, body) => {
    const cloud = await aCloud(withServer());
    const answer = await cloud.post(
      '/v2/orders/subscriptions/resources/unsubscribe',
      body === undefined ? {} : { body },
    );
    expect(answer).toMatchObject(refused('CBC.0100'));
    expect((await cloud.control.ledger()).refused).toMatchObject([{ code: 'CBC.0100', resourceIds: [] }]);
  });

  it('for an id that does not exist, and writes that to the ledger', async () => {
    const cloud = await aCloud(withServer());
    const answer = await unsubscribe(cloud, [serverId(9)]);
    expect(answer).toMatchObject(refused('CBC.99003012'));
    expect(await cloud.control.ledger()).toMatchObject({
      accepted: [],
      refused: [
        {
          code: 'CBC.99003012',
          resourceIds: [serverId(9)],
          requestId: answer.headers.get('x-request-id'),
          time: '2026-06-15T08:30:00.000Z',
        },
      ],
    });
  });

  it.each(['account', 'accountAndResources'] as const)('while the account is frozen (%s)', async (scope) => {
    const cloud = await aCloud(withServer());
    await cloud.control.freezeAccount({ scope });
    expect(await unsubscribe(cloud, [serverId(1)])).toMatchObject(refused('CBC.30000052'));
    await cloud.control.thawAccount();
    expect(await unsubscribe(cloud, [serverId(1)])).toMatchObject(accepted());
  });

  it('while the server is frozen', async () => {
    const cloud = await aCloud(withServer());
    await cloud.control.freezeServer('host-01');
    expect(await unsubscribe(cloud, [serverId(1)])).toMatchObject(refused('CBC.99003656'));
    await cloud.control.thawServer('host-01');
    expect(await unsubscribe(cloud, [serverId(1)])).toMatchObject(accepted());
  });

  it('when the server has expired', async () => {
    const cloud = await aCloud(withServer({ daysAgo: 366 }));
    expect(await unsubscribe(cloud, [serverId(1)])).toMatchObject(refused('CBC.99003656'));
  });

  it.each(['closed', 'gone'] as const)(
    'when it has already been unsubscribed (rows are %s)',
    async (unsubscribedRows) => {
      const cloud = await aCloud(withServer(), { unsubscribedRows });
      await placed(cloud);
      complete(cloud);
      const code = unsubscribedRows === 'closed' ? 'CBC.30000067' : 'CBC.99003012';
      expect(await unsubscribe(cloud, [serverId(1)])).toMatchObject(refused(code));
    },
  );

  it('while an earlier one is being processed: there is no idempotency key', async () => {
    const cloud = await aCloud(withServer());
    await placed(cloud);
    expect(await unsubscribe(cloud, [serverId(1)])).toMatchObject(refused('CBC.99003651'));
    expect((await cloud.control.ledger()).accepted).toHaveLength(1);
  });

  it('while an earlier one waits for its approval', async () => {
    const cloud = await aCloud(withServer({ paid: '100000.00' }));
    await placed(cloud);
    expect(await unsubscribe(cloud, [serverId(1)])).toMatchObject(refused('CBC.99003651'));
  });

  it('for a server of somebody else', async () => {
    const cloud = await aCloud(withServer({}, { domainId: 'another-account' }));
    expect(await unsubscribe(cloud, [serverId(1)])).toMatchObject(refused('CBC.99003012'));
  });

  it('while another transaction runs', async () => {
    const cloud = await aCloud(withServer());
    const { orderId } = await cloud.control.startTransaction('host-01');
    expect(await unsubscribe(cloud, [serverId(1)])).toMatchObject(refused('CBC.99003651'));
    await cloud.control.finishOrder(orderId);
    expect(await unsubscribe(cloud, [serverId(1)])).toMatchObject(accepted());
  });

  it('while an order on it, or on a secondary, is unpaid', async () => {
    const cloud = await aCloud(withServer().withSecondary('disk-01', 'host-01'));
    const { orderId } = await cloud.control.createUnpaidOrder('disk-01');
    expect(await unsubscribe(cloud, [serverId(1)])).toMatchObject(refused('CBC.99003100'));
    await cloud.send('PUT', '/v2/orders/customer-orders/cancel', { body: { order_id: orderId } });
    expect(await unsubscribe(cloud, [serverId(1)])).toMatchObject(accepted());
  });

  it('for a part of a portfolio', async () => {
    const portfolio = 'solution-a';
    const cloud = await aCloud(
      aTestWorld().withServer({ name: 'host-01', portfolio }).withServer({ name: 'host-02', portfolio }),
    );
    expect(await unsubscribe(cloud, [serverId(1)])).toMatchObject(refused('CBC.99003185'));
    expect(await unsubscribe(cloud, [serverId(1), serverId(2)])).toMatchObject(accepted());
  });

  it('for no member of a portfolio that has already been released', async () => {
    const portfolio = 'solution-a';
    const former = { name: 'host-01', portfolio, state: 'released' } as const;
    const cloud = await aCloud(aTestWorld().withServer(former).withServer({ name: 'host-02', portfolio }));
    expect(await unsubscribe(cloud, [serverId(2)])).toMatchObject(accepted());
  });

  it('for a bound secondary without its primary; an attached one may go alone', async () => {
    const bound = await aCloud(withServer().withSecondary('disk-01', 'host-01', { relation: 'bound' }));
    expect(await unsubscribe(bound, [diskId])).toMatchObject(refused('CBC.99003185'));
    const attached = await aCloud(withServer().withSecondary('disk-01', 'host-01'));
    expect(await unsubscribe(attached, [diskId])).toMatchObject(accepted());
    complete(attached);
    expect(await rowsOf(attached, [serverId(1)])).toMatchObject([{ status: 2 }, { status: 3 }]);
  });

  it('for renewed periods that do not exist', async () => {
    const cloud = await aCloud(withServer());
    expect(await unsubscribe(cloud, [serverId(1)], { unsubscribe_type: 2 })).toMatchObject(refused('CBC.99003128'));
  });

  it('as a whole when one of its ids is refused', async () => {
    const cloud = await aCloud(withServer().withServer({ name: 'host-02' }, {}, { frozen: true }));
    expect(await unsubscribe(cloud, [serverId(1), serverId(2)])).toMatchObject(refused('CBC.99003656'));
    expect((await cloud.control.ledger()).accepted).toEqual([]);
  });
});

describe('an accepted unsubscription', () => {
  it('is processed for a while and then completes: the row closes', async () => {
    const cloud = await aCloud(withServer());
    const orderId = await placed(cloud);
    expect(await statusOf(cloud, orderId)).toBe(3);
    expect(await rowsOf(cloud, [serverId(1)])).toMatchObject([{ status: 2 }]);
    complete(cloud);
    expect(await statusOf(cloud, orderId)).toBe(5);
    expect(await rowsOf(cloud, [serverId(1)])).toMatchObject([{ status: 3 }]);
  });

  it('can be set to remove the row', async () => {
    const cloud = await aCloud(withServer(), { unsubscribedRows: 'gone' });
    await placed(cloud);
    complete(cloud);
    expect(await rowsOf(cloud, [serverId(1)])).toEqual([]);
  });

  it('is written to the ledger with everything that was asked', async () => {
    const cloud = await aCloud(withServer());
    const orderId = await placed(cloud, [serverId(1)], { unsubscribe_reason: 'decommission' });
    expect((await cloud.control.ledger()).accepted).toEqual([
      {
        orderId,
        time: '2026-06-15T08:30:00.000Z',
        requestId: expect.stringMatching(/^[0-9a-f]{32}$/),
        domainId: '0acc0000000000000000000000000001',
        placedBy: 'api',
        resourceIds: [serverId(1)],
        unsubscribeType: 1,
        reasonType: 5,
        reason: 'decommission',
        vmsDestroyed: [],
      },
    ]);
  });

  it('takes the secondaries of a primary with it', async () => {
    const cloud = await aCloud(withServer().withSecondary('disk-01', 'host-01', { relation: 'bound' }));
    await placed(cloud);
    complete(cloud);
    expect(await rowsOf(cloud, [serverId(1)])).toMatchObject([{ status: 3 }, { status: 3 }]);
  });

  it('gives back what is left, less the fee: 10 % of what was paid in the first year of one', async () => {
    // 100 days of 365, in full hours: 2400 of 8761 (from 08:00 to 09:00 a year later).
    const cloud = await aCloud(withServer({ paid: '36000.00' }));
    const orderId = await placed(cloud);
    complete(cloud);
    const { body } = await cloud.get(`/v2/orders/customer-orders/details/${orderId}`);
    expect(body['order_info']).toMatchObject({
      order_type: 4,
      amount_after_discount: -22_538.11,
      official_amount: -22_538.11,
      amount_info: { commission_amount: 3_600, consumed_amount: 9_861.89 },
    });
    const query = { order_id: orderId };
    expect((await cloud.get('/v2/orders/customer-orders/refund-orders', { query })).body).toMatchObject({
      total_count: 3,
      refund_infos: [{ amount: -22_538.11, measure_id: '1' }, { amount: 9_861.89 }, { amount: 3_600 }],
    });
    expect((await cloud.get('/v2/accounts/customer-accounts/balances')).body).toMatchObject({
      account_balances: [{ amount: 23_538.11 }],
    });
  });

  it('has no refund rows before it completes', async () => {
    const cloud = await aCloud(withServer());
    const query = { order_id: await placed(cloud) };
    expect((await cloud.get('/v2/orders/customer-orders/refund-orders', { query })).body).toMatchObject({
      total_count: 0,
    });
  });

  it('appears on the bill after the delay', async () => {
    const cloud = await aCloud(withServer(), { billDelay: hours(24) });
    const orderId = await placed(cloud);
    complete(cloud);
    const query = { cycle: '2026-06', bill_type: '4', resource_id: serverId(1) };
    const bill = async () => (await cloud.get('/v2/bills/customer-bills/res-fee-records', { query })).body;
    expect(await bill()).toMatchObject({ total_count: 0 });
    cloud.clock.advance(hours(24));
    expect(await bill()).toMatchObject({ total_count: 1, fee_records: [{ order_id: orderId, amount: -22_538.11 }] });
  });

  it('waits for an approval when the refund is large', async () => {
    const cloud = await aCloud(withServer({ paid: '100000.00' }));
    const orderId = await placed(cloud);
    cloud.clock.advance(hours(48));
    expect(await statusOf(cloud, orderId)).toBe(1);
    await cloud.control.approveRefund(orderId);
    expect(await statusOf(cloud, orderId)).toBe(2);
    cloud.clock.advance(milliseconds(cloud.cloud.settings.orderProcessing / 2));
    expect(await statusOf(cloud, orderId)).toBe(3);
    complete(cloud);
    expect(await statusOf(cloud, orderId)).toBe(5);
  });

  it('is cancelled when the approval is denied, and the server stays', async () => {
    const cloud = await aCloud(withServer({ paid: '100000.00' }));
    const orderId = await placed(cloud);
    await cloud.control.rejectRefund(orderId);
    expect(await statusOf(cloud, orderId)).toBe(4);
    expect(await rowsOf(cloud, [serverId(1)])).toMatchObject([{ status: 2 }]);
    expect(await unsubscribe(cloud, [serverId(1)])).toMatchObject(accepted());
  });

  it('has the limit of the currency of the account', async () => {
    const inDollars = aTestWorld({ currency: 'USD' }).withServer({ name: 'host-01' }, { paid: '12000.00' });
    const cloud = await aCloud(inDollars);
    expect(await statusOf(cloud, await placed(cloud))).toBe(1);
  });

  it('of several servers is one combined order with a sub-order for each', async () => {
    const cloud = await aCloud(withServer().withServer({ name: 'host-02' }, { paid: '1000.00' }), {
      largeRefund: {},
    });
    const orderId = await placed(cloud, [serverId(1), serverId(2)]);
    const { body } = await cloud.get(`/v2/orders/customer-orders/details/${orderId}`);
    expect(body).toMatchObject({
      total_count: 2,
      order_info: {
        amount_after_discount: -23_164.17,
        sub_order_infos: [{ amount_after_discount: -22_538.11 }, { amount_after_discount: -626.06 }],
      },
    });
  });

  it('of renewed periods keeps the server until its purchased period ends, and refunds them once', async () => {
    const cloud = await aCloud(withServer().withRenewal('host-01', '20000.00'));
    expect(await rowsOf(cloud, [serverId(1)])).toMatchObject([{ expire_time: '2028-03-07T08:30:00Z' }]);
    const orderId = await placed(cloud, [serverId(1)], { unsubscribe_type: 2 });
    complete(cloud);
    expect(await rowsOf(cloud, [serverId(1)])).toMatchObject([{ status: 2, expire_time: '2027-03-07T08:30:00Z' }]);
    const { body } = await cloud.get('/v2/orders/customer-orders/refund-orders', { query: { order_id: orderId } });
    expect(body['refund_infos']).toMatchObject([{ amount: -20_000 }]);
    expect(await unsubscribe(cloud, [serverId(1)], { unsubscribe_type: 2 })).toMatchObject(refused('CBC.99003128'));
  });

  it('destroys the VMs that are still there, and the ledger names them', async () => {
    const cloud = await aCloud(withServer().withVm({ name: 'web-01' }, 'host-01').withRdsInstance('orders', 'host-01'));
    await placed(cloud);
    await cloud.control.createVm({ name: 'late-01', server: 'host-01', id: vmId(9) });
    complete(cloud);
    const { accepted } = await cloud.control.ledger();
    expect(accepted[0]?.vmsDestroyed).toEqual([
      { id: vmId(1), name: 'web-01', serverId: serverId(1) },
      { id: vmId(2), name: 'orders-node', serverId: serverId(1) },
      { id: vmId(9), name: 'late-01', serverId: serverId(1) },
    ]);
    expect((await cloud.control.world()).virtualMachines).toEqual([]);
  });

  it('names also a VM that was there at its acceptance and left before its completion', async () => {
    const cloud = await aCloud(withServer().withServer({ name: 'host-02' }).withVm({ name: 'web-01' }, 'host-01'), {
      vmMigration: milliseconds(1),
    });
    await placed(cloud);
    await cloud.control.migrateVm('web-01', 'host-02');
    complete(cloud);
    expect((await cloud.control.ledger()).accepted[0]?.vmsDestroyed).toMatchObject([{ name: 'web-01' }]);
    expect((await cloud.control.world()).virtualMachines).toMatchObject([{ name: 'web-01', serverId: serverId(2) }]);
  });

  it('spares the VMs that have moved away', async () => {
    const cloud = await aCloud(
      withServer()
        .withServer({ name: 'host-02' })
        .withVm({ name: 'web-01' }, 'host-02')
        .withVm({ name: 'web-02' }, 'host-01'),
    );
    await cloud.control.migrateVm('web-02', 'host-02');
    cloud.clock.advance(cloud.cloud.settings.vmMigration);
    await placed(cloud);
    complete(cloud);
    expect((await cloud.control.ledger()).accepted[0]?.vmsDestroyed).toEqual([]);
    expect((await cloud.control.world()).virtualMachines).toHaveLength(2);
  });

  it('can be placed by somebody in the console, by the same rules', async () => {
    const cloud = await aCloud(withServer());
    await cloud.control.freezeServer('host-01');
    await expect(cloud.control.unsubscribeInConsole(['host-01'])).rejects.toThrow('CBC.99003656');
    await cloud.control.thawServer('host-01');
    const { orderId } = await cloud.control.unsubscribeInConsole(['host-01']);
    expect((await cloud.control.ledger()).accepted).toMatchObject([{ orderId, placedBy: 'console' }]);
    expect(await unsubscribe(cloud, [serverId(1)])).toMatchObject(refused('CBC.99003651'));
  });
});
