import { endIsKnown, type RememberedCall, rememberedCalls } from '../api/dccserver.ts';
import type { DCCServer, UnsubscriptionRequest } from '../api/objects.ts';
import type { HuaweiAccount } from '../huaweicloud/account.ts';
import type { Order } from '../huaweicloud/billing-orders.ts';
import { reading } from '../inventory/reading.ts';
import { type EvidenceOptions, madeWhen } from './evidence.ts';
import type { Reading, ServerObservation } from './snapshot.ts';

/**
 * Ids of the orders that may be those of calls whose request was let go by force: nobody follows them, so when one is completed only its id
 * tells of it until the billing row does, which may be days after the call.
 */
export const readAbandonedOrders = (
  account: HuaweiAccount,
  calls: readonly RememberedCall[],
  options: Pick<EvidenceOptions, 'window' | 'clockBound' | 'claimedOrders'>,
  signal: AbortSignal,
): Promise<Reading<readonly string[]>> =>
  reading('The billing centre', () => collect(account, calls, options, signal), signal);

/**
 * The calls that a server remembers of other requests, without a known end. Once a secondary resource is gone, and for renewals at any time, another order takes nothing twice.
 */
export function abandonedCalls(
  { spec, status }: DCCServer,
  request: UnsubscriptionRequest,
  { subscription }: Pick<ServerObservation, 'subscription'>,
): RememberedCall[] {
  // Whoever else has the server follows its calls, and keeps this request from ordering.
  if (status.claim?.uid !== request.metadata.uid) return [];
  const own = new Set(request.status.placements?.map(({ signedAt }) => signedAt));
  const isStillThere = (resourceId: string) =>
    resourceId !== spec.resourceId &&
    (subscription.kind === 'Unreadable' ||
      subscription.value.secondaries.some((secondary) => secondary.resourceId === resourceId));
  return rememberedCalls(status).filter(
    (call) =>
      !endIsKnown(call) &&
      !own.has(call.signedAt ?? '') &&
      (!('resourceIds' in call) || call.resourceIds.some(isStillThere)),
  );
}

async function collect(
  { billing }: HuaweiAccount,
  calls: readonly RememberedCall[],
  options: Pick<EvidenceOptions, 'window' | 'clockBound' | 'claimedOrders'>,
  signal: AbortSignal,
): Promise<string[]> {
  const found = await Promise.all(
    calls.flatMap(({ signedAt, orderId }) => {
      if (signedAt === undefined) return [];
      const since = new Date(new Date(signedAt).getTime() - options.window);
      return [ordersOf({ signedAt, orderId }, billing.unsubscriptionOrdersSince(since, signal), options)];
    }),
  );
  return [...new Set(found.flat())].sort();
}

/** Its own, when the server knows that; else any that nobody claims and that was made while the call could take effect. */
async function ordersOf(
  call: { signedAt: string; orderId: string | undefined },
  listed: Promise<Order[]>,
  options: Pick<EvidenceOptions, 'window' | 'clockBound' | 'claimedOrders'>,
): Promise<string[]> {
  const standing = (await listed).filter(({ status }) => status !== 'Cancelled');
  const claimed = options.claimedOrders();
  const isItsOwn = (order: Order) =>
    call.orderId === undefined
      ? !claimed.has(order.orderId) && madeWhen(order, call, options) === 'Within'
      : order.orderId === call.orderId;
  return standing.filter(isItsOwn).map(({ orderId }) => orderId);
}
