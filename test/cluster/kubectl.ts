import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { deadline, type Milliseconds, minutes, systemClock } from '../../operator/clock.ts';
import { ensureBinaries } from './binaries.ts';

export interface KubectlOptions {
  /** What kubectl reads from its standard input, for `-f -`. */
  readonly input?: string;
  /** Default: two minutes. */
  readonly within?: Milliseconds;
}

export interface KubectlResult {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number;
}

/**
 * Runs the real kubectl against the cluster of `kubeconfig`. An exit code other than 0 is a result, not an error, because
 * tests look at refusals.
 * @throws when it does not end in time.
 */
export async function kubectl(
  kubeconfig: string,
  args: readonly string[],
  { input = '', within = minutes(2) }: KubectlOptions = {},
): Promise<KubectlResult> {
  const { kubectl: file } = await ensureBinaries(['kubectl']);
  // For ~/.kube/config this is kubectl's own default. Elsewhere it keeps what it cached about another cluster out: free
  // ports, by which it tells clusters apart, are given again.
  const cache = join(dirname(kubeconfig), 'cache');
  const child = spawn(file, [`--kubeconfig=${kubeconfig}`, `--cache-dir=${cache}`, ...args], {
    // The user's kuberc may change the defaults of any command.
    env: { ...process.env, KUBERC: 'off' },
    signal: deadline(systemClock, within),
    killSignal: 'SIGKILL',
  });
  const code = new Promise<number>((resolve, reject) => {
    child.once('error', (cause) => reject(new Error(`kubectl ${args.join(' ')} did not end`, { cause })));
    child.once('close', (status) => resolve(status ?? 1));
  });
  // It may end without having read everything, and says why on standard error.
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  const [stdout, stderr, exitCode] = await Promise.all([text(child.stdout), text(child.stderr), code]);
  return { stdout, stderr, code: exitCode };
}

/**
 * Runs kubectl for a command that has to succeed, and gives what it printed.
 * @throws with what it said on standard error when it fails.
 */
export async function kubectlOutput(
  kubeconfig: string,
  args: readonly string[],
  options?: KubectlOptions,
): Promise<string> {
  const { stdout, stderr, code } = await kubectl(kubeconfig, args, options);
  if (code !== 0) throw new Error(`kubectl ${args.join(' ')} failed (${code}): ${stderr.trim()}`);
  return stdout;
}
