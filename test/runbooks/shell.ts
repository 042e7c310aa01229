import { execFile } from 'node:child_process';
import { dirname } from 'node:path';
import { minutes } from '../../operator/clock.ts';
import { ensureBinaries } from '../cluster/binaries.ts';

/** Runs a command line as a person does; gives all that it says, and rejects with that when it fails. */
export type Shell = (command: string, environment?: Readonly<Record<string, string>>) => Promise<string>;

/**
 * A shell with the real kubectl and this kubeconfig, in which a pipe fails when a part of it does. `entering` are the words before it
 * that bring it to another place.
 */
export async function shellOf(kubeconfig: string, entering: readonly string[] = []): Promise<Shell> {
  const { kubectl } = await ensureBinaries(['kubectl']);
  const PATH = `${dirname(kubectl)}:${process.env['PATH']}`;
  // The user's kuberc may change the defaults of any command.
  const env = { ...process.env, KUBECONFIG: kubeconfig, KUBERC: 'off', PATH };
  return (command, environment = {}) =>
    new Promise((resolve, reject) => {
      const [file = 'bash', ...args] = [...entering, 'bash', '-o', 'pipefail', '-c', command];
      const options = { env: { ...env, ...environment }, timeout: minutes(3) };
      execFile(file, args, options, (error, stdout, stderr) => {
        if (error === null) resolve(`${stdout}${stderr}`);
        else reject(new Error(`${command} failed (${error.code}):\n${stdout}${stderr}`));
      });
    });
}
