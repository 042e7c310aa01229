import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compareResourceVersions } from '../../../operator/kubernetes/resource-version.ts';

test('well-formed versions compare as the integers that they are, however long', () => {
  const version = fc.bigInt({ min: 1n, max: 10n ** 40n });
  fc.assert(
    fc.property(version, version, (left, right) => {
      const order = compareResourceVersions(String(left), String(right));
      expect(Math.sign(order ?? Number.NaN)).toBe(left < right ? -1 : left > right ? 1 : 0);
    }),
  );
});

test.each(['', '0', '007', '-1', '1.5', 'abc', ' 1'])('%j cannot be compared with another version', (version) => {
  expect(compareResourceVersions(version, '5')).toBeUndefined();
  expect(compareResourceVersions('5', version)).toBeUndefined();
});

test('even versions of another form are the same as themselves', () => {
  expect(compareResourceVersions('abc', 'abc')).toBe(0);
});
