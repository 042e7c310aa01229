import type { z } from 'zod';

/**
 * Makes a status fit its schema, so that what the cloud says can never keep the API server from storing it: over-long
 * texts and lists are cut, numbers brought into their range, empty texts become `-`; entries that a list has already and
 * values that cannot be mended are left out, and so is what cannot be without them. What fits stays as it is. Pure.
 *
 * @param whole lists that are worth nothing with an entry missing, by their path, such as `plan.orders`: their entries are
 * mended but never left out. A status that cannot fit without that is given back as it was: the API server refuses it and
 * says why.
 */
export function fitted<Status>(schema: z.ZodType<Status>, status: Status, whole: readonly string[] = []): Status {
  const text = JSON.stringify(status);
  // Half of a surrogate pair, which JSON escapes. To look at every text anew would cost as much as all the rest.
  const draft: unknown = JSON.parse(text, text.includes('\\ud') ? wellFormed : undefined);
  for (let round = 0; round < mostRounds; round += 1) {
    const result = schema.safeParse(draft);
    if (result.success) return result.data;
    mend(draft, result.error.issues, whole);
  }
  return status;
}

/** The API server stores half of a surrogate pair as U+FFFD: what it gives back would differ from it for ever. */
const wellFormed = (_: string, value: unknown): unknown => (typeof value === 'string' ? value.toWellFormed() : value);

/** As much of the text as its schema takes, for texts that are compared with what was stored. */
export const cut = (text: string, { maxLength }: z.ZodString): string => firstOf(text, maxLength ?? text.length);

/** Counted as zod and the API server do: in whole characters. */
const firstOf = (text: string, count: number): string =>
  text.length <= count ? text : Array.from(text).slice(0, count).join('');

/** What is left out can take along what it stands in, a level each round; no status is nested as deep as this. */
const mostRounds = 12;

type Path = readonly PropertyKey[];
type Container = Record<PropertyKey, unknown>;

const isContainer = (value: unknown): value is Container => typeof value === 'object' && value !== null;

const valueAt = (draft: unknown, path: Path): unknown =>
  path.reduce<unknown>((value, key) => (isContainer(value) ? value[key] : undefined), draft);

/** Mends in place what the schema complains of. */
function mend(draft: unknown, issues: readonly z.core.$ZodIssue[], whole: readonly string[]): void {
  // Entries leave their lists at the end: until then the indexes in the other complaints hold.
  const leaving = new Map<unknown[], Set<PropertyKey>>();
  for (const issue of issues) {
    const value = valueAt(draft, issue.path);
    const better = mended(issue, value, whole);
    // Of something that is missing the holder is left out.
    const path = value === undefined ? issue.path.slice(0, -1) : issue.path;
    const key = path.at(-1);
    const holder = valueAt(draft, path.slice(0, -1));
    if (key === undefined || !isContainer(holder)) continue;
    if (better !== undefined) holder[key] = better;
    else if (!Array.isArray(holder)) delete holder[key];
    else if (!whole.includes(nameOf(path))) leaving.set(holder, (leaving.get(holder) ?? new Set()).add(key));
  }
  for (const [list, indexes] of leaving) list.splice(0, list.length, ...list.filter((_, index) => !indexes.has(index)));
}

/** The path without the places in lists. */
const nameOf = (path: Path): string => path.filter((key) => typeof key === 'string').join('.');

/** The value as the schema wants it; undefined when there is no such value. */
function mended(issue: z.core.$ZodIssue, value: unknown, whole: readonly string[]): unknown {
  switch (issue.code) {
    case 'too_big': {
      const most = Number(issue.maximum);
      if (typeof value === 'string') return firstOf(value, most);
      if (Array.isArray(value)) return whole.includes(nameOf(issue.path)) ? value : value.slice(0, most);
      return most;
    }
    case 'too_small':
      return typeof value === 'string' ? '-' : Number(issue.minimum);
    case 'unrecognized_keys':
      return Object.fromEntries(Object.entries(Object(value)).filter(([name]) => !issue.keys.includes(name)));
    default:
      return undefined;
  }
}
