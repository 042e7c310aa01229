import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { inject } from 'vitest';
import { ensureBinaries } from '../cluster/binaries.ts';

/** A way to the port of a pod that is open until this is disposed of. */
export type Forwarding = AsyncDisposable;

/**
 * Runs `kubectl port-forward ... &`, as a document has it, where the words of `entering` lead, and returns when the way is open.
 * @throws with what kubectl said when it ends before.
 */
export async function forward(entering: readonly string[], command: string): Promise<Forwarding> {
  const { kubectl } = await ensureBinaries(['kubectl']);
  const PATH = `${dirname(kubectl)}:${process.env['PATH']}`;
  const env = { ...process.env, KUBECONFIG: inject('cluster').kubeconfig, KUBERC: 'off', PATH };
  // So that what is ended is kubectl itself.
  const [file = 'bash', ...args] = [...entering, 'bash', '-c', `exec ${command.replace(/ &$/, '')}`];
  const child = spawn(file, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = once(child, 'close');
  const complaint = text(child.stderr);
  await Promise.race([
    once(createInterface({ input: child.stdout }), 'line'),
    ended.then(async () => Promise.reject(new Error(`${command} ended: ${await complaint}`))),
  ]);
  return {
    [Symbol.asyncDispose]: async () => {
      child.kill();
      await ended;
    },
  };
}
