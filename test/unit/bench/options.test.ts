import { expect, test } from 'vitest';
import { readOptions } from '../../bench/options.ts';

test('without options it measures all subjects with three sizes, the smallest most often', () => {
  const { subjects, sizes } = readOptions([]);
  expect(subjects).toContain('floor');
  expect(subjects).toHaveLength(5);
  expect(sizes.map(({ size }) => size)).toEqual([1_000, 5_000, 10_000]);
  expect(sizes[0]?.rounds).toBe(5);
});

test('the last number of rounds counts for all sizes that follow', () => {
  const { sizes } = readOptions(['--sizes', '10,20,30', '--rounds', '4,2']);
  expect(sizes).toEqual([
    { size: 10, rounds: 4 },
    { size: 20, rounds: 2 },
    { size: 30, rounds: 2 },
  ]);
});

test('what it does not understand is refused by name', () => {
  expect(() => readOptions(['--subjects', 'ours,theirs'])).toThrow('"theirs"');
  expect(() => readOptions(['--sizes', '0'])).toThrow('"0"');
  expect(() => readOptions(['--sizes', '1e3x'])).toThrow('"1e3x"');
  expect(() => readOptions(['--quick'])).toThrow('--quick');
});
