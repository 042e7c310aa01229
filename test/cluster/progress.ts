import { type Clock, type Milliseconds, milliseconds, seconds } from '../../operator/clock.ts';

/** Where progress is shown: `process.stderr`, or in tests anything that can be written to. */
export interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** Shows that a long piece of work goes on; disposing of it ends the display. */
export interface Progress extends Disposable {
  /** Says what is being done now. It is shown at the next redraw. */
  update(activity: string): void;
}

const redrawLive = milliseconds(200);
const repeatPlain = seconds(20);
const eraseLine = '\r\u001b[2K';

/**
 * Starts to show `title`, the time since now, and the present activity: as one live line on a terminal, and as a plain line
 * every 20 s elsewhere (a CI log).
 */
export function showProgress(title: string, output: Output, clock: Clock): Progress {
  const start = clock.elapsed();
  const live = output.isTTY === true;
  let activity = 'compiling and linking';
  const draw = () => {
    const line = progressLine(title, milliseconds(clock.elapsed() - start), activity);
    output.write(live ? eraseLine + line.slice(0, (output.columns ?? 80) - 1) : `${line}\n`);
  };
  draw();
  const timer = setInterval(draw, live ? redrawLive : repeatPlain);
  return {
    update: (next) => {
      activity = next;
    },
    [Symbol.dispose]: () => {
      clearInterval(timer);
      if (live) output.write(eraseLine);
    },
  };
}

/** One line of progress: `title 3m07s: activity`. */
export function progressLine(title: string, elapsed: Milliseconds, activity: string): string {
  return `${title} ${formatElapsed(elapsed)}: ${activity}`;
}

/** A length of time for people, in whole seconds: `7s`, `3m07s`, `1h02m03s`. */
export function formatElapsed(duration: Milliseconds): string {
  const total = Math.floor(duration / 1_000);
  const [hours, minutes, rest] = [Math.floor(total / 3_600), Math.floor(total / 60) % 60, total % 60];
  const two = (count: number) => String(count).padStart(2, '0');
  if (hours > 0) return `${hours}h${two(minutes)}m${two(rest)}s`;
  return minutes > 0 ? `${minutes}m${two(rest)}s` : `${rest}s`;
}
