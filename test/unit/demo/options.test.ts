import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { readOptions, UsageError } from '../../demo/options.ts';

const read = (...args: string[]) => readOptions(args, () => 42);

test('without options the demo plays once, on a cluster of its own', () => {
  expect(read()).toEqual({ help: false, keep: false, kubeconfig: undefined, chaos: undefined });
});

test('every option is understood', () => {
  expect(read('--help').help).toBe(true);
  expect(read('--keep').keep).toBe(true);
  expect(read('--kubeconfig', 'here/config').kubeconfig).toBe(resolve('here/config'));
});

test.each<[string[], number]>([
  [['--chaos', '7'], 7],
  [['--chaos=7'], 7],
  [['--chaos', '--keep'], 42],
  [['--keep', '--chaos'], 42],
])('%j makes chaos by the seed %i', (args, seed) => {
  expect(read(...args).chaos).toBe(seed);
});

test.each([['7'], ['--chaos', 'x'], ['--chaos', '1', '2'], ['--unknown'], ['--kubeconfig'], ['--chaos=']])(
  'refuses %j %j, and says what to write',
  (...args) => {
    expect(() => read(...args)).toThrow(UsageError);
  },
);
