import { expect, test } from 'vitest';
import { median, quantile } from '../../bench/statistics.ts';

test('the median is the middle value, or the mean of the middle two, in whatever order they come', () => {
  expect(median([9, 1, 5])).toBe(5);
  expect(median([10, 1, 2, 3])).toBe(2.5);
});

test('numbers are sorted as numbers', () => {
  expect(median([9, 10, 100])).toBe(10);
  expect(quantile([9, 10, 100], 1)).toBe(100);
});

test('a quantile is the value that this part of the values does not exceed', () => {
  const values = Array.from({ length: 200 }, (_, index) => 200 - index);
  expect(quantile(values, 0.5)).toBe(100);
  expect(quantile(values, 0.99)).toBe(198);
  expect(quantile(values, 1)).toBe(200);
  expect(quantile(values, 0)).toBe(1);
});

test('there is nothing to say of no values', () => {
  expect(median([])).toBeUndefined();
  expect(quantile([], 0.99)).toBeUndefined();
});
