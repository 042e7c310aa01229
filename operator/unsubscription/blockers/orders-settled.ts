import { rememberedCalls } from '../../api/dccserver.ts';
import type { DCCServer } from '../../api/objects.ts';
import { secondariesLeft } from '../plan.ts';
import type { FoundServer, OpenOrder, Snapshot } from '../snapshot.ts';
import { type Blocker, eachServer, unreadable } from './rule.ts';

type Found = Blocker<'OrdersSettled'>;

/**
 * No other order about this type of service is open in the account. The order list names no resources
 * (https://support.huaweicloud.com/intl/en-us/api-oce/api_order_00013.html), so an order of the same type counts; orders of other types do not, nor do those that a journal ties to other servers. One of this server
 * counts whatever its type, until it has ended, and so does every order while secondary resources are to be ordered.
 */
export const ordersSettled = eachServer<'OrdersSettled'>((found, snapshot) => {
  const { name, server, observation } = found;
  const base = { condition: 'OrdersSettled', status: 'False', server: name } as const;
  const { account } = observation;
  if (account.kind === 'Unreadable') return [{ ...base, reason: 'CannotRead', ...unreadable(account.failure) }];
  const type = typeOrdered(found, snapshot);
  const remembered = rememberedOrders(server, snapshot);
  const foreign = account.value.openOrders.filter(
    ({ orderId }) => !snapshot.claimedOrders.has(orderId) || remembered.has(orderId),
  );
  const related = foreign.filter(
    ({ orderId, serviceTypeCode }) => remembered.has(orderId) || !serviceTypeCode || !type || serviceTypeCode === type,
  );
  return related.map((order) => ({ ...base, ...problem(order) }));
});

/** The one type of service of all that is to be ordered. Undefined while that is not known, or a secondary resource is left: each has its own. */
function typeOrdered(
  { server, observation: { subscription } }: FoundServer,
  { request }: Snapshot,
): string | undefined {
  if (subscription.kind === 'Unreadable') return undefined;
  const isSeparate = request.spec.secondaryResources === 'Separately';
  if (isSeparate && secondariesLeft(server, subscription.value).length > 0) return undefined;
  return subscription.value.serviceTypeCode;
}

/** Orders of other requests for this server: of one that is gone by force only the server remembers them, and nobody follows them. */
function rememberedOrders(
  { status }: DCCServer,
  {
    request: {
      status: { placements = [] },
    },
  }: Snapshot,
): ReadonlySet<string> {
  const own = new Set(placements.flatMap(({ orders = [] }) => orders.map(({ orderId }) => orderId)));
  const known = rememberedCalls(status).flatMap(({ orderId }) => orderId ?? []);
  return new Set(known.filter((orderId) => !own.has(orderId)));
}

function problem({ orderId, state }: OpenOrder): Pick<Found, 'reason' | 'message' | 'remedy'> {
  if (state === 'Unpaid') {
    return {
      reason: 'UnpaidOrder',
      message: `Order ${orderId} is not paid.`,
      remedy: `Pay or cancel order ${orderId} in the Billing Center.`,
    };
  }
  return {
    reason: 'TransactionInProgress',
    message: `Order ${orderId} is ${state === 'Processing' ? 'being processed' : 'awaiting approval'}.`,
    remedy: `Wait until order ${orderId} has ended.`,
  };
}
