import { Big } from 'big.js';
import type { Placement } from '../api/unsubscriptionrequest.ts';
import { hours, milliseconds, minutes } from '../clock.ts';
import type { HuaweiAccount } from '../huaweicloud/account.ts';
import type { OrderDetails } from '../huaweicloud/billing-orders.ts';
import { reading } from '../inventory/reading.ts';
import type { ObservedOrder, PlacementEvidence, Reading } from './snapshot.ts';

/** How far the creation time of an order may lie before the date of the signature: clocks differ. */
const slack = minutes(2);

/** Reads what the cloud knows of a call that is not settled yet. Anything that cannot be read makes all of it unreadable. */
export function readEvidence(
  account: HuaweiAccount,
  placement: Placement,
  claimedOrders: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<Reading<PlacementEvidence>> {
  return reading('The billing centre', () => collect(account, placement, claimedOrders, signal), signal);
}

async function collect(
  account: HuaweiAccount,
  placement: Placement,
  claimedOrders: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<PlacementEvidence> {
  const { billing } = account;
  const since = new Date(new Date(placement.signedAt).getTime() - slack);
  const lost = placement.state !== 'Accepted';
  // Orders first: an order that is missing here while its resource is gone from the rows is then a contradiction, and waits.
  const candidates = lost ? await billing.unsubscriptionOrdersSince(since, signal) : [];
  const [orders, subscriptions] = await Promise.all([
    Promise.all((placement.orders ?? []).map(({ orderId }) => readOrder(account, orderId, signal))),
    billing.subscriptionsOf(placement.resourceIds, signal),
  ]);
  const rows = placement.resourceIds.map((id): [string, RowState] => {
    const row = subscriptions.find(({ resourceId }) => resourceId === id);
    return [id, row === undefined ? 'Absent' : (rowStates.find((state) => state === row.status) ?? 'Unknown')];
  });
  const unclaimed = candidates.filter(({ orderId }) => !claimedOrders.has(orderId));
  return {
    cloudTime: earliestCloudTime(account),
    billedOrders: unclaimed.length === 0 ? new Set() : await readBilledOrders(account, placement, signal),
    rows: new Map(rows),
    orders,
    unclaimedOrders: unclaimed.map(({ orderId, status }) => ({ orderId, state: status })),
  };
}

/** The only document that names a resource together with its order. One that cannot be read is as good as a late one. */
async function readBilledOrders(
  account: HuaweiAccount,
  { resourceIds, signedAt }: Placement,
  signal: AbortSignal,
): Promise<Set<string>> {
  const cycles = new Set([billCycle(new Date(signedAt)), billCycle(account.billingTime().at)]);
  const filters = [...cycles].flatMap((cycle) => resourceIds.map((resourceId) => ({ cycle, resourceId })));
  const bills = filters.map((filter) => {
    return reading('The bill', () => account.billing.feeRecords({ ...filter, billType: 4 }, signal), signal);
  });
  const records = (await Promise.all(bills)).flatMap((bill) => (bill.kind === 'Read' ? bill.value : []));
  return new Set(records.flatMap(({ orderId }) => orderId ?? []));
}

/** Bills go by the month in China (API notes 1.9). */
const billCycle = (at: Date): string => new Date(at.getTime() + hours(8)).toISOString().slice(0, 7);

type RowState = 'InUse' | 'Closed' | 'Frozen' | 'Expired' | 'Absent' | 'Unknown';
const rowStates = ['InUse', 'Closed', 'Frozen', 'Expired'] as const;

/** The earliest that it can be at the billing centre: a window measured by it is never cut short. */
function earliestCloudTime(account: HuaweiAccount): Date {
  const { at, bound } = account.billingTime();
  if (bound === undefined) throw new Error("the billing centre's time is not known");
  return new Date(at.getTime() - milliseconds(bound));
}

async function readOrder({ billing }: HuaweiAccount, orderId: string, signal: AbortSignal): Promise<ObservedOrder> {
  const details = await billing.orderDetails(orderId, signal);
  if (details.status !== 'Completed' || details.currency === undefined) return { orderId, state: details.status };
  const rows = await billing.refundOf(details, signal);
  const refunded = rows.map(({ amount }) => amount).filter((amount) => amount.lt(0));
  const refund = refunded.reduce((total, amount) => total.minus(amount), new Big(0));
  return {
    orderId,
    state: details.status,
    refund: { amount: refund.toFixed(2), fee: feeOf(details), currency: details.currency },
  };
}

const feeOf = ({ amounts }: OrderDetails): string => (amounts.commission ?? new Big(0)).abs().toFixed(2);
