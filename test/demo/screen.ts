import { type Milliseconds, milliseconds } from '../../operator/clock.ts';
import { type Entry, entryLines } from './entries.ts';
import { liveScreen } from './live-screen.ts';
import { colouredText, plainText } from './text.ts';
import type { View } from './view.ts';

/** Where the story is shown: `process.stdout`, or in tests anything that can be written to. */
export interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
}

/** Shows the story. Disposing of it does what `rest` does. */
export interface Screen extends Disposable {
  /** Whether a person looks on, who needs time to read. */
  readonly isLive: boolean;
  tell(entry: Entry): void;
  /** What the live table shows from now on; with the first call it appears. */
  show(view: View): void;
  /** Ends the live table; what is told afterwards is only written. */
  rest(): void;
}

export interface ScreenOptions {
  readonly output: Output;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Time since the demo began. */
  readonly elapsed: () => Milliseconds;
  /** What is shown beside it in the live picture. */
  readonly corner: () => string;
}

/** A live table on a terminal; plain lines elsewhere, without any escape code. */
export function openScreen(options: ScreenOptions): Screen {
  const { output, environment } = options;
  if (output.isTTY !== true || environment['TERM'] === 'dumb') return plainScreen(output);
  // https://no-color.org: any value that is not empty.
  return liveScreen(options, environment['NO_COLOR'] ? plainText : colouredText);
}

function plainScreen(output: Output): Screen {
  return {
    isLive: false,
    tell: (entry) => {
      for (const line of entryLines(entry, Number.POSITIVE_INFINITY)) output.write(`${plainText(line)}\n`);
    },
    show: () => undefined,
    rest: () => undefined,
    [Symbol.dispose]: () => undefined,
  };
}

/** How long a person takes to read a text. */
export const readingTime = (text: string): Milliseconds => milliseconds(Math.min(800 + text.length * 12, 3_500));
