import type { RememberedCall } from '../api/dccserver.ts';
import type { DCCServer } from '../api/objects.ts';
import { seconds } from '../clock.ts';
import type { HuaweiAccount } from '../huaweicloud/account.ts';
import { isForAPart, mayTakeAway } from './abandoned-calls.ts';
import type { Accounts } from './accounts.ts';
import { type CallWindow, madeWhen } from './made-when.ts';
import type { Reading, ServerObservation } from './observation.ts';
import { reading } from './reading.ts';
import { withSameAccount } from './same-account.ts';

interface AbandonedOptions extends CallWindow {
  /** The type of service of the server's billing row, which orders for it have, too. */
  serviceType: string | undefined;
  /** Whether what the call was for is still there. */
  mayTakeAway: (call: RememberedCall) => boolean;
}

/**
 * Ids of the orders, not cancelled, that may be those of calls whose request was let go by force: nobody follows them, so when one is completed
 * only its id tells of it until the billing row does, which may be days after the call. Without calls nothing is read.
 */
export async function abandonedOrdersOf(
  { accounts, callWindow }: { accounts: Accounts; callWindow: CallWindow },
  server: DCCServer,
  calls: readonly RememberedCall[],
  observation: Pick<ServerObservation, 'subscription'>,
  signal: AbortSignal,
): Promise<Reading<readonly string[]>> {
  if (calls.length === 0) return { kind: 'Read', value: [] };
  const account = await accounts.accountOf(server, signal);
  if (account.kind === 'Unreadable') return account;
  const { subscription } = observation;
  const options = {
    ...callWindow,
    serviceType: subscription.kind === 'Read' ? subscription.value.serviceTypeCode : undefined,
    mayTakeAway: (call: RememberedCall) => mayTakeAway(call, server, observation),
  };
  return readAbandonedOrders(account.value, calls, options, signal);
}

export const readAbandonedOrders = (
  account: HuaweiAccount,
  calls: readonly RememberedCall[],
  options: AbandonedOptions,
  signal: AbortSignal,
): Promise<Reading<readonly string[]>> =>
  reading(
    'The billing centre',
    () => withSameAccount(account, calls, () => collect(account, calls, options, signal), signal),
    signal,
  );

async function collect(
  account: HuaweiAccount,
  calls: readonly RememberedCall[],
  options: AbandonedOptions,
  signal: AbortSignal,
): Promise<string[]> {
  const open = calls.filter(options.mayTakeAway);
  const found = await Promise.all(open.map((call) => ordersOf(account, call, options, signal)));
  return [...new Set(found.flat())].sort();
}

/** Its own, when the server knows that; else any of the right type that nobody claims and that was made while the call could take effect. */
async function ordersOf(
  { billing }: HuaweiAccount,
  call: RememberedCall,
  options: AbandonedOptions,
  signal: AbortSignal,
): Promise<string[]> {
  const { orderId, signedAt } = call;
  if (orderId !== undefined)
    return (await billing.orderDetails(orderId, signal)).status === 'Cancelled' ? [] : [orderId];
  if (signedAt === undefined) return [];
  const from = new Date(signedAt).getTime() - options.window;
  // Asked for in whole seconds.
  const until = new Date(signedAt).getTime() + options.window + seconds(1);
  const listed = await billing.unsubscriptionOrdersBetween(new Date(from), new Date(until), signal);
  const claimed = options.claimedOrders();
  const isOfType = (type: string | undefined) =>
    isForAPart(call) || type === undefined || options.serviceType === undefined || type === options.serviceType;
  return listed
    .filter(({ status, serviceTypeCode }) => status !== 'Cancelled' && isOfType(serviceTypeCode))
    .filter((order) => !claimed.has(order.orderId) && madeWhen(order, { signedAt }, options) === 'Within')
    .map((order) => order.orderId);
}
