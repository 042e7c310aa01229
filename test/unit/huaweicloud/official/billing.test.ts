import { Big } from 'big.js';
import { describe, expect, test } from 'vitest';
import { milliseconds, seconds } from '../../../../operator/clock.ts';
import { sendUnsubscription, signUnsubscription } from '../../../../operator/huaweicloud/billing-unsubscribe.ts';
import type { Fields } from '../../../huaweicloud/official-python/client.ts';
import { seeded } from '../../../huaweicloud/seed.ts';
import { resourceStatus } from '../../../huaweicloud/world/billing.ts';
import { cycleOf, full, fullWorld, wholeSeconds } from '../full-world.ts';
import { officialClients } from './clients.ts';
import { byOffset, inside, rowsOf, type TwoViews, textsIn, twoViews } from './two-views.ts';

const clients = officialClients();

const views = () => twoViews(clients(), fullWorld(), { settings: { orderProcessing: milliseconds(0) } });
const [host01 = '', host02 = ''] = full.servers;
const date = (text: unknown) => new Date(String(text));
const amount = (value: unknown) => (value === null ? undefined : new Big(String(value)));
const orNothing = (value: unknown) => value ?? undefined;

const statuses: Readonly<Record<string, string>> = { 2: 'InUse', 3: 'Closed', 4: 'Frozen', 5: 'Expired' };

test('the site is probed by a list that both read', async () => {
  const { official, ours } = await views();
  expect(rowsOf(await official('billing.ListServiceTypes', { limit: 1 }), 'service_types')).toHaveLength(1);
  await ours.billing.probeSite();
});

test('subscriptions: primaries, secondaries and every status, on three pages', async () => {
  const { official, officialRows, ours, world } = await views();
  const resource_ids = [host01, host02, full.expired];
  const input = { resource_ids, only_main_resource: 0, limit: 2 };
  const name = 'billing.ListPayPerUseCustomerResources';
  const rows = await officialRows(name, 'data', input, byOffset('total_count'));
  const seen = rows.map((row) => ({
    resourceId: row['resource_id'],
    name: row['resource_name'],
    isPrimary: row['is_main_resource'] === 1,
    parentResourceId: orNothing(row['parent_resource_id']),
    status: statuses[String(row['status'])],
    region: row['region_code'],
    projectId: row['project_id'],
    serviceTypeCode: row['service_type_code'],
    resourceTypeCode: row['resource_type_code'],
    effectiveTime: date(row['effective_time']),
    expireTime: date(row['expire_time']),
    autoRenewal: row['expire_policy'] === 3,
  }));
  expect(await ours.billing.subscriptionsOf(resource_ids)).toEqual(seen);
  const expected = world.billingResources.filter((row) =>
    resource_ids.includes(row.parentResourceId ?? row.resourceId),
  );
  expect(seen).toMatchObject(
    expected.map((row) => ({
      resourceId: row.resourceId,
      name: row.resourceName,
      parentResourceId: row.parentResourceId ?? undefined,
      status: statuses[resourceStatus(world, row, new Date())],
      expireTime: wholeSeconds(row.expireTime),
      autoRenewal: row.expirePolicy === 3,
    })),
  );
  expect(new Set(seen.map(({ status }) => status))).toEqual(new Set(['InUse', 'Frozen', 'Expired']));

  const primaries = rowsOf(await official(name, { ...input, only_main_resource: 1, limit: 10 }), 'data');
  expect(primaries.map((row) => row['resource_id'])).toEqual(resource_ids);
  const frozen = await official(name, { status_list: [4], only_main_resource: 0, limit: 1 });
  expect(await ours.billing.frozenResources()).toBe(frozen['total_count']);
  expect(frozen).toMatchObject({ total_count: 1, data: [{ resource_id: host02 }] });
});

test('what the account owes, to the last fen', async () => {
  const { official, ours, world } = await views();
  const balances = await official('billing.ShowCustomerAccountBalances');
  expect(balances).toMatchObject({ debt_amount: '0.07', currency: 'CNY', measure_id: 1 });
  expect(rowsOf(balances, 'account_balances')).toMatchObject([{ account_type: 1, amount: '1234.56' }]);
  const { debt, currency } = await ours.billing.balances();
  expect([debt.toString(), currency]).toEqual([balances['debt_amount'], balances['currency']]);
  expect(debt.toFixed(2)).toBe(world.accounts[0]?.debt);
});

