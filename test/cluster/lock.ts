import { DatabaseSync } from 'node:sqlite';
import { type Clock, type Milliseconds, milliseconds } from '../../operator/clock.ts';

/** SQLITE_BUSY: somebody else holds the lock. Source: https://sqlite.org/rescode.html#busy */
const busy = 5;

const retryAfter = milliseconds(250);

export interface LockOptions {
  readonly clock: Clock;
  /** How long to wait for the present holder before giving up. */
  readonly patience: Milliseconds;
  /** Called once, when the lock turns out to be held by somebody else. */
  readonly onWait?: () => void;
}

/**
 * Takes the lock at `path` among all processes of this machine; disposing of the result releases it. The file stays.
 *
 * The kernel holds the lock for an open file (an exclusive SQLite transaction), so it ends with its holder, even one that
 * was killed: no process id to check, which could belong to another process by now. Node itself has no call to lock a file.
 * @throws when the lock is still held after `patience`, or the file cannot be opened.
 */
export async function acquireLock(path: string, { clock, patience, onWait }: LockOptions): Promise<Disposable> {
  const giveUpAt = clock.elapsed() + patience;
  for (let waits = 0; ; waits++) {
    const lock = tryLock(path);
    if (lock !== undefined) return lock;
    if (clock.elapsed() >= giveUpAt) throw new Error(`the lock ${path} is held by another process since too long`);
    if (waits === 0) onWait?.();
    await clock.sleep(retryAfter);
  }
}

function tryLock(path: string): Disposable | undefined {
  const database = new DatabaseSync(path);
  try {
    database.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    if (error instanceof Error && 'errcode' in error && error.errcode === busy) return undefined;
    throw error;
  }
  return { [Symbol.dispose]: () => database.close() };
}
