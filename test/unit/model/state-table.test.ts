import { expect, test } from 'vitest';
import { createStateTable } from '../../model/state-table.ts';

test('each state has one number, however many there are', () => {
  const table = createStateTable();
  const states = Array.from({ length: 20_000 }, (_, index) => Uint8Array.of(index & 255, index >> 8, 7));
  expect(states.map((state) => table.add(state))).toEqual(states.map((_, index) => index));
  expect(states.map((state) => table.add(state))).toEqual(states.map((_, index) => index));
  expect(table.size).toBe(20_000);
  expect(table.get(4_321)).toEqual(states[4_321]);
  expect(table.find(Uint8Array.of(1, 2))).toBeUndefined();
});
