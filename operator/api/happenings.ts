import type { Condition } from './conditions.ts';

/** Something that people are told about once, when it happens: it becomes an event. */
export interface Happening {
  type: 'Normal' | 'Warning';
  reason: string;
  action: string;
  note: string;
}

/** The change of the one word that Ready gives as its reason; a warning for the reasons in `bad`. Pure. */
export function stateHappening(
  before: readonly Condition[] | undefined,
  after: readonly Condition[] | undefined,
  bad: readonly string[],
): Happening[] {
  const now = after?.find(({ type }) => type === 'Ready');
  const then = before?.find(({ type }) => type === 'Ready');
  if (now === undefined || now.reason === then?.reason) return [];
  const type = bad.includes(now.reason) ? 'Warning' : 'Normal';
  return [{ type, reason: now.reason, action: 'Reconcile', note: now.message }];
}
