import { describe, expect, test } from 'vitest';
import { byPath, domainId, type Reply, recordedCloud, type SeenRequest } from './recorded-cloud.ts';

const serverId = '8f8e2c4e-0f0c-4a3f-9b7e-2f0f4b0c1d2e';
const query = 'POST /v2/orders/suscriptions/resources/query';
const row = {
  id: '01000-155390001-0',
  resource_id: serverId,
  resource_name: 'dcc-host-01',
  region_code: 'cn-north-4',
  service_type_code: 'hws.service.type.dec',
  resource_type_code: 'hws.resource.type.dec',
  project_id: '0123456789abcdef0123456789abcdef',
  parent_resource_id: null,
  is_main_resource: 1,
  status: 2,
  effective_time: '2026-01-01T00:00:00Z',
  expire_time: '2027-01-01T15:59:59Z',
  expire_policy: 3,
};
const bodyOf = (request: SeenRequest | undefined) => JSON.parse(request?.body ?? 'null');

describe('subscriptions', () => {
  test('a row of the notes reads as an active primary with auto-renewal', async () => {
    await using cloud = await recordedCloud(byPath({ [query]: { total_count: 1, data: [row] } }));
    expect(await cloud.account.billing.subscriptionsOf([serverId])).toEqual([
      {
        resourceId: serverId,
        name: 'dcc-host-01',
        isPrimary: true,
        parentResourceId: undefined,
        status: 'InUse',
        region: 'cn-north-4',
        projectId: '0123456789abcdef0123456789abcdef',
        serviceTypeCode: 'hws.service.type.dec',
        resourceTypeCode: 'hws.resource.type.dec',
        effectiveTime: new Date('2026-01-01T00:00:00Z'),
        expireTime: new Date('2027-01-01T15:59:59Z'),
        autoRenewal: true,
      },
    ]);
    expect(bodyOf(cloud.requests[0])).toEqual({
      resource_ids: [serverId],
      only_main_resource: 0,
      offset: 0,
      limit: 100,
    });
    expect(cloud.requests[0]?.headers['x-domain-id']).toBe(domainId);
    expect(cloud.requests[0]?.headers['x-project-id']).toBeUndefined();
  });

  test.each([[[]], [['']], [[serverId, '']]])('the ids %j are refused before anything is sent', async (ids) => {
    await using cloud = await recordedCloud(byPath({ [query]: { total_count: 1, data: [row] } }));
    await expect(cloud.account.billing.subscriptionsOf(ids)).rejects.toThrow(TypeError);
    expect(cloud.requests).toHaveLength(0);
  });

  test.each([
    [3, 'Closed'],
    [4, 'Frozen'],
    [5, 'Expired'],
    [9, 'Unrecognised(9)'],
  ])('status %i is %s', async (status, name) => {
    await using cloud = await recordedCloud(byPath({ [query]: { total_count: 1, data: [{ ...row, status }] } }));
    expect(await cloud.account.billing.subscriptionsOf([serverId])).toMatchObject([{ status: name }]);
  });

  test('no rows are no rows: the resource is unknown to the billing centre', async () => {
    await using cloud = await recordedCloud(byPath({ [query]: { total_count: 0, data: [] } }));
    expect(await cloud.account.billing.subscriptionsOf([serverId])).toEqual([]);
  });

  test.each([
    ['the list is missing', { total_count: 1 }],
    ['the total is missing', { data: [row] }],
    ['the status is missing', { total_count: 1, data: [{ ...row, status: undefined }] }],
    ['the primary flag is unknown', { total_count: 1, data: [{ ...row, is_main_resource: 2 }] }],
    ['a time is none', { total_count: 1, data: [{ ...row, expire_time: 'soon' }] }],
    ['fewer rows come than stated', { total_count: 2, data: [row] }],
  ])('when %s, the call fails as Unparsable', async (_, answer) => {
    await using cloud = await recordedCloud(byPath({ [query]: answer }));
    await expect(cloud.account.billing.subscriptionsOf([serverId])).rejects.toMatchObject({ class: 'Unparsable' });
  });

  test('120 ids are asked for in batches of 50, one after the other, and every page of each is read', async () => {
    const ids = Array.from({ length: 120 }, (_, n) => `server-${n}`);
    await using cloud = await recordedCloud((request) => {
      const { resource_ids: asked, offset, limit } = bodyOf(request);
      // Each primary has two secondaries, so a batch of 50 has 150 rows.
      const all = asked.flatMap((id: string) => [
        { ...row, id, resource_id: id },
        { ...row, id: `${id}-disk`, resource_id: `${id}-disk`, parent_resource_id: id, is_main_resource: 0 },
        { ...row, id: `${id}-ip`, resource_id: `${id}-ip`, parent_resource_id: id, is_main_resource: 0 },
      ]);
      return { json: { total_count: all.length, data: all.slice(offset, offset + limit) } };
    });
    const rows = await cloud.account.billing.subscriptionsOf(ids);
    expect(rows).toHaveLength(360);
    expect(rows.filter((one) => one.isPrimary).map((one) => one.resourceId)).toEqual(ids);
    // All at once would be more calls a second than the billing centre takes.
    expect(cloud.requests.map((request) => bodyOf(request).resource_ids.length)).toEqual([50, 50, 50, 50, 20]);
  });

  test('the frozen resources of the account are counted without listing them', async () => {
    await using cloud = await recordedCloud(byPath({ [query]: { total_count: 3, data: [{ ...row, status: 4 }] } }));
    expect(await cloud.account.billing.frozenResources()).toBe(3);
    expect(bodyOf(cloud.requests[0])).toEqual({ status_list: [4], only_main_resource: 0, offset: 0, limit: 1 });
  });

  test('a filter for frozen resources that the cloud ignores is no evidence', async () => {
    await using cloud = await recordedCloud(byPath({ [query]: { total_count: 9, data: [row] } }));
    await expect(cloud.account.billing.frozenResources()).rejects.toMatchObject({ class: 'Unparsable' });
  });
});

