import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { minutes } from '../../operator/clock.ts';
import { ensureBinaries } from '../cluster/binaries.ts';

const run = promisify(execFile);

export const chart = `${import.meta.dirname}/../../charts/dcc-operator`;

/** Runs the real Helm; rejects with what it said when it fails. */
export async function helm(args: readonly string[]): Promise<string> {
  const { helm: file } = await ensureBinaries(['helm']);
  const { stdout } = await run(file, [...args], { timeout: minutes(1), maxBuffer: 16 * 1024 * 1024 });
  return stdout;
}

/** The manifests that the chart renders with these `--set` values. */
export function template(values: Readonly<Record<string, string>> = {}): Promise<string> {
  const sets = Object.entries(values).flatMap(([name, value]) => ['--set', `${name}=${value}`]);
  return helm(['template', 'dcc', chart, '--namespace', 'dcc-system', '--kube-version', '1.36.0', ...sets]);
}
