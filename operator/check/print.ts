import type { Result } from './outcome.ts';
import type { Name, Place } from './started.ts';

/** A check that has ended, in words. */
export interface Line extends Name {
  readonly result: Result;
  readonly found: string;
  readonly remedy?: string | undefined;
  /** The check that kept this one from running. */
  readonly after?: string | undefined;
}

/** `FAILED` when one check did; then the exit code is 1. */
export const overall = (lines: readonly Line[]): 'OK' | 'FAILED' =>
  lines.some(({ result }) => result === 'FAILED') ? 'FAILED' : 'OK';

/** For programs. */
export const asJson = (lines: readonly Line[]): string =>
  JSON.stringify({ result: overall(lines), checks: lines }, undefined, 2);

const narrowest = 40;

/**
 * For people: a row for each check, no wider than `width` as far as words allow, below the place that it looks at when there are
 * several. What another check kept from running takes one row together. Pure.
 */
export function asTable(lines: readonly Line[], width: number): string {
  const folded = fold(lines);
  const several = new Set(lines.flatMap(({ place }) => (place === undefined ? [] : [inWords(place)]))).size > 1;
  const nameWidth = Math.max('CHECK'.length, ...folded.map((entry) => nameOf(entry).length));
  const left = nameWidth + 'SKIPPED'.length + 4;
  const row = (name: string, result: string, text: string) =>
    wrap(text, Math.max(narrowest, width - left)).map((part, index) =>
      (index === 0
        ? `${name.padEnd(nameWidth)}  ${result.padEnd('SKIPPED'.length)}  ${part}`
        : `${' '.repeat(left)}${part}`
      ).trimEnd(),
    );
  const rows = folded.flatMap((entry, index) => [
    ...(several ? headingOf(entry.line, folded[index - 1]?.line) : []),
    ...row(nameOf(entry), entry.line.result, entry.line.found),
    ...(entry.line.remedy === undefined ? [] : row('', '', `-> ${entry.line.remedy}`)),
  ]);
  return [...row('CHECK', 'RESULT', 'FOUND, AND WHAT TO DO'), ...rows, '', summary(lines)].join('\n');
}

/** A line, and how many more were skipped right after it, and like it. */
interface Entry {
  readonly line: Line;
  readonly more: number;
}

function fold(lines: readonly Line[]): Entry[] {
  const entries: Entry[] = [];
  for (const line of lines) {
    const last = entries.at(-1);
    const goesOn =
      last !== undefined && isKeptFromRunning(last.line) && isKeptFromRunning(line) && isAtOne(last.line, line);
    if (goesOn) entries[entries.length - 1] = { line: last.line, more: last.more + 1 };
    else entries.push({ line, more: 0 });
  }
  return entries;
}

const isKeptFromRunning = ({ after }: Line): boolean => after !== undefined;

const isAtOne = (one: Pick<Line, 'place'>, other: Pick<Line, 'place'>): boolean =>
  (one.place && inWords(one.place)) === (other.place && inWords(other.place));

const nameOf = ({ line: { check }, more }: Entry): string => (more === 0 ? check : `${check} and ${more} more`);

function headingOf(line: Line, before: Line | undefined): string[] {
  if (isAtOne(line, before ?? {})) return [];
  return line.place === undefined ? [''] : ['', `In ${inWords(line.place)}:`];
}

const inWords = ({ region, projectId, secret }: Place): string =>
  [region, projectId && `project ${projectId.slice(0, 8)}`, secret && `with the Secret ${secret}`]
    .filter(Boolean)
    .join(', ');

const results = ['OK', 'WARNING', 'FAILED', 'SKIPPED'] as const satisfies readonly Result[];

function summary(lines: readonly Line[]): string {
  const counts = results.map((result) => ({ result, count: lines.filter((line) => line.result === result).length }));
  const told = counts.filter(({ count }) => count > 0).map(({ result, count }) => `${count} ${result}`);
  return `${lines.length} checks: ${told.join(', ')}`;
}

/** Breaks between words; a word that is longer than the room stays whole, so that it can be copied. */
function wrap(text: string, room: number): string[] {
  const rows: string[] = [];
  for (const word of text.split(/\s+/)) {
    const last = rows.at(-1);
    if (last === undefined || last.length + 1 + word.length > room) rows.push(word);
    else rows[rows.length - 1] = `${last} ${word}`;
  }
  return rows;
}
