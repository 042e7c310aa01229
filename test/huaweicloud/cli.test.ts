import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, it, onTestFinished } from 'vitest';
import { runCli } from './cli/run.ts';
import { demoWorld } from './demo-world.ts';
import { startHuaweiCloud } from './server.ts';

const CLI = new URL('./cli.ts', import.meta.url).pathname;
const aDemoCloud = async () => {
  const cloud = await startHuaweiCloud({ world: demoWorld() });
  onTestFinished(() => cloud.stop());
  return cloud;
};

/** Runs one command to its end, with what it said. */
async function cli(url: string | undefined, ...words: string[]): Promise<{ code: number; text: string }> {
  let text = '';
  const print = (more: string) => {
    text += `${more}\n`;
  };
  const code = await runCli(words, { environment: { HUAWEICLOUD_SIMULATOR_URL: url }, print, printError: print });
  return { code, text };
}

const firstUrl = async (child: ChildProcess): Promise<string> => {
  if (child.stdout === null) throw new Error('the command has no output');
  for await (const line of createInterface(child.stdout)) {
    const [url] = /http:\S+/.exec(line) ?? [];
    if (url !== undefined) return url;
  }
  throw new Error('the command printed no URL');
};

describe('the command line of the simulated cloud', () => {
  it('explains itself', async () => {
    const { code, text } = await cli(undefined, '--help');
    expect(code).toBe(0);
    for (const words of ['serve', 'vm migrate VM SERVER', 'fault add OPERATION KIND', 'HUAWEICLOUD_SIMULATOR_URL']) {
      expect(text).toContain(words);
    }
  });

  it('serves a world until it is told to stop', async () => {
    const child = spawn(process.execPath, [CLI, 'serve'], { stdio: ['ignore', 'pipe', 'inherit'] });
    const ended = once(child, 'exit');
    onTestFinished(() => void child.kill('SIGKILL'));
    const { text } = await cli(await firstUrl(child), 'server', 'list');
    expect(text).toMatch(/dcc-host-03 +DCC +available +yes +0/);
    child.kill('SIGINT');
    expect(await ended).toEqual([0, null]);
  });

  it('changes the world and shows it', async () => {
    const { url, faults } = await aDemoCloud();
    expect((await cli(url, 'vm', 'delete', 'web-01', '--now')).text).toBe('web-01 is gone\n');
    expect((await cli(url, 'vm', 'list')).text).not.toContain('web-01');
    await cli(url, 'server', 'thaw', 'dcc-host-03');
    expect((await cli(url, 'server', 'list')).text).not.toContain('yes');
    await cli(url, 'fault', 'add', 'billing.unsubscribe', 'reset', '--when', 'after', '--times', '1');
    expect(faults.list()).toMatchObject([
      { operation: 'billing.unsubscribe', times: 1, effect: { kind: 'reset', when: 'after' } },
    ]);
    expect((await cli(url, 'ledger')).text).toBe('Accepted\nnone\n\nRefused\nnone\n');
  });

  it('says what is wrong and what to do', async () => {
    const { url } = await aDemoCloud();
    expect(await cli(url, 'vm', 'delete', 'web-99')).toMatchObject({
      code: 1,
      text: expect.stringContaining('Choose one of: web-01'),
    });
    expect(await cli(url, 'vm', 'migrate', 'web-01')).toMatchObject({
      code: 1,
      text: expect.stringContaining('vm migrate VM SERVER'),
    });
    expect(await cli(url, 'explode')).toMatchObject({ code: 1, text: expect.stringContaining('--help') });
    expect(await cli(url, 'vm', 'list', '--x')).toMatchObject({ code: 1, text: expect.stringContaining("'--x'") });
    expect(await cli(undefined, 'ledger')).toMatchObject({ code: 1, text: expect.stringContaining('--url') });
    expect(await cli('http://127.0.0.1:9', 'ledger')).toMatchObject({
      code: 1,
      text: expect.stringContaining('serve'),
    });
    const { port } = new URL(url);
    expect(await cli(undefined, 'serve', '--port', port)).toMatchObject({
      code: 1,
      text: expect.stringContaining('taken'),
    });
    const badEffect = await cli(url, 'fault', 'add', '*', 'reset');
    expect(badEffect).toMatchObject({ code: 1, text: expect.stringContaining('effect.when') });
  });

  it('refuses a file that is no world, naming what is wrong in it', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'world-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const file = join(folder, 'world.json');
    await writeFile(file, JSON.stringify({ servers: [{ name: 'a' }] }));
    expect(await cli(undefined, 'serve', '--world', file)).toMatchObject({
      code: 1,
      text: expect.stringContaining('servers[0].resourceId'),
    });
    expect(await cli(undefined, 'serve', '--world', '/nowhere')).toMatchObject({
      code: 1,
      text: expect.stringContaining('cannot read /nowhere'),
    });
  });
});
