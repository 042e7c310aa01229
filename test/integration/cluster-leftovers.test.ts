import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../operator/clock.ts';
import { ensureBinaries } from '../cluster/binaries.ts';
import { findPorts, type Ports } from '../cluster/ports.ts';
import { runControlPlane } from '../cluster/run-control-plane.ts';

const main = join(import.meta.dirname, '..', 'cluster', 'main.ts');
const programs = ['etcd', 'kube-apiserver', 'kube-controller-manager'] as const;

/** The folder for temporary files of the starter, so whatever belongs to it names this folder. */
let temporary: string;
let starter: ChildProcess;
let said: string;

beforeEach(async () => {
  temporary = await mkdtemp(join(tmpdir(), 'leftovers-'));
});

afterEach(async () => {
  // There are some only when a test has failed.
  for (const { pid } of await ownProcesses()) process.kill(pid, 'SIGKILL');
  await rm(temporary, { recursive: true, force: true, maxRetries: 5 });
});

describe('a control plane leaves no process and no file', () => {
  beforeEach(() => {
    starter = spawn(process.execPath, [main], {
      detached: true,
      env: { ...process.env, TMPDIR: temporary },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    said = '';
    for (const stream of [starter.stdout, starter.stderr]) stream?.on('data', (chunk) => (said += chunk));
  });

  test('after Ctrl-C', async () => {
    await isReady();
    signalGroupOf(starter, 'SIGINT');
    await nothingIsLeft();
    await exitedWith(0);
  });

  test('after its starter was killed', async () => {
    await isReady();
    signalGroupOf(starter, 'SIGKILL');
    await nothingIsLeft();
  });

  test('after its starter was killed while it started', async () => {
    await runs('kube-apiserver');
    signalGroupOf(starter, 'SIGKILL');
    await nothingIsLeft();
  });

  test('after a signal to its supervisor and its programs at once', async () => {
    await isReady();
    await signal('supervisor.ts', 'SIGTERM', 'group');
    await nothingIsLeft();
  });

  test('after its supervisor was killed, and the starter says so', async () => {
    await isReady();
    await signal('supervisor.ts', 'SIGKILL');
    await nothingIsLeft();
    await exitedWith(1);
    await expect.poll(() => said).toContain('the supervisor of the control plane ended: SIGKILL');
  });

  test('after one of its programs was killed, and the starter shows the log of that program', async () => {
    await isReady();
    await signal('etcd', 'SIGKILL');
    await nothingIsLeft();
    await exitedWith(1);
    await expect.poll(() => said).toMatch(/etcd was ended by SIGKILL\s+The end of the log of etcd:/);
  });
});

test('a control plane starts with other ports when one was taken meanwhile', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const address = other.address();
  const taken = address !== null && typeof address === 'object' ? address.port : 0;
  const offered: Ports[] = [];
  const stop = new AbortController();
  const used = Promise.withResolvers<string>();
  const running = runControlPlane({
    files: await ensureBinaries(programs),
    stop: stop.signal,
    clock: systemClock,
    onReady: ({ url }) => used.resolve(url),
    ports: async () => {
      const free = await findPorts();
      offered.push(offered.length === 0 ? { ...free, apiServer: taken } : free);
      return offered.at(-1) ?? free;
    },
  });
  try {
    const url = await Promise.race([used.promise, running]);
    expect(url).toBe(`https://127.0.0.1:${offered[1]?.apiServer}`);
  } finally {
    stop.abort();
    await running;
    other.close();
  }
});

const isReady = () => expect.poll(() => said, { timeout: 60_000 }).toContain('Ctrl-C stops it');

const runs = (name: string) => expect.poll(() => pidOf(name), { timeout: 60_000, interval: 20 }).not.toBeUndefined();

/** The end of the process is known here a moment after it is gone from the list of processes. */
const exitedWith = (code: number) => expect.poll(() => starter.exitCode, { timeout: 5_000 }).toBe(code);

async function nothingIsLeft(): Promise<void> {
  await expect.poll(() => ownProcesses(), { timeout: 30_000, interval: 100 }).toEqual([]);
  await expect.poll(() => readdir(temporary), { timeout: 5_000 }).toEqual([]);
}

const isRunning = (child: ChildProcess) => child.exitCode === null && child.signalCode === null;

/** Signals the whole process group, as a terminal does on Ctrl-C. */
function signalGroupOf(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined || !isRunning(child)) throw new Error('the starter is not running');
  process.kill(-child.pid, signal);
}

async function signal(name: string, signalName: NodeJS.Signals, whom: 'process' | 'group' = 'process'): Promise<void> {
  const pid = await pidOf(name);
  if (pid === undefined) throw new Error(`${name} does not run`);
  process.kill(whom === 'group' ? -pid : pid, signalName);
}

async function pidOf(name: string): Promise<number | undefined> {
  const program = new RegExp(`^(\\S*/node )?\\S*/${name} `);
  return (await ownProcesses()).find(({ command }) => program.test(command))?.pid;
}

/** All processes that name the temporary folder in their arguments or, where Linux shows it, in their environment. */
async function ownProcesses(): Promise<{ readonly pid: number; readonly command: string }[]> {
  const all = existsSync('/proc/self/environ') ? await readProc() : readPs();
  return all.filter(({ command, environment }) => (command + environment).includes(temporary));
}

async function readProc() {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  // A process may end meanwhile.
  const read = (pid: string, file: string) => readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '');
  return Promise.all(
    pids.map(async (pid) => ({
      pid: Number(pid),
      command: (await read(pid, 'cmdline')).replaceAll('\0', ' '),
      environment: await read(pid, 'environ'),
    })),
  );
}

function readPs() {
  const lines = execFileSync('ps', ['-A', '-ww', '-o', 'pid=,args='], { encoding: 'utf8' }).trim().split('\n');
  return lines.map((line) => {
    const [pid = '', ...command] = line.trim().split(/\s+/);
    return { pid: Number(pid), command: `${command.join(' ')} `, environment: '' };
  });
}
