import { planOf } from '../plan.ts';
import type { Rule } from './rule.ts';

/** A person approved exactly the orders that would be placed now. */
export const approved: Rule<'Approved'> = (snapshot) => {
  const plan = planOf(snapshot);
  const approvedId = snapshot.request.spec.approvedPlan;
  const base = { condition: 'Approved', status: 'False', server: '' } as const;
  if (approvedId === undefined) {
    return [
      {
        ...base,
        reason: 'AwaitingApproval',
        message: plan === undefined ? 'There is no plan to approve yet.' : `Nobody has approved ${plan.id}.`,
        remedy:
          plan === undefined
            ? 'See the condition PlanReady.'
            : `Read status.plan.orders, then set spec.approvedPlan to ${plan.id}.`,
      },
    ];
  }
  if (plan === undefined) {
    const message = 'Whether the approved plan is still the plan is not known.';
    return [{ ...base, status: 'Unknown', reason: 'PlanNotReady', message, remedy: 'See the condition PlanReady.' }];
  }
  if (plan.id === approvedId) return [];
  return [
    {
      ...base,
      reason: 'ApprovedPlanDiffers',
      message: `The approved ${approvedId} is not the plan as it stands now, ${plan.id}.`,
      remedy:
        'Read status.plan.orders again and approve it anew, or find out what changed. A DCCServer that was made anew is another one.',
    },
  ];
};
