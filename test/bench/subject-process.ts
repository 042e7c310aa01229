import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { type Milliseconds, milliseconds, systemClock } from '../../operator/clock.ts';
import type { Collection } from './collection.ts';
import type { Subject } from './subjects.ts';

/** A subject at work. Disposing of it kills it, if it has not ended. */
export interface SubjectProcess extends Disposable {
  readonly pid: number;
  readonly startedAt: Milliseconds;
  /** Resolves with the time of its line that it is synced. Rejects when it ends before. */
  readonly synced: Promise<Milliseconds>;
  /** Aborts, with what it said, when it ends before it is told to. */
  readonly failed: AbortSignal;
  /** Tells it to end and waits for that. Gives how many connections it has opened, and how long the end took. */
  stop(): Promise<{ connections: number; took: Milliseconds }>;
}

export interface Workload {
  kubeconfig: string;
  collection: Pick<Collection, 'group' | 'version' | 'plural'>;
  finalizer: string;
  concurrency: number;
}

const lineSchema = z.discriminatedUnion('event', [
  z.object({ event: z.literal('synced') }),
  z.object({ event: z.literal('stopped'), connections: z.number() }),
]);

/** Starts a subject on all objects of a collection. It is killed when the signal aborts. */
export function startSubject({ name, command }: Subject, workload: Workload, signal: AbortSignal): SubjectProcess {
  const { kubeconfig, collection, finalizer, concurrency } = workload;
  const { group, version, plural } = collection;
  const [file, ...args] = command;
  const flags = { group, version, plural, finalizer, concurrency: String(concurrency) };
  const startedAt = systemClock.elapsed();
  const child = spawn(file, [...args, ...Object.entries(flags).flatMap(([flag, value]) => [`--${flag}`, value])], {
    env: { PATH: process.env['PATH'], KUBECONFIG: kubeconfig },
    stdio: ['ignore', 'pipe', 'pipe'],
    signal,
    killSignal: 'SIGKILL',
  });
  const synced = Promise.withResolvers<Milliseconds>();
  const failed = new AbortController();
  const said: string[] = [];
  let connections = 0;
  let stopping = false;

  createInterface({ input: child.stderr }).on('line', (line) => said.push(line));
  createInterface({ input: child.stdout }).on('line', (line) => {
    const told = lineSchema.parse(JSON.parse(line));
    if (told.event === 'synced') synced.resolve(systemClock.elapsed());
    else connections = told.connections;
  });
  const fail = (reason: unknown) => {
    failed.abort(reason);
    synced.reject(reason);
  };
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
  child.once('error', (error) => fail(signal.aborted ? signal.reason : error));
  child.once('close', (code, ending) => {
    if (!stopping) fail(new Error(`${name} ended by itself (${ending ?? code}):\n${said.slice(-20).join('\n')}`));
  });
  // Whoever waits for something else is told by `failed`.
  synced.promise.catch(() => undefined);
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  void closed.then(() => process.removeListener('exit', kill));

  return {
    pid: child.pid ?? 0,
    startedAt,
    synced: synced.promise,
    failed: failed.signal,
    stop: async () => {
      stopping = true;
      const from = systemClock.elapsed();
      child.kill('SIGTERM');
      await closed;
      return { connections, took: milliseconds(systemClock.elapsed() - from) };
    },
    [Symbol.dispose]: kill,
  };
}
