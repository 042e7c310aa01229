import { Big } from 'big.js';
import { type Answer, ok } from '../answers.ts';
import type { Operation, SignedCall } from '../operations.ts';
import { integerParameter } from '../parameters.ts';
import { beijingDay, utcSeconds } from '../wire-time.ts';
import type { Bill } from '../world/billing.ts';
import { money, wireAmount } from '../world/money.ts';
import { parameterError } from './billing-errors.ts';

/** Money of the account: its balance and its fee records by resource. Neither tells whether the account is frozen. */
export const billingAccounts: readonly Operation[] = [
  {
    name: 'billing.showBalances',
    method: 'GET',
    path: '/v2/accounts/customer-accounts/balances',
    access: 'billing',
    rate: 20,
    answer: showBalances,
  },
  {
    name: 'billing.listResourceRecords',
    method: 'GET',
    path: '/v2/bills/customer-bills/res-fee-records',
    access: 'billing',
    rate: 10,
    answer: listResourceRecords,
  },
];

function showBalances({ account }: SignedCall): Answer {
  const { currency } = account;
  const balance = {
    account_id: `${account.domainId}-balance`,
    account_type: 1,
    amount: wireAmount(account.balance),
    currency,
    designated_amount: 0,
    credit_amount: 0,
    measure_id: 1,
  };
  return ok({ account_balances: [balance], debt_amount: wireAmount(account.debt), measure_id: 1, currency });
}

function listResourceRecords(call: SignedCall): Answer {
  const { world, account, query, now } = call;
  const cycle = query.get('cycle');
  if (cycle === null || !/^\d{4}-(0[1-9]|1[0-2])$/.test(cycle)) return parameterError('cycle must be YYYY-MM.');
  const limit = integerParameter(call, 'limit', { default: 10, min: 1, max: 1_000 }, parameterError);
  const offset = integerParameter(call, 'offset', { default: 0, min: 0, max: 1_000_000 }, parameterError);
  // `resource_id` filters even when it is empty, unlike the other parameters.
  const { resource_id, bill_type, trade_id, cloud_service_type, region } = Object.fromEntries(query);
  const found = world.bills
    .filter((bill) => bill.domainId === account.domainId && Date.parse(bill.visibleAt) <= now.getTime())
    .filter((bill) => beijingDay(bill.tradeTime).startsWith(cycle))
    .filter((bill) => (resource_id ?? bill.resourceId) === bill.resourceId)
    .filter((bill) => !bill_type || `${bill.billType}` === bill_type)
    .filter((bill) => (trade_id || bill.orderId) === bill.orderId && (region || bill.regionCode) === bill.regionCode)
    .filter((bill) => (cloud_service_type || bill.serviceTypeCode) === bill.serviceTypeCode);
  const page = found.slice(offset, offset + limit);
  return ok({ fee_records: page.map(feeRecord), total_count: found.length, currency: account.currency });
}

const cashOf = ({ amount, couponAmount, flexipurchaseCouponAmount, storedCardAmount }: Bill): string =>
  money(new Big(amount).minus(couponAmount).minus(flexipurchaseCouponAmount).minus(storedCardAmount));

const feeRecord = (bill: Bill) => ({
  id: bill.id,
  bill_date: beijingDay(bill.tradeTime),
  bill_type: bill.billType,
  customer_id: bill.domainId,
  region: bill.regionCode,
  cloud_service_type: bill.serviceTypeCode,
  resource_type: bill.resourceTypeCode,
  resource_id: bill.resourceId,
  resource_name: bill.resourceName,
  effective_time: utcSeconds(bill.effectiveTime),
  expire_time: utcSeconds(bill.expireTime),
  trade_id: bill.orderId,
  order_id: bill.orderId,
  relative_order_id: null,
  trade_time: utcSeconds(bill.tradeTime),
  enterprise_project_id: '0',
  charge_mode: '1',
  period_type: '19',
  official_amount: wireAmount(bill.amount),
  discount_amount: 0,
  amount: wireAmount(bill.amount),
  cash_amount: wireAmount(cashOf(bill)),
  credit_amount: 0,
  coupon_amount: wireAmount(bill.couponAmount),
  flexipurchase_coupon_amount: wireAmount(bill.flexipurchaseCouponAmount),
  stored_card_amount: wireAmount(bill.storedCardAmount),
  bonus_amount: 0,
  debt_amount: 0,
  adjustment_amount: 0,
  measure_id: 1,
});
