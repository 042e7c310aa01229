import type { Placement } from '../../api/unsubscriptionrequest.ts';
import type { ObservedOrder, PlacementEvidence } from '../snapshot.ts';
import { recorded } from './settle.ts';

/**
 * Brings an accepted entry up to what the cloud shows. It has ended when every order is final and, where the order takes
 * resources away, their billing rows say so too. An order that is not visible keeps its last known state.
 */
export function follow(placement: Placement, evidence: PlacementEvidence, givesBack: boolean): Placement {
  const observed = new Map(evidence.orders.map((order) => [order.orderId, order]));
  const orders = (placement.orders ?? []).map((order) => {
    const now = observed.get(order.orderId);
    return now === undefined ? order : { ...order, ...recorded(now) };
  });
  const result = resultOf(placement, orders, givesBack ? evidence.rows : undefined);
  return { ...placement, orders, ...(result === undefined ? {} : { result }) };
}

function resultOf(
  placement: Placement,
  orders: readonly ObservedState[],
  rows: PlacementEvidence['rows'] | undefined,
): Placement['result'] {
  if (orders.length === 0 || orders.some(({ state }) => state !== 'Completed' && state !== 'Cancelled'))
    return undefined;
  if (orders.some(({ state }) => state === 'Cancelled')) return 'Cancelled';
  const refused = new Set(placement.failed?.map(({ resourceId }) => resourceId));
  const taken = placement.resourceIds.filter((id) => !refused.has(id));
  const gone = taken.every((id) => rows === undefined || rows.get(id) === 'Closed' || rows.get(id) === 'Absent');
  return gone ? 'Completed' : undefined;
}

type ObservedState = Pick<ObservedOrder, 'orderId' | 'state'>;
