import { expect, test } from 'vitest';
import { refundRates } from '../../operator/refund-rates.ts';

test('a table is read exactly, numbers and decimal texts alike', () => {
  const rates = refundRates.parse('{"unconditionalDays":5,"feePercent":{"monthly":[10],"3":[15,"12.5",5]}}');
  expect(rates.unconditionalDays).toBe(5);
  expect(rates.feePercent['3']?.map(String)).toEqual(['15', '12.5', '5']);
  expect(refundRates.parse('{"feePercent":{"1":[0]}}').unconditionalDays).toBe(0);
});

test.each([
  ['nonsense', 'is no JSON'],
  ['[]', 'expected object'],
  ['{}', 'feePercent:'],
  ['{"feePercent":{"1":[]}}', 'feePercent.1: write at least one percentage'],
  ['{"feePercent":{"1":10}}', 'feePercent.1:'],
  ['{"feePercent":{"1":[101]}}', 'feePercent.1.0: write a percentage from 0 to 100'],
  ['{"feePercent":{"1":[-1]}}', 'feePercent.1.0: write a percentage from 0 to 100'],
  ['{"feePercent":{"1":["ten"]}}', 'feePercent.1.0: write a percentage such as'],
  ['{"feePercent":{"yearly":[10]}}', 'feePercent.yearly: is no term'],
  ['{"feePercent":{"0":[10]}}', 'feePercent.0: is no term'],
  ['{"feePercent":{"1":[10]},"unconditionalDays":-5}', 'unconditionalDays:'],
  ['{"feePercent":{"1":[10]},"rounding":"up"}', 'rounding'],
])('%s is refused by what is wrong with it, with an example', (text, fault) => {
  const { error } = refundRates.safeParse(text);
  expect(error?.issues[0]?.message).toContain(fault);
  expect(error?.issues[0]?.message).toContain('Write JSON such as {"unconditionalDays"');
});
