import type { Placement } from '../../api/unsubscriptionrequest.ts';
import { hours } from '../../clock.ts';
import type { HuaweiAccount } from '../../huaweicloud/account.ts';
import type { Order } from '../../huaweicloud/billing-orders.ts';
import { type CallWindow, madeWhen } from '../../inventory/made-when.ts';
import { reading } from '../../inventory/reading.ts';
import { isBilledElsewhere } from './bill-evidence.ts';

/** What is known of the other calls of this operator. */
export interface OtherCalls {
  /** Ids of the orders that the cloud's own answers named: each is for what its call was for, and nothing else. */
  readonly answered: ReadonlySet<string>;
  /** When calls were signed whose order is not known; undefined for those that an object which cannot be understood may know of. */
  readonly lost: readonly (string | undefined)[];
}

export interface ExplanationOptions extends CallWindow {
  /** Asked for after the orders were read. */
  otherCalls: () => OtherCalls;
}

/** For so long an order may be open before it takes anything away: large refunds wait for the cloud's approval. */
const longestOrder = hours(30 * 24);

/** More are not asked about, one after the other: that they could not be ruled out in time would settle nothing either. */
const mostOrders = 50;

/**
 * Whether nothing but the one order that is left could be why the resources of a lost call are gone, and that order be for nothing else of ours: it may
 * be that of another lost call. An order that was made long before may have ended just now, one that another call was taken to have made may be somebody's for
 * both, and one of another type of service may take a server along. What the cloud's own answer named is ruled out, and what the bill ties to other resources.
 * What cannot be read rules nothing out.
 */
export async function explainsAlone(
  account: HuaweiAccount,
  placement: Placement,
  orders: { only: Order; around: readonly Order[] },
  options: ExplanationOptions,
  signal: AbortSignal,
): Promise<boolean> {
  const found = await reading('Other orders', () => isAlone(account, placement, orders, options, signal), signal);
  return found.kind === 'Read' && found.value;
}

async function isAlone(
  account: HuaweiAccount,
  { signedAt, resourceIds }: Placement,
  { only, around }: { only: Order; around: readonly Order[] },
  options: ExplanationOptions,
  signal: AbortSignal,
): Promise<boolean> {
  const { answered, lost } = options.otherCalls();
  const isLost = (date: string | undefined) =>
    date === undefined || madeWhen(only, { signedAt: date }, options) === 'Within';
  if (lost.some(isLost)) return false;
  const until = new Date(signedAt).getTime() - options.window;
  const before = await account.billing.unsubscriptionOrdersBetween(
    new Date(until - longestOrder),
    new Date(until),
    signal,
  );
  const others = [...around, ...before].filter(
    ({ orderId, status }) => orderId !== only.orderId && status !== 'Cancelled' && !answered.has(orderId),
  );
  if (others.length > mostOrders) return false;
  // Newest first: of those the bill does not tell yet.
  for (const order of others) if (!(await isBilledElsewhere(account, order, resourceIds, signal))) return false;
  // Its call may have been settled meanwhile, and then counts as lost no more.
  return !options.claimedOrders().has(only.orderId);
}
