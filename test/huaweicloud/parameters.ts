import { type Answer, Refusal } from './answers.ts';
import type { Call } from './operations.ts';

interface Bounds {
  readonly default: number;
  readonly min: number;
  readonly max: number;
}

/** An integer query parameter; outside its bounds, or not a number, it is refused the way the service refuses. */
export function integerParameter(
  call: Call,
  name: string,
  bounds: Bounds,
  refuse: (message: string) => Answer,
): number {
  const text = call.query.get(name);
  if (text === null || text === '') return bounds.default;
  const value = /^-?\d+$/.test(text) ? Number(text) : Number.NaN;
  if (value >= bounds.min && value <= bounds.max) return value;
  throw new Refusal(refuse(`${name} must be an integer from ${bounds.min} to ${bounds.max}, but is "${text}"`));
}

/** The entries after the one with id `marker` (from the first one without a marker), at most `limit`. */
export function pageAfter<Entry>(
  entries: readonly Entry[],
  idOf: (entry: Entry) => string,
  marker: string | null,
  limit: number,
  refuse: (message: string) => Answer,
): { readonly page: Entry[]; readonly last: boolean } {
  const start = marker === null || marker === '' ? 0 : entries.findIndex((entry) => idOf(entry) === marker) + 1;
  if (start === 0 && marker !== null && marker !== '') throw new Refusal(refuse(`marker ${marker} is not a known id`));
  return { page: entries.slice(start, start + limit), last: start + limit >= entries.length };
}

/** Whether an entry passes the enterprise project filter; without one only the default project "0" is seen. */
export function inEnterpriseProject(parameter: string | null, enterpriseProjectId: string): boolean {
  // [inference] The documents say to send "all_granted_eps" in order to see every project, so its absence shows fewer.
  return parameter === 'all_granted_eps' || enterpriseProjectId === (parameter ?? '0');
}
