import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { type Clock, deadline, type Milliseconds, milliseconds, seconds, systemClock } from '../../operator/clock.ts';
import { kubectl } from '../cluster/kubectl.ts';
import { controlClient } from '../huaweicloud/control-client.ts';
import type { Ledger } from '../huaweicloud/world/ledger.ts';
import { changes } from './changes.ts';
import { namespace } from './cluster.ts';
import type { Expectation } from './expectations.ts';
import { readingTime, type Screen } from './screen.ts';
import type { View } from './view.ts';
import type { Watch } from './watch.ts';

/** What the chapters of the story can do. Everything that they do is shown. */
export interface Stage {
  /** Says something to the reader. A person gets time to read what was said before; what happens meanwhile counts. */
  narrate(text: string): Promise<void>;
  /** Runs kubectl in the demo's namespace. @throws when it fails. */
  kubectl(...args: string[]): Promise<void>;
  /** Runs kubectl for something that must be refused, and gives what it says. @throws when it is not. */
  refusedKubectl(...args: string[]): Promise<string>;
  /** Changes the simulated cloud through its command line. */
  cloud(...words: string[]): Promise<void>;
  /** Waits until something is so. @throws NotAsTold when it is not in time. */
  until(expectation: Expectation): Promise<void>;
  /** Waits until the operator has read the whole cloud again, from the beginning. */
  untilOperatorLooked(): Promise<void>;
  /** @throws NotAsTold when a fact is not as the story says. */
  check(fact: string, holds: boolean): void;
  view(): View;
  /** The cloud's own record of the orders that it accepted and refused. */
  ledger(): Promise<Ledger>;
}

/** Something is not as the story says. */
export class NotAsTold extends Error {
  override readonly name = 'NotAsTold';
  /** `kind/name` of the object whose status tells more, if there is one. */
  readonly object: string | undefined;

  constructor(message: string, object?: string) {
    super(message);
    this.object = object;
  }
}

export interface StageOptions {
  readonly kubeconfig: string;
  readonly cloudUrl: string;
  readonly watch: Watch;
  readonly screen: Screen;
  readonly clock: Clock;
  readonly elapsed: () => Milliseconds;
  /** How long each wait may take. */
  readonly patience: Milliseconds;
  /** Ends every wait, with its reason. */
  readonly signal: AbortSignal;
}

/** Sets the stage. What happens to the objects is told from now on, as long as `watch` lives. */
export function setStage(options: StageOptions): Stage {
  const { kubeconfig, cloudUrl, watch, screen, clock, patience, signal } = options;
  const cloud = controlClient(cloudUrl);
  let readUntil = clock.elapsed();
  tellChanges(options);

  async function run(command: string, args: readonly string[]) {
    signal.throwIfAborted();
    screen.tell({ kind: 'Command', text: `${command} ${args.map(quoted).join(' ')}` });
    const result = await kubectl(kubeconfig, ['-n', namespace, ...args]);
    const said = `${result.stdout}${result.stderr}`;
    if (said.trim() !== '') screen.tell({ kind: 'Output', text: said });
    return { ...result, said };
  }
  const runKubectl = (args: readonly string[]) => run(`kubectl -n ${namespace}`, args);

  return {
    narrate: async (text) => {
      const left = milliseconds(readUntil - clock.elapsed());
      if (screen.isLive && left > 0) await clock.sleep(left, signal);
      screen.tell({ kind: 'Narration', text });
      readUntil = milliseconds(clock.elapsed() + readingTime(text));
    },
    kubectl: async (...args) => {
      const { code, said } = await runKubectl(args);
      if (code !== 0) throw new NotAsTold(`kubectl ${args.join(' ')} failed: ${said}`);
    },
    refusedKubectl: async (...args) => {
      const { code, said } = await runKubectl(args);
      if (code === 0) throw new NotAsTold(`kubectl ${args.join(' ')} should have been refused`);
      return said;
    },
    cloud: async (...words) => {
      signal.throwIfAborted();
      screen.tell({ kind: 'Command', text: `node ${cli} ${words.join(' ')}` });
      screen.tell({ kind: 'Output', text: await runCli(cloudUrl, words) });
    },
    until: (expectation) => waitFor(expectation, { watch, patience, signal }),
    untilOperatorLooked: async () => {
      const before = await looks();
      // The first reading may have been under way already.
      const giveUpAt = clock.elapsed() + patience;
      while ((await looks()) < before + 2) {
        if (clock.elapsed() > giveUpAt)
          throw new NotAsTold(`not within ${patience / 1_000} s: the cloud is read again`);
        await clock.sleep(milliseconds(100), signal);
      }
    },
    check: (fact, holds) => {
      if (!holds) throw new NotAsTold(`this is not so: ${fact}`);
    },
    view: () => watch.view(),
    ledger: () => cloud.ledger(),
  };

  async function looks(): Promise<number> {
    const calls = await cloud.calls();
    return Object.values(calls['billing.listResources'] ?? {}).reduce((sum, count) => sum + count, 0);
  }
}

const cli = 'test/huaweicloud/cli.ts';

/** Runs the command line of the simulated cloud, from the root of the checkout. */
export async function runCli(cloudUrl: string, words: readonly string[]): Promise<string> {
  const env = { ...process.env, HUAWEICLOUD_SIMULATOR_URL: cloudUrl };
  const { stdout } = await promisify(execFile)(process.execPath, [cli, ...words], { env, timeout: seconds(20) });
  return stdout;
}

/** As one has to type it in a shell. */
const quoted = (arg: string): string => (/^[\w./=:,-]+$/.test(arg) ? arg : `'${arg}'`);

function tellChanges({ watch, screen, elapsed }: StageOptions): void {
  let before = watch.view();
  watch.subscribe(() => {
    const after = watch.view();
    for (const change of changes(before, after)) screen.tell({ kind: 'Event', at: elapsed(), ...change });
    before = after;
    screen.show(after);
  });
}

async function waitFor(
  { what, object, holds }: Expectation,
  { watch, patience, signal }: Pick<StageOptions, 'watch' | 'patience' | 'signal'>,
): Promise<void> {
  signal.throwIfAborted();
  const late = deadline(systemClock, patience);
  const found = Promise.withResolvers<void>();
  const look = () => {
    try {
      if (holds(watch.view())) found.resolve();
    } catch (error) {
      found.reject(error);
    }
  };
  const giveUp = () => found.reject(new NotAsTold(`not within ${patience / 1_000} s: ${what}`, object));
  const end = () => found.reject(signal.reason);
  late.addEventListener('abort', giveUp, { once: true });
  signal.addEventListener('abort', end, { once: true });
  const unsubscribe = watch.subscribe(look);
  look();
  try {
    await found.promise;
  } finally {
    unsubscribe();
    late.removeEventListener('abort', giveUp);
    signal.removeEventListener('abort', end);
  }
}
