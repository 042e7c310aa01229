import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const operator = join(import.meta.dirname, '../../../../operator');
const sources = new Map(
  globSync('**/*.ts', { cwd: operator }).map((path) => [path, readFileSync(join(operator, path), 'utf8')]),
);

/** The files of the operator in which the expression matches. */
const filesWith = (expression: RegExp): string[] =>
  [...sources].flatMap(([path, source]) => (expression.test(source) ? [path] : [])).sort();

// Types keep out what is not proven (`test/types/unsafe-placement.ts`); these keep out a second way.

test.each([
  ['sendUnsubscription', ['huaweicloud/billing-unsubscribe.ts', 'unsubscription/placement/send.ts']],
  ['signUnsubscription', ['huaweicloud/billing-unsubscribe.ts', 'unsubscription/placement/intent.ts']],
  ['recordIntent', ['unsubscription/placement/intent.ts', 'unsubscription/placement/place.ts']],
  ['openOrderChannel', ['huaweicloud/account.ts', 'huaweicloud/order-channel.ts']],
])('%s is named only where it is made, and where the one way to the cloud goes through', (name, files) => {
  // A name in backquotes is a comment.
  expect(filesWith(new RegExp(`(?<!\`)\\b${name}\\b`))).toEqual(files);
});

test('what may send is imported by the one file that goes on with it', () => {
  expect(filesWith(/['"`][^'"`]*\/order-channel\.ts['"`]/)).toEqual([
    'huaweicloud/account.ts',
    'huaweicloud/billing-unsubscribe.ts',
  ]);
  expect(filesWith(/['"`][^'"`]*\/send\.ts['"`]/)).toEqual(['unsubscription/placement/place.ts']);
});

test('the address of the call that orders stands in one file', () => {
  expect(filesWith(/['"`/]unsubscribe['"`/]/)).toEqual(['huaweicloud/billing-unsubscribe.ts']);
});

test('no module is imported by a name that is worked out, or as a whole: an import says what it takes', () => {
  expect(filesWith(/\bimport\((?!\s*['"])|\bimport \* as/)).toEqual([]);
});

const proofs = 'Cleared|RecordedIntent|SignedUnsubscription|OrderChannel';

test('no proof is claimed by a cast, but where the signed order is made', () => {
  expect(
    filesWith(new RegExp(`\\bas (unknown as )?(readonly )?(${proofs})\\b|(?<!Promise)<(${proofs})>\\s*[({]`)),
  ).toEqual(['huaweicloud/billing-unsubscribe.ts']);
});

test('no proof is copied with something else in it, which the compiler would let pass', () => {
  expect(filesWith(/[{,]\s*\.\.\.(\w+\.)*(signed|signedOrder)\b(?!\.)/i)).toEqual([]);
  expect(filesWith(/\bObject\.assign\([^;]*\b(cleared|intent|signed|signedOrder)\b/i)).toEqual([]);
});
