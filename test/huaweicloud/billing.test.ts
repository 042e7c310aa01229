import { describe, expect, it } from 'vitest';
import { hours } from '../../operator/clock.ts';
import { aCloud, aTestWorld, serverId, type TestCloud, unsubscribe } from './test-cloud.ts';

const twoServers = () =>
  aTestWorld().withServer({ name: 'host-01' }).withServer({ name: 'host-02' }).withSecondary('disk-01', 'host-01');
const diskId = '5ec00000-0000-4000-8000-000000000003';

const resources = async (cloud: TestCloud, body: object) =>
  (await cloud.post('/v2/orders/suscriptions/resources/query', { body })).body;
const ORDERS = '/v2/orders/customer-orders';
const cbc = (code: string) => ({ status: 400, body: { error_code: code } });

describe('yearly/monthly resources', () => {
  it('are shown with their state, their times and their place', async () => {
    const cloud = await aCloud(twoServers());
    expect(await resources(cloud, { resource_ids: [serverId(2)] })).toMatchObject({
      total_count: 1,
      data: [
        {
          resource_id: serverId(2),
          resource_name: 'host-02',
          is_main_resource: 1,
          parent_resource_id: null,
          status: 2,
          region_code: 'cn-north-4',
          service_type_code: 'hws.service.type.dec',
          effective_time: '2026-03-07T08:30:00Z',
          expire_time: '2027-03-07T08:30:00Z',
          expire_policy: 0,
          enterprise_project: { id: '0', name: 'default' },
        },
      ],
    });
  });

  it('come with their secondaries, unless only primaries are asked for', async () => {
    const cloud = await aCloud(twoServers());
    expect(await resources(cloud, { resource_ids: [serverId(1)], only_main_resource: 0 })).toMatchObject({
      total_count: 2,
      data: [
        { resource_id: serverId(1) },
        { resource_id: diskId, parent_resource_id: serverId(1), is_main_resource: 0 },
      ],
    });
    expect(await resources(cloud, { resource_ids: [serverId(1)], only_main_resource: 1 })).toMatchObject({
      total_count: 1,
    });
    expect(await resources(cloud, { resource_ids: [diskId], only_main_resource: 1 })).toMatchObject({ total_count: 1 });
  });

  it.each([{ resource_ids: [] }, {}])('are all returned when no id is given: %o', async (body) => {
    const cloud = await aCloud(twoServers());
    expect(await resources(cloud, body)).toMatchObject({ total_count: 3 });
  });

  it('are paged ten at a time by default', async () => {
    const names = Array.from({ length: 12 }, (_, index) => `host-${index}`);
    const cloud = await aCloud(names.reduce((world, name) => world.withServer({ name }), aTestWorld()));
    expect((await resources(cloud, {}))['data']).toHaveLength(10);
    expect((await resources(cloud, { offset: 10 }))['data']).toHaveLength(2);
    expect((await resources(cloud, { offset: 11, limit: 5 }))['data']).toHaveLength(1);
  });

  it('are 4 when frozen, 5 when expired, 4 when the account and its resources are frozen', async () => {
    const cloud = await aCloud(twoServers());
    const status = async () => (await resources(cloud, { resource_ids: [serverId(2)] }))['data'];
    await cloud.control.freezeServer('host-02');
    expect(await status()).toMatchObject([{ status: 4 }]);
    expect(await resources(cloud, { status_list: [4] })).toMatchObject({ total_count: 1 });
    await cloud.control.thawServer('host-02');
    await cloud.control.freezeAccount({ scope: 'account' });
    expect(await status()).toMatchObject([{ status: 2 }]);
    await cloud.control.freezeAccount({ scope: 'accountAndResources' });
    expect(await status()).toMatchObject([{ status: 4 }]);
    await cloud.control.thawAccount();
    cloud.clock.advance(hours(365 * 24));
    expect(await status()).toMatchObject([{ status: 5 }]);
  });

  it.each([
    { resource_ids: 'not a list' },
    { limit: 501 },
    { status_list: [1] },
    { service_type_code: '' },
    { expire_time_begin: 'soon' },
  ])('are refused for %o', async (body) => {
    const cloud = await aCloud(twoServers());
    expect(await cloud.post('/v2/orders/suscriptions/resources/query', { body })).toMatchObject(cbc('CBC.0100'));
  });

  it('renew automatically when told to, with their secondaries, until told not to', async () => {
    const cloud = await aCloud(twoServers());
    const path = `/v2/orders/subscriptions/resources/autorenew/${serverId(1)}`;
    const policies = async () => (await resources(cloud, { resource_ids: [serverId(1)] }))['data'];
    expect((await cloud.send('DELETE', path)).body).toMatchObject({ error_code: 'CBC.99003605' });
    expect((await cloud.post(path, { body: { period_type: 'YEAR' } })).status).toBe(204);
    expect(await policies()).toMatchObject([{ expire_policy: 3 }, { expire_policy: 3 }]);
    expect((await cloud.send('DELETE', path)).status).toBe(204);
    expect(await policies()).toMatchObject([{ expire_policy: 0 }, { expire_policy: 0 }]);
    expect(await cloud.post(path.replace(serverId(1), 'unknown'))).toMatchObject(cbc('CBC.99003012'));
    await cloud.control.freezeServer('host-01');
    expect(await cloud.post(path)).toMatchObject(cbc('CBC.99003602'));
  });
});

