import fc from 'fast-check';
import { expect, test } from 'vitest';
import { planId } from '../../../operator/api/plan-id.ts';

test('the id of a content never changes: plans that people approved must stay approved', () => {
  expect(planId({ orders: [['resource-1']], scope: 'ResourceAndRenewals' })).toBe('plan-76fc9adad67fa5da8b77dc97');
});

test('contents that differ have ids that differ, and every id is of the form that spec.approvedPlan takes', () => {
  fc.assert(
    fc.property(fc.array(fc.array(fc.string())), fc.array(fc.array(fc.string())), (one, other) => {
      const same = JSON.stringify(one) === JSON.stringify(other);
      expect(planId({ orders: one }) === planId({ orders: other })).toBe(same);
      expect(planId({ orders: one })).toMatch(/^plan-[0-9a-f]{24}$/);
    }),
  );
});
