import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { milliseconds, seconds, systemClock } from '../../../operator/clock.ts';
import { acquireLock } from '../../cluster/lock.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lock-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const acquire = (patience = milliseconds(0), onWait = () => {}) =>
  acquireLock(join(folder, 'a.lock'), { clock: systemClock, patience, onWait });

describe('the lock', () => {
  test('has one holder at a time', async () => {
    using _held = await acquire();
    await expect(acquire()).rejects.toThrow('is held by another process');
  });

  test('is free again when its holder releases it', async () => {
    {
      using _held = await acquire();
    }
    using _again = await acquire();
    await expect(acquire()).rejects.toThrow('is held by another process');
  });

  test('goes to the one who waits, and waiting is said once', async () => {
    const held = await acquire();
    let waits = 0;
    const next = acquire(seconds(10), () => {
      waits++;
    });
    await systemClock.sleep(milliseconds(600));
    held[Symbol.dispose]();
    using _next = await next;
    expect(waits).toBe(1);
  });

  test('is free again when the process that held it was killed', async () => {
    const holder = spawn(process.execPath, ['--input-type=module', '--eval', holdForever(join(folder, 'a.lock'))], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    try {
      await once(holder.stdout, 'data');
      await expect(acquire()).rejects.toThrow('is held by another process');
    } finally {
      holder.kill('SIGKILL');
    }
    await once(holder, 'exit');
    using _lock = await acquire();
    await expect(acquire()).rejects.toThrow('is held by another process');
  });
});

const holdForever = (path: string) => `
  import { acquireLock } from ${JSON.stringify(join(import.meta.dirname, '../../cluster/lock.ts'))};
  import { seconds, systemClock } from ${JSON.stringify(join(import.meta.dirname, '../../../operator/clock.ts'))};
  globalThis.lock = await acquireLock(${JSON.stringify(path)}, { clock: systemClock, patience: seconds(5) });
  console.log('held');
  setInterval(() => {}, 1_000);
`;
