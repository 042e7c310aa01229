import { actionsOf, type Permission, permissions } from '../../operator/huaweicloud/permissions.ts';

/** The two models of IAM. */
export type Model = 'policy' | 'identityPolicy';

/** What the operator is let do: only look, or also order; `check` is what only `--check` asks for, in a policy of its own. */
export type Use = 'observe' | 'order' | 'check';

const uses: Readonly<Record<Use, readonly Permission['use'][]>> = {
  observe: ['Read'],
  order: ['Read', 'Order'],
  check: ['Check'],
};

/**
 * The policy to paste. `Version` is 1.1 for custom policies and 5.0 for identity policies. The right to order has a statement of
 * its own, so that nobody adds a condition for the reads that makes it fail.
 */
export function policyOf(model: Model, use: Use): object {
  const statement = (wanted: Permission['use']) => {
    const grants = Object.values(permissions).flatMap((one) => (one.use === wanted ? [one[model]] : []));
    return { Effect: 'Allow', Action: [...new Set(grants.flatMap(actionsOf))].sort() };
  };
  return { Version: model === 'policy' ? '1.1' : '5.0', Statement: uses[use].map(statement) };
}
