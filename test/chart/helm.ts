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

/** What a cluster of this version serves besides what every one does. */
const served = 'admissionregistration.k8s.io/v1/MutatingAdmissionPolicy';

/** The flags by which Helm takes the cluster for one that serves these. */
export const cluster = (apiVersions: readonly string[] = [served]): string[] => [
  ...['--kube-version', '1.36.0'],
  ...apiVersions.flatMap((version) => ['--api-versions', version]),
];

/** The manifests that the chart renders with these `--set` values; of these templates only, if any are named. */
export function template(
  values: Readonly<Record<string, string>> = {},
  templates: readonly string[] = [],
  apiVersions?: readonly string[],
): Promise<string> {
  const sets = Object.entries(values).flatMap(([name, value]) => ['--set', `${name}=${value}`]);
  const shown = templates.flatMap((path) => ['--show-only', path]);
  return helm(['template', 'dcc', chart, '--namespace', 'dcc-system', ...cluster(apiVersions), ...sets, ...shown]);
}
