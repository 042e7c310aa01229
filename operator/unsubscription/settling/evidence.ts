import { Big } from 'big.js';
import type { Placement } from '../../api/unsubscriptionrequest.ts';
import type { Milliseconds } from '../../clock.ts';
import type { HuaweiAccount } from '../../huaweicloud/account.ts';
import { saysMissing } from '../../huaweicloud/answers.ts';
import type { Order, OrderDetails } from '../../huaweicloud/billing-orders.ts';
import type { Subscription } from '../../huaweicloud/billing-subscriptions.ts';
import { rangeOf } from '../../huaweicloud/cloud-clock.ts';
import { CloudError } from '../../huaweicloud/errors.ts';
import { madeWhen } from '../../inventory/made-when.ts';
import { reading } from '../../inventory/reading.ts';
import { areGone, type RowState } from '../../inventory/row-state.ts';
import { withSameAccount } from '../../inventory/same-account.ts';
import type { CandidateOrder, ObservedOrder, PlacementEvidence, Reading, StatedOrder, TimeRange } from '../snapshot.ts';
import { isBilledElsewhere, readBill } from './bill-evidence.ts';
import { isWindowOver, mayBeExplained } from './candidate-orders.ts';
import { type ExplanationOptions, explainsAlone } from './other-explanations.ts';

interface EvidenceOptions extends ExplanationOptions {
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
  const read = () => collect(account, placement, options, signal);
  return reading('The billing centre', () => withSameAccount(account, [placement], read, signal), signal);
}

async function collect(
  account: HuaweiAccount,
  placement: Placement,
  options: EvidenceOptions,
  signal: AbortSignal,
): Promise<PlacementEvidence> {
  const { window, claimedOrders, statedId } = options;
  const { billing } = account;
  // Before anything is read: what is read is at least as new as that. After it, a process that was held up between two reads
  // would judge old orders by a new time, and take a call for dead whose order it has not looked for since.
  const before = await cloudTimeBefore(account, signal);
  // Orders first: one whose resource is gone from the rows already may be missing here, which `candidate-orders.ts` allows for.
  const around = placement.state === 'Accepted' ? [] : await readOrdersAround(account, placement, window, signal);
  const [orders, subscriptions] = await Promise.all([
    Promise.all((placement.orders ?? []).map(({ orderId }) => readOrder(account, orderId, signal))),
    billing.subscriptionsOf(placement.resourceIds, signal),
  ]);
  // Every one of them was answered by the cloud: if a proxy had spoiled its time before, they have mended it.
  const cloudTime = earlierOf(before, cloudTimeRange(account).earliest);
  const claimed = claimedOrders();
  const unclaimed = around.filter((order) => isOfType(order, placement) && !claimed.has(order.orderId));
  const rows = new Map(placement.resourceIds.map((id) => [id, rowState(id, subscriptions)]));
  // Before, the bill settles nothing, and every look would cost a call for each resource and order.
  const isOver = isWindowOver(placement, { cloudTime }, window);
  const bill = await readBill(account, placement, isOver ? unclaimed : [], signal);
  const [only, ...more] = unclaimed;
  const mayExplain =
    isOver &&
    more.length === 0 &&
    areGone(placement.resourceIds, rows) &&
    mayBeExplained(placement, { cloudTime }, window);
  const isOnlyExplanation =
    mayExplain && only !== undefined && (await explainsAlone(account, placement, { only, around }, options, signal));
  const statedOrder =
    statedId === undefined ? undefined : await readStated(account, placement, statedId, options, signal);
  return {
    cloudTime,
    readUntil: cloudTimeRange(account).latest,
    ...bill,
    rows,
    orders,
    isOnlyExplanation,
    unclaimedOrders: unclaimed.map((order) => candidate(order, placement, options)),
    statedOrder,
  };
}

/** A wrong digit, or the order of another day, must not become the end of a call. */
async function readStated(
  account: HuaweiAccount,
  placement: Placement,
  orderId: string,
  options: EvidenceOptions,
  signal: AbortSignal,
): Promise<StatedOrder> {
  if (options.claimedOrders().has(orderId)) return { orderId, state: 'Unknown', fault: 'OfAnotherCall' };
  const lookup = await reading('The order', () => knownOrder(account.billing, orderId, signal), signal);
  if (lookup.kind === 'Unreadable') return { orderId, state: 'Unknown', unreadable: lookup.failure.message };
  const order = lookup.value;
  if (order === undefined) return { orderId, state: 'Unknown', fault: 'NotKnown' };
  const known = { orderId, state: order.status };
  if (order.type !== 'Unsubscription') return { ...known, fault: 'NoUnsubscription' };
  const made = madeWhen(order, placement, options);
  if (made !== 'Within') return { ...known, fault: made === 'Before' ? 'MadeBefore' : 'MadeAfter' };
  const isElsewhere = await isBilledElsewhere(account, order, placement.resourceIds, signal);
  return isElsewhere ? { ...known, fault: 'BilledElsewhere' } : known;
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
    if (error instanceof CloudError && saysUnknown(error)) return undefined;
    throw error;
  }
}

/** Not a page of a proxy: a person would be told that the account does not have their order. */
const saysUnknown = (error: CloudError): boolean =>
  saysMissing(error) || (error.explained && ['Refused', 'Gone'].includes(error.class));

const candidate = (order: Order, placement: Placement, options: EvidenceOptions): CandidateOrder => ({
  orderId: order.orderId,
  state: order.status,
  made: madeWhen(order, placement, options),
});

/** All unsubscription orders from the time on from which the call's signature was accepted. */
const readOrdersAround = (
  { billing }: HuaweiAccount,
  { signedAt }: Placement,
  window: Milliseconds,
  signal: AbortSignal,
): Promise<Order[]> => billing.unsubscriptionOrdersSince(new Date(new Date(signedAt).getTime() - window), signal);

const isOfType = ({ serviceTypeCode }: Order, { serviceType }: Placement): boolean =>
  serviceType === undefined || serviceTypeCode === undefined || serviceTypeCode === serviceType;

/** Two rows of one resource that contradict each other say nothing. */
function rowState(resourceId: string, rows: readonly Subscription[]): RowState {
  const states = new Set(rows.filter((row) => row.resourceId === resourceId).map(({ status }) => status));
  const [state, ...others] = states;
  if (state === undefined) return 'Absent';
  return others.length > 0 ? 'Unknown' : (rowStates.find((known) => known === state) ?? 'Unknown');
}

const rowStates = ['InUse', 'Closed', 'Frozen', 'Expired'] as const;

/** The earliest that it can be at the billing centre: a window measured by it is never cut short. A new process asks for it. */
async function cloudTimeBefore(account: HuaweiAccount, signal: AbortSignal): Promise<Date> {
  if (rangeOf(account.billingTime()) === undefined) await account.billing.probeSite(signal);
  return cloudTimeRange(account).earliest;
}

const earlierOf = (one: Date, other: Date): Date => (one < other ? one : other);

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
