import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { explore } from '../../model/explore.ts';
import { mutated, mutations } from '../../model/mutations.ts';
import { placementModel } from '../../model/protocol/model.ts';
import { markdown, rowOfMutation, rowsIn } from '../../model/tables.ts';

const documented = rowsIn(readFileSync('docs/at-most-once-model.md', 'utf8'));

describe('with one rule of the protocol broken', () => {
  const found = mutations.filter(({ harmless }) => harmless === undefined);
  test.each(found)('the model finds that $name', { timeout: 120_000 }, (mutation) => {
    const result = explore(placementModel(mutated(mutation)), 1_000_000);
    expect(result.counterexample).toBeDefined();
    expect(documented).toContain(markdown(rowOfMutation(mutation, result)));
  });

  const harmless = mutations.filter(({ harmless: why }) => why !== undefined);
  test.each(harmless)('the model shows no harm in that $name', { timeout: 120_000 }, (mutation) => {
    const result = explore(placementModel(mutated(mutation)), 1_000_000);
    expect(result.counterexample).toBeUndefined();
    expect(documented).toContain(markdown(rowOfMutation(mutation, result)));
  });

  test('the documentation lists these and no others', () => {
    const names = new Set(mutations.map(({ name }) => name));
    const rows = documented.map((row) => row.split(' | ')[0]?.slice(2) ?? '');
    const start = rows.indexOf('what is done instead');
    expect(rows.slice(start + 2)).toEqual([...names]);
  });
});
