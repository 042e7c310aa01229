import { Big } from 'big.js';
import type { Placement } from '../api/unsubscriptionrequest.ts';
import { hours, type Milliseconds } from '../clock.ts';
import type { HuaweiAccount } from '../huaweicloud/account.ts';
import type { FeeRecord, FeeRecordFilter } from '../huaweicloud/billing-account.ts';
import type { Order, OrderDetails } from '../huaweicloud/billing-orders.ts';
import type { Subscription } from '../huaweicloud/billing-subscriptions.ts';
import { rangeOf } from '../huaweicloud/cloud-clock.ts';
import { CloudError } from '../huaweicloud/errors.ts';
import { type CallWindow, madeWhen } from '../inventory/made-when.ts';
import { reading } from '../inventory/reading.ts';
import { assertSameAccount } from '../inventory/same-account.ts';
import type { CandidateOrder, ObservedOrder, PlacementEvidence, Reading, StatedOrder, TimeRange } from './snapshot.ts';

export interface EvidenceOptions extends CallWindow {
  /** The id of the order that a person states for the call. */
  statedId?: string | undefined;
}

/** Reads what the cloud knows of a call that is not settled yet. Anything that cannot be read makes all of it unreadable. */
export function readEvidence(
  account: HuaweiAccount,
  placement: Placement,
  options: EvidenceOptions,
  signal: AbortSignal,
): Promise<Reading<PlacementEvidence>> {
  return reading('The billing centre', () => collect(account, placement, options, signal), signal);
}

async function collect(
  account: HuaweiAccount,
  placement: Placement,
  options: EvidenceOptions,
  signal: AbortSignal,
): Promise<PlacementEvidence> {
  const { window, claimedOrders, statedId } = options;
  await assertSameAccount(account, placement, signal);
  const { billing } = account;
  // Before anything is read: what is read is at least as new as that. After it, a process that was held up between two reads
  // would judge old orders by a new time, and take a call for dead whose order it has not looked for since.
  const cloudTime = await cloudTimeBefore(account, signal);
  // Orders first: one whose resource is gone from the rows already may be missing here, which `settle.ts` allows for.
  const candidates = placement.state === 'Accepted' ? [] : await readCandidates(account, placement, window, signal);
  const [orders, subscriptions] = await Promise.all([
    Promise.all((placement.orders ?? []).map(({ orderId }) => readOrder(account, orderId, signal))),
    billing.subscriptionsOf(placement.resourceIds, signal),
  ]);
  const claimed = claimedOrders();
  const [unclaimed, before] = partition(
    candidates.filter(({ orderId }) => !claimed.has(orderId)),
    ({ createTime }) => createTime.getTime() >= new Date(placement.signedAt).getTime() - window,
  );
  // Before, the bill settles nothing, and every look would cost a call for each resource and order.
  const isOver = cloudTime.getTime() >= new Date(placement.signedAt).getTime() + window;
  const bill = await readBill(account, placement, isOver ? unclaimed : [], signal);
  return {
    cloudTime,
    readUntil: cloudTimeRange(account).latest,
    ...bill,
    rows: new Map(placement.resourceIds.map((id) => [id, rowState(id, subscriptions)])),
    orders,
    isPreceded: before.length > 0,
    unclaimedOrders: unclaimed.map((order) => candidate(order, placement, options)),
    statedOrder: statedId === undefined ? undefined : await readStated(account, placement, statedId, options, signal),
  };
}

/** A wrong digit, or the order of another day, must not become the end of a call. */
async function readStated(
  { billing }: HuaweiAccount,
  placement: Placement,
  orderId: string,
  options: EvidenceOptions,
  signal: AbortSignal,
): Promise<StatedOrder> {
  if (options.claimedOrders().has(orderId)) return { orderId, state: 'Unknown', fault: 'OfAnotherCall' };
  const lookup = await reading('The order', () => knownOrder(billing, orderId, signal), signal);
  if (lookup.kind === 'Unreadable') return { orderId, state: 'Unknown', unreadable: lookup.failure.message };
  const order = lookup.value;
  if (order === undefined) return { orderId, state: 'Unknown', fault: 'NotKnown' };
  const known = { orderId, state: order.status };
  if (order.type !== 'Unsubscription') return { ...known, fault: 'NoUnsubscription' };
  const made = madeWhen(order, placement, options);
  return made === 'Within' ? known : { ...known, fault: made === 'Before' ? 'MadeBefore' : 'MadeAfter' };
}

const isOrderId = /^[\w-]{1,64}$/;

/** Which code a wrong id gets is not documented: whatever the cloud says of the id itself, it does not know the order. */
async function knownOrder(
  { orderDetails }: HuaweiAccount['billing'],
  orderId: string,
  signal: AbortSignal,
): Promise<OrderDetails | undefined> {
  if (!isOrderId.test(orderId)) return undefined;
  try {
    return await orderDetails(orderId, signal);
  } catch (error) {
    if (error instanceof CloudError && error.explained && ['Refused', 'NotFound', 'Gone'].includes(error.class))
      return undefined;
    throw error;
  }
}

