import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { seeded } from '../huaweicloud/seed.ts';
import { type OperatorProcess, startOperatorProcess } from '../operator-process.ts';
import { openApiWay } from './api-way.ts';
import { openCloudWay } from './cloud-way.ts';
import type { Naming } from './naming.ts';
import type { Meddle, Seen, SlotName } from './seen.ts';

/** A place for one process of the operator at a time, with ways of its own to the API server and to the cloud. */
export interface Slot extends AsyncDisposable {
  readonly name: SlotName;
  /** The process that runs here; undefined between two. */
  readonly running: OperatorProcess | undefined;
  /** Every line that any process here wrote. */
  readonly log: readonly string[];
  /** How many processes were killed here. */
  readonly kills: number;
  /** Starts a process, and returns when its caches are filled; ignored when one runs. */
  start(): Promise<void>;
  /** Starts a process where one stepped down by itself. */
  tended(): Promise<void>;
  /** `kill -9`, and waits for the exit. */
  kill(): Promise<void>;
  /** SIGSTOP and SIGCONT. */
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void;
  /** Tells it to stop, and gives how it ended. */
  stop(): Promise<number | NodeJS.Signals>;
}

export interface SlotOptions {
  readonly name: SlotName;
  readonly program: string;
  readonly kubeconfig: string;
  readonly cloudUrl: string;
  readonly namespace: string;
  readonly flags: Readonly<Record<string, string>>;
  readonly naming: Naming;
  readonly note: (seen: Seen) => void;
  readonly meddle: Meddle;
  /** Told when a process ended by itself. */
  readonly onEnd: (how: number | NodeJS.Signals, lastLines: readonly string[]) => void;
}

export async function openSlot(options: SlotOptions): Promise<Slot> {
  const { name, program, namespace, flags, naming, note, meddle } = options;
  await using parts = new AsyncDisposableStack();
  const way = { slot: name, note, meddle };
  const apiWay = parts.use(await openApiWay({ ...way, kubeconfig: options.kubeconfig, naming }));
  const cloudWay = parts.use(await openCloudWay(options.cloudUrl, way));
  const folder = await mkdtemp(join(tmpdir(), 'dcc-operator-crash-'));
  parts.defer(() => rm(folder, { recursive: true }));
  const kubeconfig = join(folder, 'kubeconfig');
  await writeFile(kubeconfig, apiWay.kubeConfig.exportConfig(), { mode: 0o600 });

  const log: string[] = [];
  let running: OperatorProcess | undefined;
  let kills = 0;
  let steppedDown = false;
  const take = (): OperatorProcess | undefined => {
    const taken = running;
    running = undefined;
    return taken;
  };
  const launch = (): OperatorProcess => {
    const started = startOperatorProcess({
      program,
      kubeconfig,
      cloudUrl: cloudWay.url,
      credentials: { accessKey: seeded.accessKey, secretKey: seeded.secretKey },
      namespace,
      flags: { 'lease-namespace': namespace, ...flags },
      onLine: (line) => log.push(line),
    });
    void started.exited.then((how) => {
      if (running !== started) return;
      running = undefined;
      steppedDown = true;
      options.onEnd(how, started.lines.slice(-5));
    });
    return started;
  };
  const opened = parts.move();
  const kill = async () => {
    const victim = take();
    if (victim === undefined) return;
    kills += 1;
    await victim.end('SIGKILL');
  };
  const start = async () => {
    steppedDown = false;
    running ??= launch();
    // One that is killed while it starts is started again by who killed it.
    await running.standby.catch(() => undefined);
  };
  return {
    name,
    log,
    get running() {
      return running;
    },
    get kills() {
      return kills;
    },
    start,
    tended: async () => {
      if (steppedDown) await start();
    },
    kill,
    signal: (signal) => {
      if (running !== undefined) process.kill(running.pid, signal);
    },
    stop: async () => (await take()?.end('SIGTERM')) ?? 0,
    [Symbol.asyncDispose]: async () => {
      await kill();
      await opened.disposeAsync();
    },
  };
}
