import { Big } from 'big.js';

/** The exact sum of decimal texts, with two decimals or more. */
export function sum(amounts: readonly string[]): string {
  const total = amounts.reduce((running, amount) => running.plus(amount), new Big(0));
  return total.toFixed(Math.max(2, (total.toFixed().split('.')[1] ?? '').length));
}
