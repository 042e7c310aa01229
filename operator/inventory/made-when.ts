import type { Milliseconds } from '../clock.ts';
import type { Order } from '../huaweicloud/billing-orders.ts';

/** What tells which orders may be a call's. */
export interface CallWindow {
  /** Around the date of the signature an order may be the call's: the gateway accepts it for so long, either way. */
  window: Milliseconds;
  /** How far clocks may disagree: an order that is older than the signature by more is not the call's. */
  clockBound: Milliseconds;
  /** Ids of the orders that belong to other calls, asked for after the orders were read. */
  claimedOrders: () => ReadonlySet<string>;
}

/** As against the time in which a call may take effect. */
export type MadeWhen = 'Before' | 'Within' | 'After';

/** Whether an order was made while the gateway accepted the signature of a call, as far as clocks can tell. */
export function madeWhen(
  { createTime }: Order,
  { signedAt }: { signedAt: string },
  { window, clockBound }: Pick<CallWindow, 'window' | 'clockBound'>,
): MadeWhen {
  const after = createTime.getTime() - new Date(signedAt).getTime();
  if (after < -clockBound) return 'Before';
  return after > window ? 'After' : 'Within';
}
