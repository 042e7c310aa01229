import type { Rules } from './rules.ts';
import type { Order, Sight, Statement, World } from './state.ts';

/** What reading back says of a lost call, as `settling/settle.ts` does. */
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
  /** Whether the bill has told already which of the completed orders are about the server, and which about another. */
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
  const visible = visibleIn(seen);
  const isTelling = gone && !(evidence.asked && rules.oneOrderTells === 'UntilAsked');
  const found = billedOrder(evidence, orders, rules) ?? (isTelling ? onlyOrder(evidence) : undefined);
  if (found !== undefined) return { kind: 'Accepted', orders: [found] };
  if (kept && dead && (visible.length === 0 || !rules.settleLooksAtOrders)) return { kind: 'NotPlaced' };
  const running = kept && visible.some((index) => seen[index] === 'Running');
  if (!dead || running) return { kind: 'Waiting' };
  return judge(evidence, rules);
}

/** What a person's word comes to, as in `settling/statement.ts`: one that came too early is not asked for, it has to be taken away first. */
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

/** The one order that can be the call's, when the bill ties it to the server: of one that is cancelled, or runs, it does not tell. */
function billedOrder({ seen, dead, billed }: Evidence, ledger: readonly Order[], rules: Rules): number | undefined {
  const isTold = (index: number, about: Order['about']) =>
    billed && seen[index] === 'Completed' && ledger[index]?.about === about;
  const visible = visibleIn(seen);
  const possible = visible.filter((index) => !isTold(index, 'OtherServer'));
  const tied = visible.filter((index) => isTold(index, 'Server'));
  const isOpen = !dead || possible.length > 1;
  return isOpen && rules.billSettles === 'OneOrder' ? undefined : tied[0];
}

/** The one order that is left to explain that the row is closed, which a cancelled one does not. */
function onlyOrder({ seen }: Evidence): number | undefined {
  const [only, ...others] = visibleIn(seen);
  return only === undefined || others.length > 0 || seen[only] === 'Cancelled' ? undefined : only;
}

const visibleIn = (seen: Evidence['seen']): number[] => [...seen.keys()].filter((index) => seen[index] !== 'Unseen');
