import { planOf } from '../plan.ts';
import type { Rule } from './rule.ts';

/** All that the orders are made of is known. */
export const planReady: Rule<'PlanReady'> = (snapshot) => {
  if (planOf(snapshot) !== undefined) return [];
  return [
    {
      condition: 'PlanReady',
      reason: 'InventoryIncomplete',
      status: 'Unknown',
      server: '',
      message: 'The orders cannot be planned: a server or its billing rows are not known.',
      remedy: 'See the conditions ServersResolved and ServersActive.',
    },
  ];
};