const orderOf = (row: Fields) => ({
  orderId: row['order_id'],
  status: { 1: 'PendingApproval', 3: 'Processing', 5: 'Completed', 6: 'Unpaid', 9: 'PendingConfirmation' }[
    String(row['status'])
  ],
  type: { 1: 'Purchase', 2: 'Renewal', 3: 'Change', 4: 'Unsubscription' }[String(row['order_type'])],
  createTime: date(row['create_time']),
  serviceTypeCode: row['service_type_code'],
});

test('orders that are under way: unpaid, running, waiting for an approval or a confirmation', async () => {
  const { officialRows, ours, control, world } = await twoViews(clients(), fullWorld(), {
    settings: { orderProcessing: seconds(600), largeRefund: { CNY: '10000.00', USD: '0.00' } },
  });
  await control.createUnpaidOrder(host01);
  await control.startTransaction(full.expired);
  await control.unsubscribeInConsole([full.dedicatedHost]);
  const toBeConfirmed = world.orders.find(({ status }) => status === 5);
  if (toBeConfirmed !== undefined) toBeConfirmed.status = 9;
  const lists = [1, 3, 6, 9].map((status) => {
    const input = { status, order_by: '-createTime', limit: 1 };
    return officialRows('billing.ListCustomerOrders', 'order_infos', input, byOffset('total_count'));
  });
  const pending = (await Promise.all(lists)).flat().map(orderOf);
  const byOrderId = (rows: readonly { orderId: unknown }[]) =>
    rows.toSorted((one, other) => String(one.orderId).localeCompare(String(other.orderId)));
  expect(byOrderId(await ours.billing.pendingOrders())).toEqual(byOrderId(pending));
  expect(pending.map(({ status }) => status).sort()).toEqual([
    'PendingApproval',
    'PendingConfirmation',
    'Processing',
    'Unpaid',
  ]);
});

test('the details of an order, its lines on three pages', async () => {
  const { official, officialRows, ours, world } = await views();
  const [order] = world.orders;
  const order_id = order?.orderId ?? '';
  const details = await official('billing.ShowCustomerOrderDetails', { order_id });
  const name = 'billing.ShowCustomerOrderDetails';
  const lines = await officialRows(name, 'order_line_items', { order_id, limit: 1 }, byOffset('total_count'));
  const info = inside(details, 'order_info');
  const amounts = inside(info, 'amount_info');
  expect(await ours.billing.orderDetails(order_id)).toEqual({
    ...orderOf(info),
    userName: info['user_name'],
    currency: info['currency'],
    amounts: {
      amountAfterDiscount: amount(info['amount_after_discount']),
      commission: amount(amounts['commission_amount']),
      consumed: amount(amounts['consumed_amount']),
      coupon: amount(amounts['coupon_amount']),
    },
    lines: lines.map((line) => ({
      id: line['order_line_item_id'],
      serviceTypeCode: line['service_type_code'],
      resourceTypeCode: line['commercial_resource'],
      productId: line['product_id'],
      periodType: { 2: 'Month', 3: 'Year' }[String(line['period_type'])],
      periodCount: orNothing(line['period_num']),
      effectiveTime: date(line['effective_time']),
      expireTime: date(line['expire_time']),
      amountAfterDiscount: amount(line['amount_after_discount']),
    })),
    subOrderIds: [],
  });
  expect(lines.map((line) => line['order_line_item_id'])).toEqual(order?.lineItems.map(({ id }) => id));
  expect(amount(info['amount_after_discount'])?.toFixed(2)).toBe('36012.41');
  expect(amount(amounts['coupon_amount'])?.toFixed(2)).toBe('5.55');
});

test('the bill of a server: what was paid, by which means', async () => {
  const { officialRows, ours, world } = await views();
  const [bill] = world.bills;
  const cycle = cycleOf(bill?.tradeTime ?? '');
  const input = { cycle, bill_type: 1, resource_id: host01, limit: 2 };
  const name = 'billing.ListCustomerselfResourceRecords';
  const rows = await officialRows(name, 'fee_records', input, byOffset('total_count'));
  const paid = (row: Fields) =>
    ['cash_amount', 'credit_amount', 'flexipurchase_coupon_amount', 'stored_card_amount'].reduce(
      (total, means) => total.plus(String(row[means])),
      new Big(0),
    );
  const seen = rows.map((row) => ({
    resourceId: row['resource_id'],
    orderId: row['order_id'],
    tradeId: row['trade_id'],
    billType: row['bill_type'],
    amount: amount(row['amount']),
    paid: paid(row),
    currency: 'CNY',
    effectiveTime: date(row['effective_time']),
    expireTime: date(row['expire_time']),
  }));
  expect(await ours.billing.feeRecords({ cycle, billType: 1, resourceId: host01 })).toEqual(seen);
  expect(seen.map((row) => row.paid.toFixed(2))).toEqual(['36000.10', '35900.09', '36000.10']);
});