function candidate(order: Order, placement: Placement, options: EvidenceOptions): CandidateOrder {
  const known = { orderId: order.orderId, state: order.status };
  const made = madeWhen(order, placement, options);
  if (made === 'Within') return known;
  return made === 'Before' ? { ...known, precedes: true } : { ...known, follows: true };
}

/** Nothing is documented of it; what an order has taken away is seen as in use for minutes. */
const rowsLagBehind = hours(1);

/** Unsubscription orders of the call's type of service, from long before the time on from which its signature was accepted. */
async function readCandidates(
  { billing }: HuaweiAccount,
  { signedAt, serviceType }: Placement,
  window: Milliseconds,
  signal: AbortSignal,
): Promise<Order[]> {
  const signed = new Date(signedAt).getTime();
  const orders = await billing.unsubscriptionOrdersSince(new Date(signed - window - rowsLagBehind), signal);
  return orders.filter(
    ({ serviceTypeCode }) =>
      serviceType === undefined || serviceTypeCode === undefined || serviceTypeCode === serviceType,
  );
}

const partition = <T>(all: readonly T[], belongs: (one: T) => boolean): readonly [T[], T[]] => [
  all.filter(belongs),
  all.filter((one) => !belongs(one)),
];

/** Two rows of one resource that contradict each other say nothing. */
function rowState(resourceId: string, rows: readonly Subscription[]): RowState {
  const states = new Set(rows.filter((row) => row.resourceId === resourceId).map(({ status }) => status));
  const [state, ...others] = states;
  if (state === undefined) return 'Absent';
  return others.length > 0 ? 'Unknown' : (rowStates.find((known) => known === state) ?? 'Unknown');
}

/**
 * What the bill, the only document that names a resource together with its order, says of the candidates. An order that it ties to only
 * some of the resources may be somebody's for these alone. Which are somebody's for others is asked only where one order may be left by
 * that: where one is tied to all of the resources, or there is but one.
 */
async function readBill(
  account: HuaweiAccount,
  { resourceIds, signedAt }: Placement,
  candidates: readonly Order[],
  signal: AbortSignal,
): Promise<Pick<PlacementEvidence, 'billedOrders' | 'billedElsewhere'>> {
  if (candidates.length === 0) return { billedOrders: new Set(), billedElsewhere: new Set() };
  const cycles = billCycles(new Date(signedAt), account.billingTime().at);
  const linesOf = (filter: Pick<FeeRecordFilter, 'resourceId' | 'orderId'>) =>
    readLines(account, { ...filter, billType: 4 }, cycles, signal);
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
 * by the month in China (API notes 1.9).
 */
function billCycles(from: Date, until: Date): string[] {
  const [first, last] = [inChina(from), inChina(until)];
  const months = Array.from({ length: 6 }, (_, later) => Date.UTC(first.getUTCFullYear(), first.getUTCMonth() + later));
  return months.filter((month) => month <= last.getTime()).map((month) => new Date(month).toISOString().slice(0, 7));
}

const inChina = (at: Date): Date => new Date(at.getTime() + hours(8));

type RowState = 'InUse' | 'Closed' | 'Frozen' | 'Expired' | 'Absent' | 'Unknown';
const rowStates = ['InUse', 'Closed', 'Frozen', 'Expired'] as const;

/** The earliest that it can be at the billing centre: a window measured by it is never cut short. A new process asks for it. */
async function cloudTimeBefore(account: HuaweiAccount, signal: AbortSignal): Promise<Date> {
  if (rangeOf(account.billingTime()) === undefined) await account.billing.probeSite(signal);
  return cloudTimeRange(account).earliest;
}

function cloudTimeRange(account: HuaweiAccount): TimeRange {
  const range = rangeOf(account.billingTime());
  if (range === undefined) throw new Error("the billing centre's time is not known");
  return range;
}

async function readOrder({ billing }: HuaweiAccount, orderId: string, signal: AbortSignal): Promise<ObservedOrder> {
  const details = await billing.orderDetails(orderId, signal);
  if (details.status !== 'Completed' || !isCurrency(details.currency)) return { orderId, state: details.status };
  const rows = await billing.refundOf(details, signal);
  // Of an order that was refunded, or not, there is at least a row for what was consumed: no rows say nothing, not zero.
  if (rows.length === 0) return { orderId, state: details.status, refundIsMissing: true };
  const refunded = rows.map(({ amount }) => amount).filter((amount) => amount.lt(0));
  const refund = refunded.reduce((total, amount) => total.minus(amount), new Big(0));
  return {
    orderId,
    state: details.status,
    refund: { amount: refund.toFixed(2), fee: feeOf(details), currency: details.currency },
  };
}

const feeOf = ({ amounts }: OrderDetails): string => (amounts.commission ?? new Big(0)).abs().toFixed(2);

/** An order in a currency that is no code is followed without its amounts, rather than not at all. */
const isCurrency = (currency: string | undefined): currency is string => /^[A-Z]{3}$/.test(currency ?? '');
