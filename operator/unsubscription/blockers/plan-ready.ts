import { hasBegun, planOf } from '../plan.ts';
import type { Rule } from './rule.ts';

/** All that the orders are made of is known, and once they have begun the plan is still that of the first. */
export const planReady: Rule<'PlanReady'> = (snapshot) => {
  if (planOf(snapshot) !== undefined) return [];
  const base = { condition: 'PlanReady', status: 'Unknown', server: '' } as const;
  if (hasBegun(snapshot.request)) {
    return [
      {
        ...base,
        reason: 'RecordedPlanDiffers',
        message:
          'What is still to be ordered is not what was approved: a server, or what is stated about it, changed since, or it was made anew.',
        remedy: 'Undo the change of the DCCServer, or delete this request and create another for what is left.',
      },
    ];
  }
  return [
    {
      ...base,
      reason: 'InventoryIncomplete',
      message: 'The orders cannot be planned: a server or its billing rows are not known.',
      remedy: 'See the conditions ServersResolved and ServersActive.',
    },
  ];
};
