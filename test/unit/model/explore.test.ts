import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { explore, type Model, type Step, TooManyStatesError } from '../../model/explore.ts';

/** Two jugs, of 3 and of 5 litres: the riddle of how to measure 4, whose shortest solution has six steps. */
interface Jugs {
  small: number;
  large: number;
}

const jugs: Model<Jugs> = {
  initial: { small: 0, large: 0 },
  next: ({ small, large }) => {
    const poured = Math.min(small, 5 - large);
    const back = Math.min(large, 3 - small);
    return [
      step('fill 3', { small: 3, large }),
      step('fill 5', { small, large: 5 }),
      step('empty 3', { small: 0, large }),
      step('empty 5', { small, large: 0 }),
      step('3 to 5', { small: small - poured, large: large + poured }),
      step('5 to 3', { small: small + back, large: large - back }),
    ];
  },
  violation: ({ large }) => (large === 4 ? 'four litres' : undefined),
  isEnd: () => true,
  write: ({ small, large }, to) => {
    to.count(small);
    to.count(large);
  },
  read: (from) => ({ small: from.count(), large: from.count() }),
};

function step<State>(label: string, state: State): Step<State> {
  return { label, state, fault: false };
}

/** A model of numbered states, by its edges. */
interface Edges {
  edges: readonly (readonly [from: number, to: number, fault: boolean])[];
  bad?: number;
  ends: readonly number[];
}

const graph = ({ edges, bad, ends }: Edges): Model<number> => ({
  initial: 0,
  next: (state) =>
    edges.filter(([from]) => from === state).map(([from, to, fault]) => ({ label: `${from}>${to}`, state: to, fault })),
  violation: (state) => (state === bad ? 'bad' : undefined),
  isEnd: (state) => ends.includes(state),
  write: (state, to) => to.count(state),
  read: (from) => from.count(),
});

describe('the checker', () => {
  test('finds the known shortest way to a violation', () => {
    const { counterexample } = explore(jugs, 1_000);
    expect(counterexample).toEqual({
      kind: 'Violation',
      what: 'four litres',
      trace: ['fill 5', '5 to 3', 'empty 3', '5 to 3', 'fill 5', '5 to 3'],
    });
  });

  test('counts what there is when nothing is wrong', () => {
    const fine = explore({ ...jugs, violation: () => undefined }, 1_000);
    expect(fine).toEqual({ states: 16, transitions: 96, depth: 7, counterexample: undefined });
  });

  test('finds a state from which only a fault leads to an end', () => {
    const edges = [
      [0, 1, false],
      [0, 3, false],
      [1, 2, false],
      [2, 1, false],
      [2, 3, true],
    ] as const;
    expect(explore(graph({ edges, ends: [3] }), 10).counterexample).toMatchObject({
      kind: 'NoEndInReach',
      trace: ['0>1'],
    });
    const mended = [...edges, [2, 3, false]] as const;
    expect(explore(graph({ edges: mended, ends: [3] }), 10).counterexample).toBeUndefined();
  });

  test('takes states that differ only by names for one, and tells the trace with the names as they were', () => {
    const pair: Model<readonly [number, number]> = {
      initial: [0, 0],
      next: ([a, b]) => [step('left', [a + 1, b] as const), step('right', [a, b + 1] as const)],
      violation: ([a, b]) => (a + b === 3 && Math.abs(a - b) === 3 ? 'apart' : undefined),
      isEnd: () => true,
      canonical: ([a, b]) => (a < b ? [b, a] : [a, b]),
      write: ([a, b], to) => {
        to.count(a);
        to.count(b);
      },
      read: (from) => [from.count(), from.count()],
    };
    const { counterexample, states } = explore(pair, 100);
    expect(counterexample?.trace).toEqual(['left', 'left', 'left']);
    expect(states).toBe(6);
  });

  test('proves nothing of a model that is too large', () => {
    const endless: Model<number> = { ...graph({ edges: [], ends: [] }), next: (state) => [step('on', state + 1)] };
    expect(() => explore(endless, 20)).toThrow(TooManyStatesError);
  });

  test('agrees with a naive search on any graph', () => {
    const node = fc.nat({ max: 11 });
    const edges = fc.array(fc.tuple(node, node, fc.boolean()), { maxLength: 40 });
    const graphs = fc.record({ edges, bad: node, ends: fc.uniqueArray(node) });
    fc.assert(
      fc.property(graphs, (each) => {
        const found = explore(graph(each), 100).counterexample;
        const distances = distancesFrom(0, each.edges);
        const toBad = distances.get(each.bad);
        if (toBad !== undefined) {
          expect(found?.kind).toBe('Violation');
          expect(found?.trace).toHaveLength(toBad);
          return;
        }
        const stranded = [...distances].filter(([state]) => !reachesEnd(state, each));
        expect(found?.kind).toBe(stranded.length === 0 ? undefined : 'NoEndInReach');
        if (stranded.length > 0)
          expect(found?.trace).toHaveLength(Math.min(...stranded.map(([, distance]) => distance)));
      }),
      { numRuns: 1_000 },
    );
  });
});

/** By relaxing every edge as often as there are states. */
function distancesFrom(start: number, edges: Edges['edges']): Map<number, number> {
  const distances = new Map([[start, 0]]);
  for (let round = 0; round < 12; round += 1) {
    for (const [from, to] of edges) {
      const distance = (distances.get(from) ?? Number.POSITIVE_INFINITY) + 1;
      if (distance < (distances.get(to) ?? Number.POSITIVE_INFINITY)) distances.set(to, distance);
    }
  }
  return distances;
}

function reachesEnd(state: number, { edges, ends }: Edges): boolean {
  const within = distancesFrom(
    state,
    edges.filter(([, , fault]) => !fault),
  );
  return ends.some((end) => within.has(end));
}
