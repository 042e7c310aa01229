/**
 * How a check ended. `found` is a fact, `remedy` what a person can do about it. What later checks need comes as `value`. `after`
 * names the check without which one that was skipped cannot run.
 */
export type Outcome<Value> =
  | { readonly result: 'OK'; readonly found: string; readonly value: Value }
  | { readonly result: 'WARNING'; readonly found: string; readonly remedy: string; readonly value: Value }
  | { readonly result: 'FAILED'; readonly found: string; readonly remedy: string }
  | { readonly result: 'SKIPPED'; readonly found: string; readonly after?: string };

/** The word for how a check ended. */
export type Result = Outcome<unknown>['result'];

/** What no later check needs. */
export type Nothing = undefined;

export const ok = <Value>(found: string, value: Value): Outcome<Value> => ({ result: 'OK', found, value });
export const warning = <Value>(found: string, remedy: string, value: Value): Outcome<Value> => ({
  result: 'WARNING',
  found,
  remedy,
  value,
});
export const failed = (found: string, remedy: string): Outcome<never> => ({ result: 'FAILED', found, remedy });
export const skipped = (found: string): Outcome<never> => ({ result: 'SKIPPED', found });
/** Skipped because of how another check ended. */
export const skippedAfter = (after: string, itsEnd: 'failed' | 'was skipped') =>
  ({ result: 'SKIPPED', found: `${after} ${itsEnd}`, after }) as const satisfies Outcome<never>;

/** The same outcome, which hands on something else. */
export function handingOn<Value>(outcome: Outcome<unknown>, value: Value): Outcome<Value> {
  return outcome.result === 'OK' || outcome.result === 'WARNING' ? { ...outcome, value } : outcome;
}
