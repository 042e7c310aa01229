import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { minutes } from '../../../operator/clock.ts';

const run = promisify(execFile);

/** Network, mounts and processes of a node, apart from the machine's. Disposing of them ends all that runs there. */
export interface Namespaces extends AsyncDisposable {
  /** A process that is in all of them. */
  readonly pid: number;
}

/**
 * Opens namespaces for a node whose files are in `folder` and whose containers are below the control group `group`. They end
 * with this process, however that ends; the folder and the control groups are then removed.
 * @throws when the kernel or the user's rights do not allow it.
 */
export async function openNamespaces(folder: string, group: string): Promise<Namespaces> {
  // In a process group of its own: Ctrl-C must not reach what cleans up.
  const holder = spawn('sh', [join(import.meta.dirname, 'hold.sh'), folder, group], {
    detached: true,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = once(holder, 'close');
  const [line] = await Promise.race([
    once(createInterface({ input: holder.stdout }), 'line'),
    ended.then(() => Promise.reject(new Error('the namespaces of the node could not be made'))),
  ]);
  return {
    pid: Number(line),
    [Symbol.asyncDispose]: async () => {
      holder.stdin.end();
      await ended;
    },
  };
}

/** A command line. */
export interface Command {
  readonly file: string;
  readonly args: readonly string[];
}

/** The command that runs another one in the namespaces of the process `pid`. */
export const within = (pid: number, { file, args }: Command): Command => ({
  file: 'nsenter',
  args: ['--target', String(pid), '--net', '--mount', '--pid', '--', file, ...args],
});

/** Runs a program of the node, and gives what it printed. @throws with what it said when it fails. */
export async function onNode(pid: number, file: string, ...args: string[]): Promise<string> {
  const command = within(pid, { file, args });
  const { stdout } = await run(command.file, command.args, { timeout: minutes(2), maxBuffer: 64 * 1024 * 1024 });
  return stdout;
}
