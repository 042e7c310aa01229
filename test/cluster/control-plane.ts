import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { seconds } from '../../operator/clock.ts';
import { ensureBinaries } from './binaries.ts';
import { type ComponentName, loopback } from './command-lines.ts';
import { createUser } from './kubeconfig.ts';
import type { EndSignal } from './programs.ts';
import type { Output } from './progress.ts';
import { type SupervisorCommand, type SupervisorMessage, supervisorMessage } from './supervisor-message.ts';

/** A real Kubernetes control plane: etcd, kube-apiserver and kube-controller-manager, for this machine only. */
export interface ControlPlane extends AsyncDisposable {
  readonly url: string;
  /** For clients with a certificate of etcd's authority, such as `pki/apiserver-etcd-client.crt`. */
  readonly etcdUrl: string;
  /** Path of the kubeconfig of an administrator. */
  readonly kubeconfig: string;
  /** Holds everything of this control plane, its logs in `logs/`; removed when it ends. */
  readonly directory: string;
  /** The process that owns it; SIGTERM ends everything. */
  readonly supervisor: number;
  /** Resolves when it has ended, with the reason when nobody asked for it. */
  readonly ended: Promise<Error | undefined>;
  /** Makes another user, known by a client certificate, who may do what RBAC grants, and gives the path of a kubeconfig. */
  clientFor(user: string, groups?: readonly string[]): Promise<string>;
  /** Ends one of its programs, as a crash or in order. Not for a control plane that was started with `keep`. */
  end(name: ComponentName, signal: EndSignal): Promise<void>;
  /** Starts a program that was ended on its old data and ports; returns when the API server is ready. */
  start(name: ComponentName): Promise<void>;
  /** Ends the programs and removes the folder; returns when that is done. */
  stop(): Promise<void>;
}

export interface StartOptions {
  /** Where the progress of a first build is shown. Default: standard error. */
  readonly output?: Output;
  /** Leave it running when this process ends: until `stop`, or a SIGTERM to `supervisor`. Default: it ends, too. */
  readonly keep?: boolean;
  /** Where the API server listens, an address of this machine. Default: loopback. */
  readonly address?: string;
}

/** How long the supervisor may take to end its programs: it kills each one that takes longer than three seconds. */
const stopWithin = seconds(30);

/**
 * Starts a control plane on free ports and returns when it works: the API server is ready, and the controller
 * manager has made the first objects. It ends with this process, however that ends.
 * @throws with the end of a program's log when it does not start.
 */
export async function startControlPlane({
  output,
  keep = false,
  address = loopback,
}: StartOptions = {}): Promise<ControlPlane> {
  const names = ['etcd', 'kube-apiserver', 'kube-controller-manager'] as const;
  const files = await ensureBinaries(names, output === undefined ? {} : { output });
  const flags = [...names.map((name) => `--${name}=${files[name]}`), `--address=${address}`];
  const args = [join(import.meta.dirname, 'supervisor.ts'), ...flags];
  const child = spawn(process.execPath, keep ? [...args, '--keep'] : args, {
    detached: true,
    stdio: ['pipe', 'pipe', keep ? 'ignore' : 'inherit'],
  });
  const supervisor = follow(child);
  const { url, etcdUrl, directory } = await supervisor.ready;
  if (keep) release(child);
  const stop = async () => {
    child.ref();
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), stopWithin);
    await supervisor.ended;
    clearTimeout(timer);
  };
  return {
    url,
    etcdUrl,
    directory,
    kubeconfig: join(directory, 'admin.kubeconfig'),
    supervisor: supervisor.pid,
    ended: supervisor.ended,
    end: (component, signal) => supervisor.tell({ command: 'end', component, signal }),
    start: (component) => supervisor.tell({ command: 'start', component }),
    clientFor: (user, groups) => createUser(directory, url, user, groups),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

type Supervisor = ChildProcessByStdio<Writable, Readable, null>;

type Ready = Extract<SupervisorMessage, { event: 'ready' }>;

interface Followed {
  readonly pid: number;
  readonly ready: Promise<Ready>;
  readonly ended: Promise<Error | undefined>;
  /** Resolves when the command is carried out. */
  tell(command: SupervisorCommand): Promise<void>;
}

function follow(child: Supervisor): Followed {
  const ready = Promise.withResolvers<Ready>();
  let directory: string | undefined;
  let failure: Error | undefined;
  const commands: PromiseWithResolvers<void>[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => {
    const message = supervisorMessage.parse(JSON.parse(line));
    if (message.event === 'failed') {
      failure = new Error(message.message);
      return;
    }
    if (message.event === 'done') {
      commands.shift()?.resolve();
      return;
    }
    directory = message.directory;
    ready.resolve(message);
  });
  const ended = new Promise<Error | undefined>((resolve) => {
    child.once('error', resolve);
    child.once('close', async (code, signal) => {
      if (code !== 0) failure ??= new Error(`the supervisor of the control plane ended: ${signal ?? code}`);
      if (signal !== null) await removeOrphans(child, directory);
      resolve(failure);
    });
  });
  void ended.then((reason) => {
    ready.reject(reason ?? new Error('the control plane was stopped before it was ready'));
    for (const command of commands) command.reject(reason ?? new Error('the control plane was stopped meanwhile'));
  });
  const tell = (command: SupervisorCommand) => {
    const carriedOut = Promise.withResolvers<void>();
    commands.push(carriedOut);
    child.stdin.write(`${JSON.stringify(command)}\n`);
    return carriedOut.promise;
  };
  return { pid: child.pid ?? 0, ready: ready.promise, ended, tell };
}

/** Ends what a killed supervisor left: the members of its process group, whose number is not given anew while one lives. */
async function removeOrphans({ pid }: Supervisor, directory: string | undefined): Promise<void> {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch {
    // The group is empty: nothing is left.
  }
  if (directory !== undefined) await rm(directory, { recursive: true, force: true, maxRetries: 3 });
}

/** Lets this process end while the supervisor goes on. */
function release(child: Supervisor): void {
  child.stdin.destroy();
  child.stdout.destroy();
  child.unref();
}
