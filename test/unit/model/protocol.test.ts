import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { readerOf, writerInto } from '../../model/bytes.ts';
import { explore } from '../../model/explore.ts';
import { placementModel } from '../../model/protocol/model.ts';
import { protocol } from '../../model/protocol/rules.ts';
import type { Flight, Order, World } from '../../model/protocol/state.ts';
import { markdown, rowOfVariant, rowsIn } from '../../model/tables.ts';
import { variantNames, variants } from '../../model/variants.ts';

const documented = rowsIn(readFileSync('docs/at-most-once-model.md', 'utf8'));

describe('the placement protocol, in every state that can be reached', () => {
  test.each(variantNames)('holds with %s, and the documentation has its counts', { timeout: 120_000 }, (name) => {
    const result = explore(placementModel({ rules: protocol, bounds: variants[name].bounds }), 1_000_000);
    expect(result.counterexample).toBeUndefined();
    expect(documented).toContain(markdown(rowOfVariant(name, result)));
  });
});

test.each(variantNames)('a state of %s is read back as it was written', (name) => {
  const model = placementModel({ rules: protocol, bounds: variants[name].bounds });
  let level = [model.initial];
  for (let depth = 0; depth < 12; depth += 1) {
    const successors = level.flatMap((state) => model.next(state).map((step) => step.state));
    // A few of each level: what is far away is more than what is near.
    level = successors.filter((_, index) => index % Math.ceil(successors.length / 50) === 0);
    for (const state of level) {
      const bytes = new Uint8Array(256);
      model.write(state, writerInto(bytes));
      expect(model.read(readerOf(bytes))).toEqual(state);
    }
  }
});

describe('no state is left out: the exploration fails instead', () => {
  const model = placementModel({ rules: protocol, bounds: variants.leaders.bounds });
  const leaders = model.initial.leaders.map((leader) => ({ ...leader, at: 'IntentStands' }) as const);
  const flight: Flight = { request: 0, attempt: 0, signature: 0, waiting: undefined, backed: true };
  const order: Order = {
    ...{ request: 0, attempt: 0, about: 'Server', backed: true },
    ...{ state: 'Processing', accepted: 0, ended: 0 },
  };

  test.each<[string, Partial<World>]>([
    ['when a fourth call would leave', { leaders, flights: [flight, flight, flight] }],
    ['when the cloud would accept a fifth order', { flights: [flight], orders: [order, order, order, order] }],
  ])('%s', (_, world) => {
    expect(() => model.next({ ...model.initial, ...world })).toThrow('more than');
  });
});
