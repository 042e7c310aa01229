import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';

const telemetry = new URL('../../../operator/telemetry/', import.meta.url);

/** Runs a process that logs as the operator does, and then does what `code` says. */
function run(code: string): { status: number | null; lines: string[]; stderr: string } {
  const program = `
    import { createLog } from '${new URL('log.ts', telemetry)}';
    import { endOnUncaught } from '${new URL('uncaught.ts', telemetry)}';
    endOnUncaught(createLog('info'));
    setTimeout(() => {}, 60_000);
    ${code}`;
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', program], {
    encoding: 'utf8',
    timeout: 15_000,
  });
  return { status, lines: stdout.trim().split('\n'), stderr };
}

test.each([
  ['an exception', "setTimeout(() => { throw new Error('boom'); }, 1);", 'uncaughtException'],
  ['a rejection', "void Promise.reject(new Error('boom'));", 'unhandledRejection'],
])('%s that nobody caught ends the process with one line in the log', (_, code, origin) => {
  const { status, lines, stderr } = run(code);
  expect([status, stderr]).toEqual([1, '']);
  expect(lines.map((line) => JSON.parse(line))).toEqual([
    expect.objectContaining({ level: 'fatal', origin, err: expect.objectContaining({ message: 'boom' }) }),
  ]);
});

test('so does a rejection with what is no error', () => {
  const { status, lines } = run("void Promise.reject('boom');");
  expect(status).toBe(1);
  expect(JSON.parse(lines.join('\n'))).toMatchObject({
    level: 'fatal',
    err: { message: expect.stringContaining('boom') },
  });
});
