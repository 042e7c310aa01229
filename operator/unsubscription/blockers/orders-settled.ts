import type { OpenOrder } from '../snapshot.ts';
import { type Blocker, eachServer, unreadable } from './rule.ts';

type Found = Blocker<'OrdersSettled'>;

/**
 * No other order about this type of service is open in the account. The order list names no resources (API notes 1.4),
 * so an order of the same type counts; orders of other types do not, nor do those that a journal ties to other servers.
 */
export const ordersSettled = eachServer<'OrdersSettled'>(({ name, observation }, { claimedOrders }) => {
  const base = { condition: 'OrdersSettled', status: 'False', server: name } as const;
  const { account, subscription } = observation;
  if (account.kind === 'Unreadable') return [{ ...base, reason: 'CannotRead', ...unreadable(account.failure) }];
  const type = subscription.kind === 'Read' ? subscription.value.serviceTypeCode : undefined;
  const foreign = account.value.openOrders.filter(({ orderId }) => !claimedOrders.has(orderId));
  const related = foreign.filter(({ serviceTypeCode }) => !serviceTypeCode || !type || serviceTypeCode === type);
  return related.map((order) => ({ ...base, ...problem(order) }));
});

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
