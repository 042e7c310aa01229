import type { Clock, Milliseconds } from '../../operator/clock.ts';
import type { OperatorProcess } from '../operator-process.ts';
import type { Life } from './chaos.ts';

export interface KeeperOptions {
  /** Starts the operator; `onLine` takes each line of its log. */
  readonly launch: (onLine: (line: string) => void) => OperatorProcess;
  /** Lives to end by `kill -9`, each followed by a new start; without them the operator lives. */
  readonly lives?: Iterable<Life> | undefined;
  /** Resolves when an operator has written down that it is about to order. */
  readonly nextIntent: () => Promise<void>;
  readonly onKill: (victim: Victim) => void;
  readonly clock: Clock;
}

export interface Victim {
  readonly pid: number;
  /** How many were killed, this one included. */
  readonly kills: number;
  /** Whether it died because it was about to order. */
  readonly ordering: boolean;
}

/** Keeps the operator running, and kills it when told so. Disposing of it ends everything. */
export interface OperatorKeeper extends AsyncDisposable {
  readonly kills: number;
  readonly pid: number;
  /** Resolves when the operator has ended though nobody ended it. */
  readonly failed: Promise<Error>;
  /** The last lines of its log, over all its lives. */
  logTail(): readonly string[];
  /** Ends the chaos; from now on the operator lives. */
  calm(): void;
}

const tailLines = 40;

/** Starts the operator. */
export function keepOperator({ launch, lives = [], nextIntent, onKill, clock }: KeeperOptions): OperatorKeeper {
  const failed = Promise.withResolvers<Error>();
  const calmed = Promise.withResolvers<'Calmed'>();
  const stopping = new AbortController();
  const stopped = new Promise<'Stopped'>((resolve) => {
    stopping.signal.addEventListener('abort', () => resolve('Stopped'), { once: true });
  });
  const killed = new WeakSet<OperatorProcess>();
  let tail: string[] = [];
  let kills = 0;
  let operator = start();

  function start(): OperatorProcess {
    const started = launch((line) => (tail = [...tail.slice(1 - tailLines), line]));
    void started.exited.then((code) => {
      if (!killed.has(started)) failed.resolve(new Error(`the operator ended by itself (${code})`));
    });
    return started;
  }

  function kill(): Promise<unknown> {
    killed.add(operator);
    return operator.end('SIGKILL');
  }

  /** Says why a life ends, when it does. */
  async function endOf({ since, lifetime, afterIntent }: Life) {
    // The rejections say only that everything ends, or that the operator has, which `failed` tells.
    const sleep = (duration: Milliseconds) => clock.sleep(duration, stopping.signal).catch(() => undefined);
    const born = since === 'Ready' ? operator.ready.catch(() => undefined) : Promise.resolve();
    return Promise.race([
      calmed.promise,
      stopped,
      born.then(() => sleep(lifetime)).then(() => 'Old' as const),
      nextIntent()
        .then(() => sleep(afterIntent))
        .then(() => 'Ordering' as const),
    ]);
  }

  async function rage(): Promise<void> {
    for (const life of lives) {
      const why = await endOf(life);
      if (why === 'Calmed' || why === 'Stopped') return;
      await kill();
      kills += 1;
      onKill({ pid: operator.pid, kills, ordering: why === 'Ordering' });
      operator = start();
    }
  }

  const raging = rage().catch(failed.resolve);
  return {
    get kills() {
      return kills;
    },
    get pid() {
      return operator.pid;
    },
    failed: failed.promise,
    logTail: () => tail,
    calm: () => calmed.resolve('Calmed'),
    [Symbol.asyncDispose]: async () => {
      stopping.abort();
      await raging;
      await kill();
    },
  };
}
