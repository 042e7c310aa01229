import { type BlockingCondition, blockingConditions } from '../../api/conditions.ts';
import type { Snapshot } from '../snapshot.ts';
import { accountActive } from './account-active.ts';
import { approved } from './approved.ts';
import { dataProtected } from './data-protected.ts';
import { dependentsDrained } from './dependents-drained.ts';
import { hooksReleased } from './hooks-released.ts';
import { ordersSettled } from './orders-settled.ts';
import { placementAllowed } from './placement-allowed.ts';
import { planReady } from './plan-ready.ts';
import { portfolioComplete } from './portfolio-complete.ts';
import { refundAcceptable } from './refund-acceptable.ts';
import type { Blocker, Rule } from './rule.ts';
import { secondariesHandled } from './secondaries-handled.ts';
import { serversActive } from './servers-active.ts';
import { serversResolved } from './servers-resolved.ts';

/** One rule for each condition; the type leaves none out. */
const rules: { [Type in BlockingCondition]: Rule<Type> } = {
  ServersResolved: serversResolved,
  ServersActive: serversActive,
  AccountActive: accountActive,
  DependentsDrained: dependentsDrained,
  DataProtected: dataProtected,
  PortfolioComplete: portfolioComplete,
  SecondariesHandled: secondariesHandled,
  OrdersSettled: ordersSettled,
  RefundAcceptable: refundAcceptable,
  PlanReady: planReady,
  Approved: approved,
  HooksReleased: hooksReleased,
  PlacementAllowed: placementAllowed,
};

/** Everything that keeps the order from being placed, in the order of the conditions, then by server, reason and message. */
export function blockersOf(snapshot: Snapshot): Blocker[] {
  return Object.values(rules).flatMap((rule): Blocker[] => rule(snapshot).sort(byRank));
}

/**
 * The order in which the cloud lists things must not change what is written. The reasons of a condition stand in the order in
 * which people read them: whoever halts the operator reads that first, whatever letter it begins with.
 */
const byRank = (a: Blocker, b: Blocker): number =>
  a.server.localeCompare(b.server) || rankOf(a) - rankOf(b) || a.message.localeCompare(b.message);

const rankOf = ({ condition, reason }: Blocker): number =>
  Object.keys(blockingConditions[condition].reasons).indexOf(reason);
