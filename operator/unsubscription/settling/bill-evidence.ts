import type { Placement } from '../../api/unsubscriptionrequest.ts';
import { hours } from '../../clock.ts';
import type { HuaweiAccount } from '../../huaweicloud/account.ts';
import type { FeeRecord, FeeRecordFilter } from '../../huaweicloud/billing-account.ts';
import type { Order } from '../../huaweicloud/billing-orders.ts';
import { reading } from '../../inventory/reading.ts';
import type { PlacementEvidence } from '../snapshot.ts';

/**
 * What the bill, the only document that names a resource together with its order, says of the candidates. An order that it ties to only
 * some of the resources may be somebody's for these alone. Which are somebody's for others is asked only where one order may be left by
 * that: where one is tied to all of the resources, or there is but one.
 */
export async function readBill(
  account: HuaweiAccount,
  { resourceIds, signedAt }: Placement,
  candidates: readonly Order[],
  signal: AbortSignal,
): Promise<Pick<PlacementEvidence, 'billedOrders' | 'billedElsewhere'>> {
  if (candidates.length === 0) return { billedOrders: new Set(), billedElsewhere: new Set() };
  const linesOf = linesSince(account, new Date(signedAt), signal);
  const bills = await Promise.all(resourceIds.map((resourceId) => linesOf({ resourceId })));
  const [first = [], ...others] = bills.map((lines) => lines.flatMap(({ orderId }) => orderId ?? []));
  const billedOrders = new Set(first.filter((orderId) => others.every((orders) => orders.includes(orderId))));
  const open = candidates.map(({ orderId }) => orderId).filter((orderId) => !billedOrders.has(orderId));
  if (billedOrders.size === 0 && open.length > 1) return { billedOrders, billedElsewhere: new Set() };
  const elsewhere = open.map(async (orderId) =>
    isElsewhere(await linesOf({ orderId }), orderId, resourceIds) ? [orderId] : [],
  );
  return { billedOrders, billedElsewhere: new Set((await Promise.all(elsewhere)).flat()) };
}

/** Whether the bill ties an order, made at some time, to resources that are none of these. */
export async function isBilledElsewhere(
  account: HuaweiAccount,
  { orderId, createTime }: Order,
  resourceIds: readonly string[],
  signal: AbortSignal,
): Promise<boolean> {
  return isElsewhere(await linesSince(account, createTime, signal)({ orderId }), orderId, resourceIds);
}

const linesSince =
  (account: HuaweiAccount, since: Date, signal: AbortSignal) =>
  (filter: Pick<FeeRecordFilter, 'resourceId' | 'orderId'>): Promise<readonly FeeRecord[]> =>
    readLines(account, { ...filter, billType: 4 }, billCycles(since, account.billingTime().at), signal);

/** A line that names no resource, or no order, may be about any. */
function isElsewhere(lines: readonly FeeRecord[], orderId: string, resourceIds: readonly string[]): boolean {
  const own = lines.filter((line) => line.orderId === orderId);
  return own.length > 0 && own.every((line) => line.resourceId !== undefined && !resourceIds.includes(line.resourceId));
}

/** Lines of the bill of some months. One that cannot be read is as good as a late one. */
async function readLines(
  { billing }: HuaweiAccount,
  filter: Omit<FeeRecordFilter, 'cycle'>,
  cycles: readonly string[],
  signal: AbortSignal,
): Promise<readonly FeeRecord[]> {
  const months = () => Promise.all(cycles.map((cycle) => billing.feeRecords({ ...filter, cycle }, signal)));
  const bill = await reading('The bill', months, signal);
  return bill.kind === 'Read' ? bill.value.flat() : [];
}

/**
 * The months whose bill may tell of an order, of the first half year: it stands in that of its end, which waits for people now and then. Bills go
 * by the month in China.
 */
function billCycles(from: Date, until: Date): string[] {
  const [first, last] = [inChina(from), inChina(until)];
  const months = Array.from({ length: 6 }, (_, later) => Date.UTC(first.getUTCFullYear(), first.getUTCMonth() + later));
  return months.filter((month) => month <= last.getTime()).map((month) => new Date(month).toISOString().slice(0, 7));
}

const inChina = (at: Date): Date => new Date(at.getTime() + hours(8));