const orderInfo = {
  order_id: 'CS2601020304ABCDE',
  status: 5,
  order_type: 4,
  create_time: '2026-01-02T03:04:05Z',
  service_type_code: 'hws.service.type.dec',
};
const orderList = 'GET /v2/orders/customer-orders';
const details = `GET /v2/orders/customer-orders/details/${orderInfo.order_id}`;

describe('orders', () => {
  test('unsubscriptions since a date are asked for by type, newest first', async () => {
    await using cloud = await recordedCloud(byPath({ [orderList]: { total_count: 1, order_infos: [orderInfo] } }));
    const orders = await cloud.account.billing.unsubscriptionOrdersSince(new Date('2026-01-02T03:00:00.999Z'));
    expect(orders).toEqual([
      {
        orderId: 'CS2601020304ABCDE',
        status: 'Completed',
        type: 'Unsubscription',
        createTime: new Date('2026-01-02T03:04:05Z'),
        serviceTypeCode: 'hws.service.type.dec',
      },
    ]);
    expect(Object.fromEntries(cloud.requests[0]?.query ?? [])).toEqual({
      order_type: '4',
      create_time_begin: '2026-01-02T03:00:00Z',
      order_by: '-createTime',
      offset: '0',
      limit: '100',
    });
  });

  test('pending orders are those in approval, in progress, unpaid and to be confirmed, each once', async () => {
    const byStatus: Record<string, object[]> = {
      1: [{ ...orderInfo, order_id: 'A', status: 1 }],
      3: [{ ...orderInfo, order_id: 'A', status: 3 }],
      6: [{ ...orderInfo, order_id: 'B', status: 6, order_type: 2 }],
      9: [{ ...orderInfo, order_id: 'C', status: 9, order_type: 1 }],
    };
    await using cloud = await recordedCloud((request) => {
      const orders = byStatus[request.query.get('status') ?? ''] ?? [];
      return { json: { total_count: orders.length, order_infos: orders } };
    });
    const orders = await cloud.account.billing.pendingOrders();
    expect(orders.map(({ orderId, status, type }) => [orderId, status, type])).toEqual([
      ['A', 'Processing', 'Unsubscription'],
      ['B', 'Unpaid', 'Renewal'],
      ['C', 'PendingConfirmation', 'Purchase'],
    ]);
    expect(cloud.requests.map((request) => request.query.get('status')).sort()).toEqual(['1', '2', '3', '6', '9']);
  });

  const order = (order_id: string, status: number) => ({
    order_id,
    status,
    order_type: 4,
    create_time: '2026-01-02T03:04:05Z',
  });
  const listOf = (...orders: object[]) => ({ json: { total_count: orders.length, order_infos: orders } });

  test('where the filter by status 2 is refused, the unsubscriptions tell which ones are pending refund', async () => {
    const all = [order('A', 5), order('B', 2), order('C', 4), order('D', 77)];
    await using cloud = await recordedCloud(({ query }) => {
      if (query.get('order_type') === '4') return listOf(...all);
      const refused = { error_code: 'CBC.0100', error_msg: 'Parameter error.' };
      return query.get('status') === '2' ? { status: 400, json: refused } : listOf();
    });
    const orders = await cloud.account.billing.pendingOrders();
    expect(orders.map(({ orderId, status }) => [orderId, status])).toEqual([
      ['B', 'PendingRefund'],
      ['D', 'Unrecognised(77)'],
    ]);
  });

  test('a filter by status 2 that fails in another way makes the orders unreadable', async () => {
    await using cloud = await recordedCloud(({ query }) => {
      const refused = { error_code: 'CBC.0151', error_msg: 'Access denied.' };
      return query.get('status') === '2' ? { status: 403, json: refused } : listOf();
    });
    await expect(cloud.account.billing.pendingOrders()).rejects.toMatchObject({ class: 'Permission' });
  });

  test('a filter that the cloud takes no notice of does not bring ended orders back', async () => {
    await using cloud = await recordedCloud(() => listOf(order('A', 5), order('B', 4), order('C', 3)));
    expect(await cloud.account.billing.pendingOrders()).toMatchObject([{ orderId: 'C' }]);
  });

  test('an order list with an error inside status 200 is an error', async () => {
    await using cloud = await recordedCloud(() => ({ json: { error_code: 'CBC.3002', error_msg: 'resource locked' } }));
    await expect(cloud.account.billing.pendingOrders()).rejects.toMatchObject({ code: 'CBC.3002', httpStatus: 200 });
  });

  test.each([
    [1, 'PendingApproval'],
    [2, 'PendingRefund'],
    [3, 'Processing'],
    [4, 'Cancelled'],
    [5, 'Completed'],
    [6, 'Unpaid'],
    [77, 'Unrecognised(77)'],
  ])('order status %i is %s', async (status, name) => {
    const answer = { total_count: 0, order_info: { ...orderInfo, status }, order_line_items: [] };
    await using cloud = await recordedCloud(byPath({ [details]: answer }));
    expect((await cloud.account.billing.orderDetails(orderInfo.order_id)).status).toBe(name);
  });

  test('details give exact amounts, and every line of every page', async () => {
    const line = (n: number) => ({
      order_line_item_id: `line-${n}`,
      period_type: 3,
      period_num: null,
      amount_after_discount: 0.1,
    });
    const info = {
      ...orderInfo,
      user_name: 'operator',
      currency: 'CNY',
      amount_after_discount: -8000.1,
      amount_info: { commission_amount: 800.01, consumed_amount: 1199.89, coupon_amount: null },
      sub_order_infos: [{ order_id: 'CS-part' }],
    };
    const lines = Array.from({ length: 130 }, (_, n) => line(n));
    await using cloud = await recordedCloud(({ query: position }) => {
      const offset = Number(position.get('offset'));
      const page = lines.slice(offset, offset + Number(position.get('limit')));
      return { json: { total_count: lines.length, order_info: info, order_line_items: page } };
    });
    const order = await cloud.account.billing.orderDetails(orderInfo.order_id);
    expect(order).toMatchObject({
      userName: 'operator',
      currency: 'CNY',
      subOrderIds: ['CS-part'],
      type: 'Unsubscription',
    });
    expect(order.amounts.amountAfterDiscount?.toFixed(2)).toBe('-8000.10');
    expect(order.amounts.commission?.toString()).toBe('800.01');
    expect(order.amounts.consumed?.toString()).toBe('1199.89');
    expect(order.amounts.coupon).toBeUndefined();
    expect(order.lines).toHaveLength(130);
    expect(order.lines[129]).toMatchObject({ id: 'line-129', periodType: 'Year', periodCount: undefined });
  });

  test('details of another order are not believed', async () => {
    const answer = { total_count: 0, order_info: { ...orderInfo, order_id: 'CS-other' }, order_line_items: [] };
    await using cloud = await recordedCloud(byPath({ [details]: answer }));
    await expect(cloud.account.billing.orderDetails(orderInfo.order_id)).rejects.toMatchObject({ class: 'Unparsable' });
  });

  test('an empty order id never becomes the list of all orders', async () => {
    await using cloud = await recordedCloud(byPath({}));
    await expect(cloud.account.billing.orderDetails('')).rejects.toThrow(TypeError);
    expect(cloud.requests).toHaveLength(0);
  });
});

