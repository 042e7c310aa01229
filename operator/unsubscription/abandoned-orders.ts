import { type DCCServerStatus, endIsKnown, type RememberedCall, rememberedCalls } from '../api/dccserver.ts';
import type { DCCServer, UnsubscriptionRequest } from '../api/objects.ts';
import { seconds } from '../clock.ts';
import type { HuaweiAccount } from '../huaweicloud/account.ts';
import { reading } from '../inventory/reading.ts';
import { type EvidenceOptions, madeWhen } from './evidence.ts';
import type { Reading, ServerObservation } from './snapshot.ts';

interface AbandonedOptions extends Pick<EvidenceOptions, 'window' | 'clockBound' | 'claimedOrders'> {
  /** The type of service of the server's billing row, which orders for it have, too. */
  serviceType: string | undefined;
}

/**
 * Ids of the orders that may be those of calls whose request was let go by force: nobody follows them, so when one is completed only its id
 * tells of it until the billing row does, which may be days after the call.
 */
export const readAbandonedOrders = (
  account: HuaweiAccount,
  calls: readonly RememberedCall[],
  options: AbandonedOptions,
  signal: AbortSignal,
): Promise<Reading<readonly string[]>> =>
  reading(
    'The billing centre',
    async () => {
      const found = await Promise.all(calls.map((call) => ordersOf(account, call, options, signal)));
      return [...new Set(found.flat())].sort();
    },
    signal,
  );

/**
 * The calls that a server remembers of other requests, without a known end. Renewals may be cancelled once more at any time, and what no
 * longer hangs on the server is not ordered again. A call for a disk that is still there counts for renewals, too: the server remembers one
 * call for a part of it, so theirs would make it forget this one.
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
  const isInTheWay = (call: RememberedCall) =>
    isForAPart(call) ? call.resourceIds.some(isStillThere) : request.spec.scope !== 'RenewalsOnly';
  return rememberedCalls(status).filter(
    (call) => !endIsKnown(call) && !own.has(call.signedAt ?? '') && isInTheWay(call),
  );
}

const isForAPart = (call: RememberedCall): call is NonNullable<DCCServerStatus['partialUnsubscription']> =>
  'resourceIds' in call;

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
