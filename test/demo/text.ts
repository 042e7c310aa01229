import { styleText } from 'node:util';

/** How a piece of text looks on a terminal that has colours. */
export type Style = 'bold' | 'dim' | 'green' | 'yellow' | 'red' | 'cyan' | 'magenta';

export interface Span {
  readonly text: string;
  readonly style?: Style | undefined;
}

/** One line of output, without its end. */
export type Line = readonly Span[];

export const span = (text: string, style?: Style): Span => ({ text, style });

/** The text of a line without any escape code. */
export const plainText = (line: Line): string => line.map(({ text }) => text).join('');

/** The text of a line for a terminal. */
export const colouredText = (line: Line): string =>
  line
    .map(({ text, style }) => (style === undefined ? text : styleText(style, text, { validateStream: false })))
    .join('');

/** Cuts a line to `width` characters; the last one then says that it was cut. */
export function cut(line: Line, width: number): Line {
  if (plainText(line).length <= width) return line;
  const kept: Span[] = [];
  let room = width - 1;
  for (const { text, style } of line) {
    kept.push(span(text.slice(0, room), style));
    room -= Math.min(room, text.length);
  }
  return [...kept.filter(({ text }) => text !== ''), span('…', 'dim')];
}

/** Breaks a text between words into lines of at most `width` characters; a longer word stays whole. */
export function wrap(text: string, width: number): string[] {
  return text.split('\n').flatMap((paragraph) => {
    const lines: string[] = [];
    for (const word of paragraph.split(' ')) {
      const last = lines.at(-1);
      if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`;
      else lines.push(word);
    }
    return lines;
  });
}

/** Puts rows of cells under each other in columns; the last column is as wide as it likes. */
export function columns(rows: readonly (readonly Span[])[]): Line[] {
  const count = Math.max(0, ...rows.map((row) => row.length));
  const widths = Array.from({ length: count }, (_, at) => Math.max(...rows.map((row) => row[at]?.text.length ?? 0)));
  return rows.map((row) =>
    row.map(({ text, style }, at) => span(at === row.length - 1 ? text : text.padEnd((widths[at] ?? 0) + 2), style)),
  );
}