describe('refunds', () => {
  const refunds = 'GET /v2/orders/customer-orders/refund-orders';
  const rows = [
    {
      id: '1',
      amount: -8000.0,
      measure_id: '1',
      customer_id: '0a1b',
      region_code: 'cn-north-4',
      base_order_id: 'CS-bought',
    },
    {
      id: '2',
      amount: 1200.5,
      measure_id: '1',
      customer_id: '0a1b',
      region_code: 'cn-north-4',
      base_order_id: 'CS-bought',
    },
  ];
  const order = { orderId: 'CS1', currency: 'CNY' };

  test('rows keep their sign and carry the currency of the order', async () => {
    await using cloud = await recordedCloud(byPath({ [refunds]: { total_count: 2, refund_infos: rows } }));
    const found = await cloud.account.billing.refundOf(order);
    expect(found.map((row) => [row.amount.toString(), row.currency, row.baseOrderId])).toEqual([
      ['-8000', 'CNY', 'CS-bought'],
      ['1200.5', 'CNY', 'CS-bought'],
    ]);
    expect(cloud.requests[0]?.query.get('order_id')).toBe('CS1');
  });

  test('fewer rows than stated are no refund', async () => {
    await using cloud = await recordedCloud(byPath({ [refunds]: { total_count: 3, refund_infos: rows } }));
    await expect(cloud.account.billing.refundOf(order)).rejects.toMatchObject({ class: 'Unparsable' });
  });
});

