import type { OpenOrder, Snapshot } from '../snapshot.ts';
import { type Blocker, eachServer, unreadable } from './rule.ts';

type Found = Blocker<'OrdersSettled'>;

/**
 * No other order about this type of service is open in the account. The order list names no resources (API notes 1.4),
 * so an order of the same type counts; orders of other types do not, nor do those that a journal ties to other servers. One of this server
 * counts whatever its type, until it has ended.
 */
export const ordersSettled = eachServer<'OrdersSettled'>(({ name, server, observation }, snapshot) => {
  const base = { condition: 'OrdersSettled', status: 'False', server: name } as const;
  const { account, subscription } = observation;
  if (account.kind === 'Unreadable') return [{ ...base, reason: 'CannotRead', ...unreadable(account.failure) }];
  const type = subscription.kind === 'Read' ? subscription.value.serviceTypeCode : undefined;
  // Of a request that is gone by force: only the server remembers it, and nobody follows it to its end.
  const abandoned = journalOf(snapshot).has(server.status.unsubscription?.orderId ?? '')
    ? undefined
    : server.status.unsubscription?.orderId;
  const foreign = account.value.openOrders.filter(
    ({ orderId }) => !snapshot.claimedOrders.has(orderId) || orderId === abandoned,
  );
  const related = foreign.filter(
    ({ orderId, serviceTypeCode }) => orderId === abandoned || !serviceTypeCode || !type || serviceTypeCode === type,
  );
  return related.map((order) => ({ ...base, ...problem(order) }));
});

const journalOf = ({ request: { status } }: Snapshot): ReadonlySet<string> =>
  new Set((status.placements ?? []).flatMap(({ orders = [] }) => orders.map(({ orderId }) => orderId)));

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