describe('orders', () => {
  it('are listed newest first, by type, status, id and time', async () => {
    const cloud = await aCloud(twoServers());
    await unsubscribe(cloud, [serverId(2)]);
    const list = async (query: Record<string, string>) => (await cloud.get(ORDERS, { query })).body;
    expect(await list({})).toMatchObject({ total_count: 4 });
    const { body } = await cloud.get(ORDERS, { query: { limit: '1' } });
    expect(body['order_infos']).toMatchObject([{ order_type: 4, status: 3 }]);
    expect(await list({ order_type: '4' })).toMatchObject({ total_count: 1 });
    expect(await list({ order_type: '4', status: '5' })).toMatchObject({ total_count: 0 });
    expect(await list({ create_time_begin: '2026-06-15T08:30:00Z' })).toMatchObject({ total_count: 1 });
    expect(await list({ create_time_end: '2026-06-15T08:29:59Z' })).toMatchObject({ total_count: 3 });
    expect(await list({ order_by: 'createTime', limit: '1' })).toMatchObject({ order_infos: [{ order_type: 1 }] });
    expect(await list({ limit: '2', offset: '3' })).toMatchObject({ order_infos: [{}], total_count: 4 });
  });

  it.each<Record<string, string>>([
    { limit: '101' },
    { offset: '-1' },
    { create_time_begin: 'yesterday' },
    { create_time_begin: '2020-01-01T00:00:00Z', create_time_end: '2022-01-01T00:00:00Z' },
  ])('are refused for %o', async (query) => {
    const cloud = await aCloud(twoServers());
    expect(await cloud.get(ORDERS, { query })).toMatchObject(cbc('CBC.0100'));
  });

  it('show what was paid, and no resource id', async () => {
    const cloud = await aCloud(twoServers());
    const orderId = cloud.cloud.world.orders[0]?.orderId;
    const { body } = await cloud.get(`${ORDERS}/details/${orderId}`);
    expect(body).toMatchObject({
      total_count: 1,
      order_info: { order_id: orderId, status: 5, amount_after_discount: 36_000, currency: 'CNY', measure_id: 1 },
      order_line_items: [{ period_type: 3, period_num: 1, effective_time: '2026-03-07T08:30:00Z' }],
    });
    expect(JSON.stringify(body)).not.toContain(serverId(1));
    expect(await cloud.get(`${ORDERS}/details/unknown`)).toMatchObject(cbc('CBC.0100'));
  });

  it('tell only in their details who placed them, and until when they can be paid', async () => {
    const cloud = await aCloud(twoServers());
    const { orderId } = await cloud.control.createUnpaidOrder('host-01');
    const { body } = await cloud.get(`${ORDERS}/details/${orderId}`);
    const details = { user_name: 'console-user', pending_payment_end_time: '2026-06-22T08:30:00Z' };
    expect(body['order_info']).toMatchObject(details);
    const list = await cloud.get(ORDERS, { query: { order_id: orderId } });
    const [listed] = Object.values(Object(list.body['order_infos']));
    for (const name of Object.keys(details)) expect(listed).not.toHaveProperty(name);
  });

  it('have a refund only when they are unsubscriptions', async () => {
    const cloud = await aCloud(twoServers());
    const purchase = cloud.cloud.world.orders[0]?.orderId ?? '';
    const refund = (order_id: string) => cloud.get(`${ORDERS}/refund-orders`, { query: { order_id } });
    expect(await refund(purchase)).toMatchObject(cbc('CBC.99005026'));
    expect(await refund('')).toMatchObject(cbc('CBC.0100'));
  });

  it('can be cancelled while they are unpaid', async () => {
    const cloud = await aCloud(twoServers());
    const { orderId } = await cloud.control.createUnpaidOrder('host-01');
    const cancel = () => cloud.send('PUT', `${ORDERS}/cancel`, { body: { order_id: orderId } });
    const { body } = await cloud.get(ORDERS, { query: { status: '6' } });
    expect(body).toMatchObject({ total_count: 1, order_infos: [{ order_id: orderId }] });
    expect((await cancel()).status).toBe(204);
    expect((await cloud.get(`${ORDERS}/details/${orderId}`)).body).toMatchObject({ order_info: { status: 4 } });
    expect(await cancel()).toMatchObject(cbc('CBC.99005010'));
  });
});