describe('the account', () => {
  test('arrears are an exact amount with its currency', async () => {
    const answer = { account_balances: [], debt_amount: 12.3, measure_id: 1, currency: 'USD' };
    await using cloud = await recordedCloud(byPath({ 'GET /v2/accounts/customer-accounts/balances': answer }));
    const { debt, currency } = await cloud.account.billing.balances();
    expect([debt.toString(), currency]).toEqual(['12.3', 'USD']);
  });

  test('balances without arrears stated are Unparsable, not zero', async () => {
    const answer = { account_balances: [], currency: 'USD' };
    await using cloud = await recordedCloud(byPath({ 'GET /v2/accounts/customer-accounts/balances': answer }));
    await expect(cloud.account.billing.balances()).rejects.toMatchObject({ class: 'Unparsable' });
  });

  test.each(['CBC.0150', 'CBC.0156'])('the probe tells by %s that the site is wrong', async (code) => {
    const refusal: Reply = { status: 403, json: { error_code: code, error_msg: 'Access denied.' } };
    await using cloud = await recordedCloud(() => refusal);
    await expect(cloud.account.billing.probeSite()).rejects.toMatchObject({ class: 'WrongSite', httpStatus: 403 });
    expect(cloud.requests).toHaveLength(1);
  });

  test('the probe passes on the right site', async () => {
    const answer = { total_count: 200, service_types: [{ service_type_code: 'hws.service.type.ec2' }] };
    await using cloud = await recordedCloud(byPath({ 'GET /v2/products/service-types': answer }));
    await cloud.account.billing.probeSite();
    expect(cloud.requests[0]?.target).toBe('/v2/products/service-types?limit=1');
  });

  test('an empty resource id would ask for the whole bill and is refused', async () => {
    await using cloud = await recordedCloud(byPath({}));
    for (const filter of [{ resourceId: '' }, { orderId: '' }, {}])
      await expect(cloud.account.billing.feeRecords({ cycle: '2026-01', ...filter })).rejects.toThrow(TypeError);
    expect(cloud.requests).toHaveLength(0);
  });

  test.each([
    ['1', true],
    [1, true],
    [undefined, true],
    [3, false],
    ['0', false],
  ])('amounts in the unit %j are read: %s', async (measure_id, isRead) => {
    const record = { resource_id: serverId, bill_type: 1, amount: 5, measure_id };
    const answer = { total_count: 1, fee_records: [record], currency: 'CNY' };
    await using cloud = await recordedCloud(byPath({ 'GET /v2/bills/customer-bills/res-fee-records': answer }));
    const records = cloud.account.billing.feeRecords({ cycle: '2026-01', resourceId: serverId });
    if (isRead) expect(await records).toHaveLength(1);
    else await expect(records).rejects.toMatchObject({ class: 'Unparsable' });
  });

  test('the bill ties an order to a resource', async () => {
    const record = {
      resource_id: serverId,
      order_id: 'CS1',
      trade_id: 'T1',
      bill_type: 4,
      amount: -8000.1,
      cash_amount: null,
    };
    const answer = { total_count: 2, fee_records: [record, record], currency: 'CNY' };
    await using cloud = await recordedCloud(byPath({ 'GET /v2/bills/customer-bills/res-fee-records': answer }));
    const records = await cloud.account.billing.feeRecords({ cycle: '2026-01', billType: 4, resourceId: serverId });
    expect(records).toHaveLength(2);
    expect(records[0]).toMatchObject({ resourceId: serverId, orderId: 'CS1', currency: 'CNY', paid: undefined });
    expect(records[0]?.amount.toString()).toBe('-8000.1');
  });
});
