import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { inject } from 'vitest';
import { type Milliseconds, seconds } from '../../operator/clock.ts';
import { ensureBinaries } from '../cluster/binaries.ts';

export const chart = join(import.meta.dirname, '../../charts/dcc-operator');

/** Settings of the chart, as a file of values has them. */
export type Values = Readonly<Record<string, unknown>>;

/** How a command of Helm ended; one that failed is a result, because tests look at refusals. */
export interface HelmResult {
  readonly output: string;
  readonly failed: boolean;
}

/** How long Helm may wait for pods. */
const patience = seconds(100);

/** Runs the real Helm against the cluster of these tests, as its administrator. */
export async function helm(
  args: readonly string[],
  values: Values = {},
  within: Milliseconds = patience,
): Promise<HelmResult> {
  const { helm: file } = await ensureBinaries(['helm']);
  const { kubeconfig } = inject('cluster');
  const takesValues = ['install', 'upgrade', 'template'].includes(args[0] ?? '');
  const all = [...args, `--kubeconfig=${kubeconfig}`, ...(takesValues ? ['--values=-'] : [])];
  return new Promise((resolve) => {
    const child = execFile(
      file,
      all,
      { timeout: within + seconds(20), maxBuffer: 64 * 1024 * 1024 },
      (error, stdout, stderr) => resolve({ output: `${stdout}${stderr}`, failed: error !== null }),
    );
    child.stdin?.end(JSON.stringify(values));
  });
}

/** Runs Helm for something that has to succeed. @throws with what it said when it fails. */
export async function helmOutput(args: readonly string[], values?: Values): Promise<string> {
  const { output, failed } = await helm(args, values);
  if (failed) throw new Error(`helm ${args.join(' ')} failed: ${output}`);
  return output;
}

/** Makes Helm wait until every pod is ready. */
export const untilReady = ['--wait', `--timeout=${patience / 1_000}s`] as const;
