import { type Milliseconds, milliseconds } from '../../operator/clock.ts';
import type { Change } from './changes.ts';
import { type Line, type Span, type Style, span, wrap } from './text.ts';

/** One piece of the story, as it is told. */
export type Entry =
  | { readonly kind: 'Heading'; readonly text: string }
  /** Words to the reader. */
  | { readonly kind: 'Narration'; readonly text: string }
  /** A command as one would type it. */
  | { readonly kind: 'Command'; readonly text: string }
  /** What a command printed, kept as it is. */
  | { readonly kind: 'Output'; readonly text: string }
  /** Something that happened, `at` since the demo began. */
  | ({ readonly kind: 'Event'; readonly at: Milliseconds } & Change);

const subjectWidth = 20;

/** The lines of an entry, broken at `width` where that does no harm. Pure. */
export function entryLines(entry: Entry, width: number): Line[] {
  switch (entry.kind) {
    case 'Heading':
      return [[], [span(`== ${entry.text} ==`, 'bold')]];
    case 'Narration':
      return ['', ...wrap(entry.text, Math.min(width, 110))].map((text) => [span(text)]);
    case 'Command':
      return hanging(span('  $ ', 'dim'), entry.text, width, 'cyan');
    case 'Output':
      return entry.text
        .trimEnd()
        .split('\n')
        .map((text) => [span(`  ${text}`, 'dim')]);
    case 'Event':
      return hanging(...eventHead(entry), width, entry.style);
  }
}

function eventHead({ at, subject, text }: Extract<Entry, { kind: 'Event' }>): [Span, string] {
  return [span(`${formatSeconds(at).padStart(7)}  ${subject.padEnd(subjectWidth)}`, 'dim'), text];
}

/** A head, and a text that is broken so that it stays to the right of it. */
function hanging(head: Span, text: string, width: number, style?: Style): Line[] {
  const indent = head.text.length;
  const [first = '', ...rest] = wrap(text, Math.max(width - indent, 20));
  return [[head, span(first, style)], ...rest.map((line) => [span(' '.repeat(indent)), span(line, style)])];
}

/** A length of time as `12.3s`. */
export const formatSeconds = (duration: Milliseconds): string => `${(milliseconds(duration) / 1_000).toFixed(1)}s`;
