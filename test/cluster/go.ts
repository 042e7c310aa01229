import { execFile, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface GoInstall {
  /** The folder of the go.mod that pins every version. */
  readonly module: string;
  /** Import paths of the commands to build. */
  readonly packages: readonly string[];
  /** Values for variables in the commands (a version), by full name of the variable. */
  readonly stamps: Readonly<Record<string, string>>;
  /** The folder that receives the executables. */
  readonly into: string;
  readonly environment: NodeJS.ProcessEnv;
  /** The Go toolchain to build with; the machine's own choice when undefined. */
  readonly toolchain?: string | undefined;
  /** Called with each package that the compiler begins and each module that is downloaded. */
  readonly onActivity: (activity: string) => void;
}

/**
 * Builds commands from Go modules, without debug information.
 * @throws with the end of Go's own messages when it fails.
 */
export async function goInstall(install: GoInstall): Promise<void> {
  // -v writes a line for every package. It also ends the build soon after its reader was killed, by a broken pipe.
  const args = ['install', '-v', ...buildFlags(install.stamps), ...install.packages];
  const env = { ...goEnvironment(install.environment, install.toolchain), GOBIN: install.into };
  const child = spawn('go', args, { cwd: install.module, env, stdio: ['ignore', 'ignore', 'pipe'] });
  const ended = new Promise<number | NodeJS.Signals | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve(code ?? signal));
  });
  const lines: string[] = [];
  createInterface({ input: child.stderr }).on('line', (line) => {
    install.onActivity(line.replace(/^go: /, ''));
    lines.push(line);
  });
  const result = await ended;
  if (result !== 0) throw new Error(`go install failed (${result}):\n${lines.slice(-20).join('\n')}`);
}

/** What decides, besides the go.mod, how commands come out: no paths of this machine, no debug information, and the stamps. */
export function buildFlags(stamps: Readonly<Record<string, string>>): string[] {
  const assignments = Object.entries(stamps).map(([variable, value]) => `-X ${variable}=${value}`);
  return ['-trimpath', '-ldflags', ['-s', '-w', ...assignments].join(' ')];
}

/**
 * Variables that could make the same go.mod build something else, or nothing. Proxies and the toolchain stay the user's.
 * Without cgo a C compiler that lacks its headers does no harm; Kubernetes builds its releases this way, too.
 */
export const buildEnvironment = {
  GOFLAGS: '-mod=readonly',
  GOWORK: 'off',
  GO111MODULE: 'on',
  CGO_ENABLED: '0',
} as const;

/**
 * Makes sure that Go is at hand and new enough for the go.mod in `module`. An older Go that may switch its toolchain
 * (GOTOOLCHAIN=auto, the default) counts as the Go that it fetches.
 * @throws with what to do when it is not.
 */
export async function requireGo(
  module: string,
  minimum: string,
  environment: NodeJS.ProcessEnv,
  toolchain?: string,
): Promise<void> {
  const remedy = `install Go ${minimum} or newer from https://go.dev/dl/ or your distribution`;
  let output: string;
  try {
    output = (await run('go', ['version'], { cwd: module, env: goEnvironment(environment, toolchain) })).stdout;
  } catch (error) {
    const reason = isMissing(error) ? 'there is no go command in PATH' : `go version failed: ${error}`;
    throw new Error(`Go is needed to build the test control plane, but ${reason}: ${remedy}`, { cause: error });
  }
  const found = /\bgo(\d[\w.]*)/.exec(output)?.[1];
  if (found === undefined || olderThan(found, minimum)) {
    throw new Error(`Go ${found ?? output.trim()} is too old to build the test control plane: ${remedy}`);
  }
}

/** Whether the Go version `found` (1.26.8, 1.27rc1) comes before `minimum` (1.26.0). A missing part counts as 0. */
export function olderThan(found: string, minimum: string): boolean {
  const parts = (version: string) => version.split('.').map((part) => Number.parseInt(part, 10));
  const [have, want] = [parts(found), parts(minimum)];
  const differing = [0, 1, 2].find((index) => (have[index] ?? 0) !== (want[index] ?? 0));
  return differing !== undefined && (have[differing] ?? 0) < (want[differing] ?? 0);
}

/** The folder in which Go keeps the sources of a module that the go.mod in `module` requires, downloaded if need be. */
export async function sourcesOf(
  required: string,
  { module, environment, toolchain }: Pick<GoInstall, 'module' | 'environment' | 'toolchain'>,
): Promise<string> {
  const options = { cwd: module, env: goEnvironment(environment, toolchain) };
  // Of a module of which nothing is built there may be nothing yet.
  await run('go', ['mod', 'download', required], options);
  const { stdout } = await run('go', ['list', '-m', '-f', '{{.Dir}}', required], options);
  return stdout.trim();
}

function goEnvironment(environment: NodeJS.ProcessEnv, toolchain?: string): NodeJS.ProcessEnv {
  const { GOOS: _os, GOARCH: _architecture, ...rest } = environment;
  return { ...rest, ...buildEnvironment, ...(toolchain === undefined ? {} : { GOTOOLCHAIN: toolchain }) };
}

const isMissing = (error: unknown) => error instanceof Error && 'code' in error && error.code === 'ENOENT';
