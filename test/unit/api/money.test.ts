import fc from 'fast-check';
import { expect, test } from 'vitest';
import { sum } from '../../../operator/api/money.ts';

test.each([
  [[], '0.00'],
  [['12'], '12.00'],
  [['0.1', '0.2'], '0.30'],
  [['1.005', '1'], '2.005'],
  [['999999999999999.99', '0.01'], '1000000000000000.00'],
  [['0.000001', '0.000002'], '0.000003'],
])('the sum of %j is %s', (amounts, total) => {
  expect(sum(amounts)).toBe(total);
});

test('no cent is lost, whatever the amounts and their order', () => {
  fc.assert(
    fc.property(fc.array(fc.bigInt({ min: 0n, max: 10n ** 12n })), (cents) => {
      const text = (value: bigint) => `${value / 100n}.${`${value % 100n}`.padStart(2, '0')}`;
      const total = cents.reduce((running, value) => running + value, 0n);
      expect(sum(cents.map(text))).toBe(text(total));
      expect(sum(cents.map(text).reverse())).toBe(text(total));
    }),
  );
});

test('what is not an amount is an error, never zero', () => {
  expect(() => sum(['1', ''])).toThrow();
  expect(() => sum(['1,5'])).toThrow();
});
