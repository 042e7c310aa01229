import type { Bounds, Rules } from './rules.ts';
import type { Entry, Request } from './state.ts';

/** What the protocol is, and how much of the world there is. */
export interface Setting {
  readonly rules: Rules;
  readonly bounds: Bounds;
}

/** What a pass over a request has to do, as `steps.ts` decides it. */
export type Work =
  | { do: 'Rest' | 'Release' | 'Hold' }
  | { do: 'Settle' | 'Follow' | 'Place'; attempt: number }
  | { do: 'Finish'; end: 'Complete' | 'Failed' };

/** Whether a call may still take effect, as far as the journal knows. */
export const isLost = ({ state }: Entry): boolean => state === 'Intended' || state === 'Unknown';

/** Whether a call is lost, or its order has not ended. */
export const isOpen = (entry: Entry): boolean =>
  isLost(entry) || (entry.state === 'Accepted' && entry.result === 'None');

/** Decides by the request alone; what the cloud and the server say is looked at later. In the order of `steps.ts`. */
export function workOn(request: Request, { rules, bounds }: Setting): Work {
  const { stands, end, entries, finalizer, approved } = request;
  if (stands === 'Gone') return { do: 'Rest' };
  const release: Work = { do: finalizer ? 'Release' : 'Rest' };
  if (end !== 'None') return release;
  const lost = entries.findIndex(isLost);
  if (lost !== -1) return { do: 'Settle', attempt: lost };
  const open = entries.findIndex(isOpen);
  if (open !== -1) return { do: 'Follow', attempt: open };
  if (stands === 'Deleting') return release;
  const ended = endOf(entries, bounds);
  if (ended !== undefined) return { do: 'Finish', end: ended };
  if (!approved) return { do: 'Rest' };
  if (rules.finalizer && !finalizer) return { do: 'Hold' };
  return { do: 'Place', attempt: entries.length };
}

/** How the order has ended, by its last attempt; undefined while another may follow. */
export function endOf(
  entries: readonly Entry[],
  { attempts }: Pick<Bounds, 'attempts'>,
): 'Complete' | 'Failed' | undefined {
  const last = entries.at(-1);
  if (last?.state === 'Accepted') return last.result === 'Completed' ? 'Complete' : 'Failed';
  if (last?.state === 'Rejected') return 'Failed';
  return entries.length >= attempts ? 'Failed' : undefined;
}

/** The journal with `entry` as attempt `attempt`. */
export const withEntry = (entries: readonly Entry[], attempt: number, entry: Entry): readonly Entry[] =>
  attempt < entries.length ? entries.map((old, index) => (index === attempt ? entry : old)) : [...entries, entry];

/** An entry that was settled: when it was signed matters no more. */
export const settled = (state: Entry['state'], orders: readonly number[] = []): Entry => ({
  state,
  age: 0,
  orders,
  result: 'None',
  asked: false,
});
