import { type Condition, conditionSchema } from './conditions.ts';
import { cut } from './fit.ts';

/** A condition as it was computed, before it is merged with what stood there. */
export interface ConditionNow {
  type: string;
  status: Condition['status'];
  reason: string;
  message: string;
}

/**
 * The conditions to write: exactly those given, in their order; a condition whose status did not change keeps the time
 * of its last transition.
 */
export function conditionList(
  now: readonly ConditionNow[],
  previous: readonly Condition[] | undefined,
  at: Date,
  observedGeneration: number,
): Condition[] {
  return now.map((condition) => {
    const before = previous?.find(({ type, status }) => type === condition.type && status === condition.status);
    const lastTransitionTime = before?.lastTransitionTime ?? at.toISOString();
    const message = cut(condition.message, conditionSchema.shape.message);
    return { ...condition, message, lastTransitionTime, observedGeneration };
  });
}

/** Joins the first three of many messages and counts the rest, so that a text stays readable and does not flap. */
export function capped(messages: readonly string[]): string {
  const shown = messages.slice(0, 3).join(' ');
  return messages.length > 3 ? `${shown} +${messages.length - 3} more.` : shown;
}
