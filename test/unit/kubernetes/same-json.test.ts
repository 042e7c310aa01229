import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isSameJson } from '../../../operator/kubernetes/same-json.ts';

/** What isSameJson promises, at the price of writing and reading both. */
const asJson = (value: unknown): unknown => (value === undefined ? undefined : JSON.parse(JSON.stringify(value)));
const isSameByWriting = (left: unknown, right: unknown) => isDeepStrictEqual(asJson(left), asJson(right));

const leaf = fc.oneof(
  fc.constantFrom<unknown>(undefined, null, true, false, '', 'a', 0, -0, 1, Number.NaN, [], {}),
  fc.date(),
);
const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    leaf,
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom('a', 'b', 'c'), tie('value'), { maxKeys: 3, noNullPrototype: true }),
  ),
}));

test('it says what comparing the written JSON says', () => {
  fc.assert(
    fc.property(value, value, (left, right) => {
      expect(isSameJson(left, right)).toBe(isSameByWriting(left, right));
    }),
    { numRuns: 2_000 },
  );
});

test('a value is the same as what comes back of it, whatever the order of its members', () => {
  fc.assert(
    fc.property(value, (written) => {
      const returned = asJson(written);
      expect(isSameJson(written, returned)).toBe(true);
      expect(isSameJson(reversed(returned), written)).toBe(true);
    }),
  );
});

function reversed(json: unknown): unknown {
  if (Array.isArray(json)) return json.map(reversed);
  if (typeof json !== 'object' || json === null) return json;
  return Object.fromEntries(
    Object.entries(json)
      .reverse()
      .map(([name, member]) => [name, reversed(member)]),
  );
}
