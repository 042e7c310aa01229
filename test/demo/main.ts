/** `npm run demo`: plays the story of three unsubscriptions on a real API server. See `--help`, and `story.ts`. */
import { randomInt } from 'node:crypto';
import { join } from 'node:path';
import { milliseconds, seconds, systemClock } from '../../operator/clock.ts';
import { readOptions, UsageError, usage } from './options.ts';
import { playDemo } from './play.ts';

const interruptedCode = 130;

async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2), () => randomInt(1_000_000));
  if (options.help) {
    console.log(usage);
    return 0;
  }
  // The commands that are shown name files of the checkout.
  process.chdir(join(import.meta.dirname, '..', '..'));
  const interrupted = interruption();
  try {
    return await playDemo(options, interrupted);
  } catch (error) {
    if (!interrupted.aborted) throw error;
    console.error('Interrupted: everything that the demo started has ended.');
    return interruptedCode;
  }
}

/** npm may pass on a signal that the terminal has sent to everybody already: within this time both are one keystroke. */
const oneKeystroke = milliseconds(500);

/** The first Ctrl-C puts everything away; a second one ends at once, and leaves that to those who watch this process. */
function interruption(): AbortSignal {
  const interrupted = new AbortController();
  let since = 0;
  const interrupt = () => {
    if (!interrupted.signal.aborted) since = systemClock.elapsed();
    else if (systemClock.elapsed() - since > oneKeystroke) process.exit(interruptedCode);
    interrupted.abort(new Error('interrupted'));
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, interrupt);
  if (process.env['npm_lifecycle_event'] !== undefined) whenParentEnds(() => interrupted.abort(new Error('npm ended')));
  // Nobody reads any more, as in `npm run demo | head`.
  process.stdout.on('error', () => interrupted.abort(new Error('nobody reads')));
  return interrupted.signal;
}

/** A signal to npm alone ends the shell between npm and this process, which would never hear of it. */
function whenParentEnds(end: () => void): void {
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    end();
  }, seconds(1));
  timer.unref();
}

try {
  process.exit(await main());
} catch (error) {
  const told = error instanceof UsageError;
  console.error(told ? error.message : error);
  process.exit(told ? 2 : 1);
}
