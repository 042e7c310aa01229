import type { Big } from 'big.js';
import { z } from 'zod';
import { amount, counted, instant, optional } from './answers.ts';
import type { ServiceReader } from './calls.ts';
import { collectCounted } from './paging.ts';

/** What the account owes. */
export interface Balances {
  /** Total arrears; above zero is the usual cause of a frozen account. */
  readonly debt: Big;
  readonly currency: string;
}

/** A line of the bill: the only documented row with a resource id and an order id. Up to 24 hours late. */
export interface FeeRecord {
  readonly resourceId: string | undefined;
  readonly orderId: string | undefined;
  readonly tradeId: string | undefined;
  readonly billType: number;
  readonly amount: Big;
  /** What was paid with money, cards and coupons that count as money: not with vouchers. Undefined when the bill leaves it out. */
  readonly paid: Big | undefined;
  readonly currency: string;
  /** The period that was paid for. */
  readonly effectiveTime: Date | undefined;
  readonly expireTime: Date | undefined;
}

/** Which lines of the bill to read. */
export interface FeeRecordFilter {
  /** Month of the bill, `YYYY-MM` (UTC+8). */
  readonly cycle: string;
  /** 1 purchase, 2 renewal, 3 change, 4 unsubscription; all of them when left out. */
  readonly billType?: 1 | 2 | 3 | 4;
  readonly resourceId?: string;
  /** Id of the order that the lines are of; the cloud calls it the trade. */
  readonly orderId?: string;
}

/** Reads about the account itself. */
export interface BillingAccount {
  /** Arrears and their currency. */
  balances(signal?: AbortSignal): Promise<Balances>;
  /** The cheapest call of the billing centre: throws a `CloudError` of class `WrongSite` when the account is of another. */
  probeSite(signal?: AbortSignal): Promise<void>;
  /** Lines of the bill of one resource, or of one order, all pages. */
  feeRecords(filter: FeeRecordFilter, signal?: AbortSignal): Promise<FeeRecord[]>;
}

const balances = z.object({ debt_amount: amount, currency: z.string() });
const serviceTypes = counted('total_count', 'service_types', z.object({ service_type_code: z.string() }));
const feeRecord = z.object({
  id: optional(z.string()),
  resource_id: optional(z.string()),
  order_id: optional(z.string()),
  trade_id: optional(z.string()),
  bill_type: z.int(),
  amount,
  cash_amount: optional(amount),
  credit_amount: optional(amount),
  flexipurchase_coupon_amount: optional(amount),
  stored_card_amount: optional(amount),
  // 1 is the unit of the currency: with another one every amount would be wrong by a factor.
  measure_id: optional(z.union([z.literal(1), z.literal('1')])),
  effective_time: optional(instant),
  expire_time: optional(instant),
});
const feeRecordPage = z.object({ currency: z.string() }).and(counted('total_count', 'fee_records', feeRecord));

/** Creates the reads; the calls are bound to the domain. */
export function createBillingAccount(reader: ServiceReader<'billing'>): BillingAccount {
  return {
    async balances(signal) {
      const path = () => ['v2', 'accounts', 'customer-accounts', 'balances'];
      const answer = await reader.read({ operation: 'ShowCustomerAccountBalances', path, schema: balances }, signal);
      return { debt: answer.debt_amount, currency: answer.currency };
    },
    async probeSite(signal) {
      const path = () => ['v2', 'products', 'service-types'];
      await reader.read({ operation: 'ListServiceTypes', path, query: { limit: 1 }, schema: serviceTypes }, signal);
    },
    feeRecords: (filter, signal) => readFeeRecords(reader, filter, signal),
  };
}

async function readFeeRecords(
  reader: ServiceReader<'billing'>,
  { cycle, billType, resourceId, orderId }: FeeRecordFilter,
  signal?: AbortSignal,
): Promise<FeeRecord[]> {
  if ((resourceId ?? orderId ?? '') === '')
    throw new TypeError('Name a resource or an order: no filter would list the whole bill.');
  const operation = 'ListCustomerselfResourceRecords';
  const path = () => ['v2', 'bills', 'customer-bills', 'res-fee-records'];
  let unnamed = 0;
  // Some lines of a bill have no id; those cannot be told apart, so they are not checked for coming twice.
  const key = (row: z.infer<typeof feeRecord>) => row.id ?? `unnamed ${unnamed++}`;
  let currency = '';
  const rows = await collectCounted({ operation: `billing.${operation}`, key }, async ({ offset }) => {
    const query = { cycle, bill_type: billType, resource_id: resourceId, trade_id: orderId, offset, limit: 100 };
    const page = await reader.read({ operation, path, query, schema: feeRecordPage }, signal);
    currency = page.currency;
    return page;
  });
  return rows.map((row) => ({
    resourceId: row.resource_id,
    orderId: row.order_id,
    tradeId: row.trade_id,
    billType: row.bill_type,
    amount: row.amount,
    paid: paidIn(row),
    currency,
    effectiveTime: row.effective_time,
    expireTime: row.expire_time,
  }));
}

/** What of a line goes back in an unsubscription: cash, also on credit, flexi-purchase coupons and stored-value cards. */
function paidIn(row: z.infer<typeof feeRecord>): Big | undefined {
  const {
    cash_amount: cash,
    credit_amount: credit,
    flexipurchase_coupon_amount: coupons,
    stored_card_amount: cards,
  } = row;
  if (cash === undefined) return undefined;
  return [credit, coupons, cards].reduce<Big>((total, part) => total.plus(part ?? 0), cash);
}
