import type { Condition } from './conditions.ts';
import type { Metadata } from './objects.ts';

/** Something that people are told about: it becomes an event. */
export interface Happening {
  type: 'Normal' | 'Warning';
  reason: string;
  action: string;
  note: string;
}

/** How people are told. Neither call ever throws. */
export interface Announcer {
  /** Once, when it happens. */
  announce(regarding: Metadata, happening: Happening): void;
  /** On each pass for which a state stands that was announced when it began: they hear of it about once an hour. */
  remind(regarding: Metadata, standing: Happening): void;
}

/** The change of the one word that Ready gives as its reason; a warning for the reasons in `bad`. Pure. */
export function stateHappening(
  before: readonly Condition[] | undefined,
  after: readonly Condition[] | undefined,
  bad: readonly string[],
): Happening[] {
  const [then, now] = [stateOf(before, bad), stateOf(after, bad)];
  return now === undefined || now.reason === then?.reason ? [] : [now];
}

/** The state in which an object stands, if its reason is in `bad`: people should not forget it. Pure. */
export function standingState(conditions: readonly Condition[] | undefined, bad: readonly string[]): Happening[] {
  const now = stateOf(conditions, bad);
  return now?.type === 'Warning' ? [now] : [];
}

function stateOf(conditions: readonly Condition[] | undefined, bad: readonly string[]): Happening | undefined {
  const ready = conditions?.find(({ type }) => type === 'Ready');
  if (ready === undefined) return undefined;
  const type = bad.includes(ready.reason) ? 'Warning' : 'Normal';
  return { type, reason: ready.reason, action: 'Reconcile', note: ready.message };
}