describe('money of the account', () => {
  it('is its balance and its arrears', async () => {
    const cloud = await aCloud(twoServers());
    await cloud.control.setDebt('120.50');
    expect((await cloud.get('/v2/accounts/customer-accounts/balances')).body).toMatchObject({
      account_balances: [{ account_type: 1, amount: 1_000, currency: 'CNY' }],
      debt_amount: 120.5,
    });
  });

  it('has a fee record with both the order and the resource, in the month in UTC+8', async () => {
    const cloud = await aCloud(twoServers());
    const records = (query: Record<string, string>) => cloud.get('/v2/bills/customer-bills/res-fee-records', { query });
    const query = { cycle: '2026-03', bill_type: '1', resource_id: serverId(1) };
    expect((await records(query)).body).toMatchObject({
      total_count: 1,
      fee_records: [
        {
          resource_id: serverId(1),
          order_id: cloud.cloud.world.orders[0]?.orderId,
          amount: 36_000,
          bill_date: '2026-03-07',
        },
      ],
    });
    expect((await records({ ...query, cycle: '2026-04' })).body).toMatchObject({ total_count: 0 });
    expect((await records({ cycle: '2026-03', resource_id: '' })).body).toMatchObject({ total_count: 0 });
    expect(await records({})).toMatchObject(cbc('CBC.0100'));
  });
});

describe('the product catalogue', () => {
  it('finds service types by name and resource types by service', async () => {
    const cloud = await aCloud(aTestWorld());
    const types = await cloud.get('/v2/products/service-types', { query: { service_type_name: 'dedicated cloud' } });
    expect(types.body).toMatchObject({
      service_types: [{ service_type_code: 'hws.service.type.dec' }],
      total_count: 1,
    });
    const query = { service_type_code: 'hws.service.type.dec' };
    expect((await cloud.get('/v2/products/service-resources', { query })).body).toMatchObject({
      infos: [{ basic_info: { resource_type_code: 'hws.resource.type.dec' } }],
    });
    expect(await cloud.get('/v2/products/service-resources')).toMatchObject(cbc('CBC.0100'));
    expect((await cloud.get('/v2/products/resource-types')).body).toMatchObject({ total_count: 4 });
  });
});