describe('an unsubscription', () => {
  const order = { resource_ids: [full.dedicatedHost], unsubscribe_type: 1, unsubscribe_reason_type: 5 };

  /** Its list entry, details and refund, by the official client and by ours. */
  async function expectBothToSee({ official, officialRows, ours }: TwoViews, orderId: string) {
    const since = new Date(Date.now() - 60_000);
    const create_time_begin = since.toISOString().replace(/\.\d+Z$/, 'Z');
    const input = { order_type: '4', order_by: '-createTime', create_time_begin, limit: 1 };
    const listed = await officialRows('billing.ListCustomerOrders', 'order_infos', input, byOffset('total_count'));
    expect(listed.map((row) => row['order_id'])).toEqual([orderId]);
    expect(await ours.billing.unsubscriptionOrdersSince(since)).toEqual(listed.map(orderOf));

    const details = await ours.billing.orderDetails(orderId);
    const info = inside(await official('billing.ShowCustomerOrderDetails', { order_id: orderId }), 'order_info');
    expect(info).toMatchObject({ status: 5, order_type: 4, user_name: seeded.accessKey });
    const amounts = inside(info, 'amount_info');
    expect(details.amounts.commission).toEqual(amount(amounts['commission_amount']));
    expect(details.amounts.consumed).toEqual(amount(amounts['consumed_amount']));
    expect(details.lines.map(({ periodCount }) => periodCount)).toEqual([undefined]);

    const refund = rowsOf(await official('billing.ShowRefundOrderDetails', { order_id: orderId }), 'refund_infos');
    const seen = refund.map((row) => ({
      id: row['id'],
      amount: amount(row['amount']),
      currency: 'CNY',
      baseOrderId: row['base_order_id'],
      serviceTypeCode: row['service_type_code'],
      resourceTypeCode: row['resource_type_code'],
      region: row['region_code'],
    }));
    expect(await ours.billing.refundOf(details)).toEqual(seen);
    expect(refund.map((row) => row['measure_id'])).toEqual(['1', '1', '1']);
    return refund;
  }

  test('that the official client placed is followed by both', async () => {
    const both = await views();
    const placed = await both.official('billing.CancelResourcesSubscription', order);
    expect(placed).toEqual({ order_ids: [expect.stringMatching(/^CS/)], fail_resource_infos: [] });
    const [orderId = ''] = textsIn(placed, 'order_ids');
    const refund = await expectBothToSee(both, orderId);
    const refunded = both.world.orders.find((one) => one.orderId === orderId)?.unsubscription?.refund;
    expect(amount(refund[0]?.['amount'])?.times(-1).toFixed(2)).toBe(refunded);
    expect(await both.ours.deh.dedicatedHost(full.dedicatedHost)).toEqual({ kind: 'Gone' });
  });

  test('that we placed is followed by both', async () => {
    const both = await views();
    await both.ours.billing.balances();
    const ours = {
      resourceIds: [full.dedicatedHost],
      scope: 1,
      reasonType: 5,
      reasonText: 'decommission: 退役',
    } as const;
    const signed = await signUnsubscription(both.ours.orderChannel, ours);
    const outcome = await sendUnsubscription(signed, { deadline: seconds(5) });
    if (outcome.kind !== 'Accepted') throw new Error(`expected an acceptance, got ${JSON.stringify(outcome)}`);
    await expectBothToSee(both, outcome.orderIds[0] ?? '');
  });

  test('of several servers is one combined order with a part for each', async () => {
    const both = await views();
    const resource_ids = [host01, full.dedicatedHost];
    const secondaries = both.world.billingResources.filter((row) => row.parentResourceId === host01);
    for (const row of secondaries) row.closed = true;
    const placed = await both.official('billing.CancelResourcesSubscription', { ...order, resource_ids });
    const [orderId = ''] = textsIn(placed, 'order_ids');
    const info = inside(await both.official('billing.ShowCustomerOrderDetails', { order_id: orderId }), 'order_info');
    const parts = rowsOf(info, 'sub_order_infos').map((row) => row['order_id']);
    expect(parts).toHaveLength(2);
    expect((await both.ours.billing.orderDetails(orderId)).subOrderIds).toEqual(parts);
  });
});

test('auto-renewal that the official client switched off is off for us', async () => {
  const { official, ours } = await views();
  const autoRenewal = async () => (await ours.billing.subscriptionsOf([host01])).map((row) => row.autoRenewal);
  expect(await autoRenewal()).toContain(true);
  await official('billing.CancelAutoRenewalResources', { resource_id: host01 });
  expect(await autoRenewal()).not.toContain(true);
});
