import type { Bounds } from './rules.ts';
import type { Order, Sight, World } from './state.ts';

/** The orders that neither a journal names nor the server: journals go with their requests. */
export const unclaimed = ({ requests, memory, orders }: World): ReadonlySet<number> => {
  if (orders.length === 0) return none;
  const journals = requests.flatMap(({ stands, entries }) => (stands === 'Gone' ? [] : entries));
  const named = new Set([...journals.flatMap((entry) => entry.orders), ...(memory?.orders ?? [])]);
  return new Set([...orders.keys()].filter((index) => !named.has(index)));
};

const none: ReadonlySet<number> = new Set();

/** What an order is. */
export const truthOf = ({ state }: Order): Sight => (state === 'Processing' ? 'Running' : state);

/** Everything that a read may show of an order: what it is, or was not longer ago than the lag. */
export function sightsOf(order: Order, { lag }: Pick<Bounds, 'lag'>): Sight[] {
  const sights: Sight[] = [truthOf(order)];
  if (order.state !== 'Processing' && order.ended < lag) sights.push('Running');
  if (order.accepted < lag) sights.push('Unseen');
  return sights;
}

/** Whether the billing row of the server is closed: one of the orders about it has completed. */
export const isClosed = ({ orders }: Pick<World, 'orders'>): boolean => orders.some(closes);

/** What a read may show of the row, the truth first. */
export function rowsSeen({ orders }: Pick<World, 'orders'>, { lag }: Pick<Bounds, 'lag'>): ('InUse' | 'Closed')[] {
  const closing = orders.filter(closes);
  if (closing.length === 0) return ['InUse'];
  return closing.every(({ ended }) => ended < lag) ? ['Closed', 'InUse'] : ['Closed'];
}

const closes = ({ about, state }: Order): boolean => about === 'Server' && state === 'Completed';
