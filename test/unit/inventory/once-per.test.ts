import { expect, test } from 'vitest';
import { oncePer } from '../../../operator/inventory/once-per.ts';

test('works out once for each list, also what comes to undefined', () => {
  const asked: number[][] = [];
  const firstOf = oncePer((list: number[]) => {
    asked.push(list);
    return list[0];
  });
  const [some, none] = [[7, 8], []];
  expect([firstOf(some), firstOf(some), firstOf(none), firstOf(none), firstOf([7, 8])]).toEqual([
    7,
    7,
    undefined,
    undefined,
    7,
  ]);
  expect(asked).toEqual([some, none, [7, 8]]);
});
