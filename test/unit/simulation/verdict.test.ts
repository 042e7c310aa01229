import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { seconds } from '../../../operator/clock.ts';
import { judge } from '../../simulation/verdict.ts';

const simulation = new URL('../../simulation/', import.meta.url);
const run = (args: readonly string[]) => spawnSync(process.execPath, args, { encoding: 'utf8', timeout: 15_000 });

test('what a world throws did not hold in it, as what was found before, and its story remains', async () => {
  const verdict = await judge(7, true, async (schedule, fail) => {
    schedule.after(seconds(2), () => fail(['an order was lost']));
    schedule.after(seconds(3), () => schedule.tell('op', () => 'asks for what is not there'));
    schedule.after(seconds(3), () => {
      throw new Error('boom');
    });
    await schedule.run(seconds(10));
    return { orders: 1 };
  });
  expect(verdict).toMatchObject({
    seed: 7,
    violations: ['2.000 s: an order was lost', '3.000 s: the world ended: Error: boom'],
    counts: {},
  });
  expect(verdict.story).toEqual([
    expect.stringMatching(/2\.000 .* VIOLATED: an order was lost$/),
    expect.stringContaining('asks for what is not there'),
    expect.stringContaining('the world ended: Error: boom'),
    expect.stringContaining('VIOLATED: the world ended: Error: boom'),
  ]);
});

// In a process of its own: the test runner also fails for what nobody caught.
test.each([
  ['a rejection', "void Promise.reject(new Error('boom'));"],
  ['an exception', "process.nextTick(() => { throw new Error('boom'); });"],
  ['a rejection just when it ends', "void Promise.reject(new Error('boom')); throw new Error('bang');"],
])('what nobody caught did not hold in the world that was under way: %s', (_, code) => {
  const program = `
    import { judge } from '${new URL('verdict.ts', simulation)}';
    const stray = async (schedule) => {
      schedule.after(2_000, () => { ${code} });
      await schedule.run(2_000);
      return {};
    };
    const sound = async () => ({});
    const verdicts = [await judge(1, false, sound), await judge(2, false, stray), await judge(3, false, sound)];
    console.log(JSON.stringify(verdicts.map(({ violations }) => violations)));`;
  const { stdout, stderr } = run(['--input-type=module', '--eval', program]);
  expect(stderr).toBe('');
  const [first, second, third] = JSON.parse(stdout);
  expect([first, third]).toEqual([[], []]);
  expect(second).toContain('2.000 s: nobody caught: Error: boom');
});

test('the run names the seed of a world that throws, and tells its story', () => {
  const breakIt = `
    import { registerHooks } from 'node:module';
    registerHooks({
      load: (url, context, next) => {
        const loaded = next(url, context);
        if (!url.endsWith('/simulation/machine-room.ts')) return loaded;
        const source = String(loaded.source).replace('room.isCalm = true;', "throw new Error('boom');");
        return { ...loaded, source };
      },
    });`;
  const args = ['--import', `data:text/javascript,${encodeURIComponent(breakIt)}`];
  const main = new URL('main.ts', simulation).pathname;
  const { status, stdout } = run([...args, main, '--first', '5', '--seeds', '3', '--workers', '1']);
  expect(status).toBe(1);
  const [, story] = stdout.split('In the world of seed 5 something did not hold.');
  expect(story).toMatch(/ op-0\.0 +starts\n/);
  expect(story).toMatch(/^VIOLATED at [\d.]+ s: the world ended: Error: boom$/m);
});
