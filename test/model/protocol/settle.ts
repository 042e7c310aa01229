import type { Rules } from './rules.ts';
import type { Order, Sight, Statement, World } from './state.ts';

/** What reading back says of a lost call, as `placement/settle.ts` does. */
export type Settlement =
  | { kind: 'NotPlaced' }
  | { kind: 'Accepted'; orders: readonly number[] }
  | { kind: 'Waiting' }
  /** Whether a person is to be asked now. */
  | { kind: 'Stuck'; asks: boolean };

/** What was read of the cloud. */
export interface Evidence {
  /** Each order of the ledger that no journal names; the others are `Unseen`. */
  readonly seen: readonly Sight[];
  readonly row: 'InUse' | 'Closed';
  /** Whether the window was over. */
  readonly dead: boolean;
  /** Whether the bill has told already which of the completed orders are about the server. */
  readonly billed: boolean;
  /** Whether a person was asked already, and what they state. */
  readonly asked: boolean;
  readonly statement: Statement;
}

/** The settlement, by the rules. */
export function settle(evidence: Evidence, { orders }: Pick<World, 'orders'>, rules: Rules): Settlement {
  const { seen, row, dead } = evidence;
  const kept = row === 'InUse';
  const gone = row === 'Closed' && (dead || rules.closedRowSettles === 'AtOnce');
  const visible = [...seen.keys()].filter((index) => seen[index] !== 'Unseen');
  const isTelling = gone && !(evidence.asked && rules.oneOrderTells === 'UntilAsked');
  const found = ordersOf(evidence, visible, { gone: isTelling, ledger: orders });
  if (found.length > 0) return { kind: 'Accepted', orders: found };
  if (kept && dead && (visible.length === 0 || !rules.settleLooksAtOrders)) return { kind: 'NotPlaced' };
  const running = kept && visible.some((index) => seen[index] === 'Running');
  if (!dead || running) return { kind: 'Waiting' };
  return judge(evidence, rules);
}

/** What a person's word comes to, as in `placement/statement.ts`: one that came too early is not asked for, it has to be taken away first. */
function judge({ asked, statement }: Evidence, { noneCountsOnceAsked }: Rules): Settlement {
  switch (statement) {
    case 'None':
      return { kind: 'Stuck', asks: !asked };
    case 'NoOrder':
      return asked || !noneCountsOnceAsked ? { kind: 'NotPlaced' } : { kind: 'Stuck', asks: false };
    default:
      return { kind: 'Accepted', orders: [statement] };
  }
}

function ordersOf(
  { seen, billed }: Evidence,
  visible: readonly number[],
  { gone, ledger }: { gone: boolean; ledger: readonly Order[] },
): readonly number[] {
  const tied = visible.filter((index) => billed && seen[index] === 'Completed' && ledger[index]?.about === 'Server');
  if (tied.length > 0) return tied;
  return gone && visible.length === 1 ? visible : [];
}
