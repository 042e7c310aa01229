import type { Result } from './outcome.ts';
import type { Name, Place } from './started.ts';

/** A check that has ended, in words. */
export interface Line extends Name {
  readonly result: Result;
  readonly found: string;
  readonly remedy?: string | undefined;
}

/** `FAILED` when one check did; then the exit code is 1. */
export const overall = (lines: readonly Line[]): 'OK' | 'FAILED' =>
  lines.some(({ result }) => result === 'FAILED') ? 'FAILED' : 'OK';

/** For programs. */
export const asJson = (lines: readonly Line[]): string =>
  JSON.stringify({ result: overall(lines), checks: lines }, undefined, 2);

const narrowest = 40;

/** For people: a row for each check, no wider than `width` as far as words allow. Pure. */
export function asTable(lines: readonly Line[], width: number): string {
  const places = new Set(lines.flatMap(({ place }) => (place === undefined ? [] : [inWords(place)])));
  const names = lines.map((line) => nameOf(line, places.size > 1));
  const nameWidth = Math.max('CHECK'.length, ...names.map(({ length }) => length));
  const resultWidth = 'SKIPPED'.length;
  const left = nameWidth + resultWidth + 4;
  const room = Math.max(narrowest, width - left);
  const row = (name: string, result: string, text: string) =>
    wrap(text, room).map((part, index) =>
      (index === 0
        ? `${name.padEnd(nameWidth)}  ${result.padEnd(resultWidth)}  ${part}`
        : `${' '.repeat(left)}${part}`
      ).trimEnd(),
    );
  const rows = lines.flatMap(({ result, found, remedy }, index) => [
    ...row(names[index] ?? '', result, found),
    ...(remedy === undefined ? [] : row('', '', `-> ${remedy}`)),
  ]);
  return [...row('CHECK', 'RESULT', 'FOUND, AND WHAT TO DO'), ...rows, '', summary(lines)].join('\n');
}

function nameOf({ check, place }: Line, several: boolean): string {
  return place === undefined || !several ? check : `${check} (${inWords(place)})`;
}

const inWords = ({ region, projectId, secret }: Place): string =>
  [region, projectId?.slice(0, 8), secret].filter((part) => part !== undefined).join(' ');

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
