import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { mutations } from '../../simulation/mutations/list.ts';

const occurrences = (text: string, part: string): number => text.split(part).length - 1;

test.each(mutations)('the line that is broken stands exactly once: $name', ({ file, from, to }) => {
  const source = readFileSync(new URL(`../../../${file}`, import.meta.url), 'utf8');
  expect(occurrences(source, from)).toBe(1);
  expect(to).not.toBe(from);
});

test('each sabotage has a name of its own', () => {
  const names = mutations.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
});

test('the document says of each in which world it is found', () => {
  const document = readFileSync(new URL('../../../docs/at-most-once.md', import.meta.url), 'utf8');
  const section = document.slice(document.indexOf('## Sabotages'));
  const rows = [...section.matchAll(/^\| (?!sabotage )(.+?) +\| +(\S.*?) \|/gm)].filter(
    ([, name = '']) => !name.startsWith('-'),
  );
  expect(rows.map(([, name]) => name)).toEqual(mutations.map(({ name }) => name));
  // The bound within which each has to be found: that of `npm test`.
  const late = rows.filter(([, , world]) => !(Number(world) <= 20_000)).map(([, name, world]) => [name, world]);
  expect(late).toEqual([]);
});

// All of them take an hour. Of these each is found within a few worlds: worlds in which nothing happens any more would not show them.
test.concurrent.each([
  'no intent is written',
  'a call without an answer is sent again at once',
  'a lost call is settled at once',
])('the worlds still find a sabotage: %s', { timeout: 120_000 }, async (name) => {
  const script = new URL('../../simulation/mutations/main.ts', import.meta.url).pathname;
  const { stdout } = await promisify(execFile)(process.execPath, [script, '--only', name, '--seeds', '60']);
  expect(stdout).toMatch(new RegExp(`^\\| ${name} \\| \\d+ \\| .+ \\|$`, 'm'));
});
