import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { permissions } from '../../../operator/huaweicloud/permissions.ts';

const root = `${import.meta.dirname}/../../..`;
const page = readFileSync(`${root}/docs/cloud-api-traps.md`, 'utf8');

/** The last cells of the first table: a file below test/unit, and the title of a test in it. */
const named = [...page.matchAll(/\| ([\w/-]+): `([^`]+)` +\|$/gm)].map(([, file = '', title = '']) => ({
  file,
  title,
}));
const rowsOfTraps = page.slice(0, page.indexOf('## How a list')).match(/^\| (?!-|what the cloud does)/gm) ?? [];

test('every trap names a test', () => {
  expect(named.length).toBeGreaterThan(40);
  expect(named).toHaveLength(rowsOfTraps.length);
});

test.each(named)('there is a test "$title" in $file', ({ file, title }) => {
  const source = readFileSync(`${root}/test/unit/${file}.test.ts`, 'utf8');
  const titles = source.matchAll(/(?:\btest|\))\(\s*(?:'([^']+)'|"([^"]+)"),/g);
  expect([...titles].map(([, single, double]) => single ?? double)).toContain(title);
});

test('it is told of every read how it is known to be whole', () => {
  const told = [...page.matchAll(/^\| `(\w+\.\w+)` +\|/gm)].map(([, call]) => call);
  const reads = Object.entries(permissions).flatMap(([call, { use }]) => (use === 'Order' ? [] : [call]));
  expect(told.sort()).toEqual(reads.sort());
});
