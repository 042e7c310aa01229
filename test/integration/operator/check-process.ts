import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { inject } from 'vitest';
import { z } from 'zod';
import { deadline, seconds, systemClock } from '../../../operator/clock.ts';
import { seeded } from '../../huaweicloud/seed.ts';

const line = z.object({
  check: z.string(),
  place: z.looseObject({}).optional(),
  result: z.enum(['OK', 'WARNING', 'FAILED', 'SKIPPED']),
  found: z.string(),
  remedy: z.string().optional(),
});
const report = z.object({ result: z.enum(['OK', 'FAILED']), checks: z.array(line) });

/** What a check of the operator said, and how it ended. */
export interface CheckRun {
  readonly code: number;
  readonly result: 'OK' | 'FAILED';
  /** By name. */
  readonly checks: Readonly<Record<string, z.infer<typeof line>>>;
  /** The names of those that failed. */
  readonly failed: readonly string[];
  /** All that it wrote. */
  readonly output: string;
}

export interface CheckRunOptions {
  kubeconfig: string;
  cloudUrl: string;
  /** Of the seeded account when omitted. */
  secretKey?: string;
  /** Variables that say where the credentials come from, instead of an access key. */
  environment?: Readonly<Record<string, string>>;
  flags?: readonly string[];
}

/** Runs the real operator with `--check --check-output json` in a process of its own, until it ends. */
export async function runCheck(options: CheckRunOptions): Promise<CheckRun> {
  const { code, stdout, stderr } = await runCheckProcess([...flagsOf(options), '--check-output=json'], options);
  const { result, checks } = report.parse(JSON.parse(stdout));
  return {
    code,
    result,
    checks: Object.fromEntries(checks.map((one) => [one.check, one])),
    failed: checks.filter((one) => one.result === 'FAILED').map(({ check }) => check),
    output: `${stdout}${stderr}`,
  };
}

/** The same as a person sees it. */
export async function printCheck(options: CheckRunOptions): Promise<string> {
  const { stdout, stderr } = await runCheckProcess(flagsOf(options), options);
  return `${stdout}${stderr}`;
}

const flagsOf = ({ kubeconfig, cloudUrl, flags = [] }: CheckRunOptions): string[] => [
  '--check',
  `--kubeconfig=${kubeconfig}`,
  `--endpoints=*=${cloudUrl}`,
  ...flags,
];

/** Longest that a run may take on a busy machine; it has a time of its own, which is shorter. */
const limit = seconds(90);

async function runCheckProcess(args: readonly string[], options: CheckRunOptions) {
  const { secretKey = seeded.secretKey } = options;
  const { environment = { HUAWEICLOUD_SDK_AK: seeded.accessKey, HUAWEICLOUD_SDK_SK: secretKey } } = options;
  const child = spawn(process.execPath, [inject('operatorProgram'), ...args], {
    env: { PATH: process.env['PATH'], ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    signal: deadline(systemClock, limit),
    killSignal: 'SIGKILL',
  });
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { code: z.number().parse(code), stdout, stderr };
}
