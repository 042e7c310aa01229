import { milliseconds, seconds } from '../../operator/clock.ts';
import { type Entry, entryLines, formatSeconds } from './entries.ts';
import { frame } from './frame.ts';
import type { Screen, ScreenOptions } from './screen.ts';
import type { Line } from './text.ts';
import { emptyView, type View } from './view.ts';

const repaintEvery = milliseconds(100);

/** Moves to the first column of the line `count` lines up. */
const up = (count: number) => (count === 0 ? '\r' : `\r\u001b[${count}A`);
const eraseRight = '\u001b[K';
const eraseBelow = '\u001b[J';

/**
 * Paints the table and the story of the present chapter in place. When a chapter ends its lines are written above, for good,
 * so that the whole story can be read by scrolling back. The cursor stays visible: nothing has to be put right after a crash.
 */
export function liveScreen({ output, elapsed, corner }: ScreenOptions, text: (line: Line) => string): Screen {
  let view: View = emptyView;
  let chapter = 0;
  let story: Entry[] = [];
  let paintedLines = 0;
  let painting: Painting | undefined;
  let rested = false;

  // One column and one line stay free: a full one would make the terminal scroll.
  const size = () => ({ rows: (output.rows ?? 24) - 1, columns: (output.columns ?? 80) - 1 });
  const linesOf = (entries: readonly Entry[]) => entries.flatMap((entry) => entryLines(entry, size().columns));

  const paint = () => {
    const title = `dcc-operator demo, chapter ${chapter}`;
    const untold = story.filter((entry) => entry.kind !== 'Event' || !entry.inTable);
    const content = { title, corner: `${corner()} ${formatSeconds(elapsed())}`, view, story: linesOf(untold) };
    const lines = frame(content, size());
    output.write(`${up(paintedLines)}${lines.map((line) => `${text(line)}${eraseRight}\n`).join('')}${eraseBelow}`);
    paintedLines = lines.length;
  };
  /** Writes the story so far where the picture is now, which then goes on below it. */
  const keepStory = () => {
    const lines = linesOf(story).map((line) => `${text(line)}\n`);
    output.write(`${up(paintedLines)}${eraseBelow}${lines.join('')}`);
    paintedLines = 0;
    story = [];
  };
  const rest = () => {
    rested = true;
    painting?.end();
    painting = undefined;
    keepStory();
  };

  return {
    isLive: true,
    tell: (entry) => {
      if (entry.kind === 'Heading') {
        keepStory();
        chapter += 1;
      }
      story.push(entry);
      if (painting === undefined) keepStory();
      else painting.request();
    },
    show: (next) => {
      view = next;
      if (rested) return;
      painting ??= startPainting(paint);
      painting.request();
    },
    rest,
    [Symbol.dispose]: rest,
  };
}

interface Painting {
  /** Asks for the picture to be painted anew, soon. */
  request(): void;
  end(): void;
}

/** Paints soon after it was asked for, and every second for the time that passes. */
function startPainting(paint: () => void): Painting {
  let requested = false;
  let since = 0;
  const timer = setInterval(() => {
    since += repaintEvery;
    if (!requested && since < seconds(1)) return;
    requested = false;
    since = 0;
    paint();
  }, repaintEvery);
  return {
    request: () => {
      requested = true;
    },
    end: () => clearInterval(timer),
  };
}
