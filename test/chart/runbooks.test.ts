import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { usage } from '../../operator/config.ts';
import { runbooks, textOf } from '../runbooks/commands.ts';
import { alerts } from './queries.ts';
import { readValuesSchema } from './values-schema.ts';

const root = join(import.meta.dirname, '../..');
const folder = join(root, 'docs/runbooks');

/** Every word of the definitions: kinds, conditions, reasons, fields. */
const words = new Set(
  ['operator/api', 'operator/inventory'].flatMap((path) =>
    readdirSync(join(root, path)).flatMap(
      (file) => readFileSync(join(root, path, file), 'utf8').match(/[A-Za-z]+/g) ?? [],
    ),
  ),
);

const sources = readdirSync(join(root, 'operator'), { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => readFileSync(join(root, 'operator', file), 'utf8'))
  .join('\n');

/** What the alert itself says. */
const describing = (runbook: string): string =>
  alerts().find(({ alert }) => alert === runbook)?.annotations['description'] ?? '';

test('there is a runbook for each alert, and none besides', () => {
  expect(runbooks).toEqual(
    alerts()
      .map(({ alert }) => alert)
      .sort(),
  );
});

// Their commands are run by test/integration/operator/on-call.test.ts.
describe.each(runbooks)('the runbook %s', (runbook) => {
  const text = textOf(runbook);

  test('is titled by its alert, and says what it costs, where to look and what to do', () => {
    expect(text.split('\n')[0]).toBe(`# ${runbook}`);
    expect(text).toMatch(/\n\*\*What it costs\.\*\* \S[\s\S]*\n## Look\n[\s\S]*\n## Do\n/);
  });

  test('leads to pages that are there', () => {
    const links = [...text.matchAll(/\]\(([^)#]+)/g)].map(([, path = '']) => path);
    expect(links.filter((path) => !existsSync(join(folder, path)))).toEqual([]);
  });

  test('names only conditions, reasons and kinds that there are', () => {
    const named = [...text.matchAll(/`([A-Z][a-z]+[A-Za-z]*)`/g)].map(([, name = '']) => name);
    // Of Kubernetes itself.
    const known = new Set([...words, 'NetworkPolicy', 'Terminating']);
    expect(named.filter((name) => !known.has(name))).toEqual([]);
  });

  test('looks through the log by words that the operator writes', () => {
    const looked = [...text.matchAll(/ logs [^|\n]*\| grep '([a-z][^']+)'/g)].map(([, wanted = '']) => wanted);
    expect(looked.filter((wanted) => !sources.includes(wanted))).toEqual([]);
  });

  test('names only values that the chart has, and flags that the operator has', () => {
    const values = [...text.matchAll(/`(\w+)(?:: [^`]*)?` (?:of|in) the chart/g)].map(([, name = '']) => name);
    expect(values.filter((name) => readValuesSchema().properties?.[name] === undefined)).toEqual([]);
    const own = [text.replaceAll(/```[\s\S]*?```|`kubectl [^`]*`/g, ''), describing(runbook)].join('\n');
    const flags = [...own.matchAll(/--[a-z][a-z-]+/g)].map(([name]) => name);
    expect(flags.filter((name) => !usage().includes(`${name} `))).toEqual([]);
  });
});
