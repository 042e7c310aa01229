import Big from 'big.js';
import { z } from 'zod';

/** An exact amount of money in currency units ("8000.00"). Numbers appear only on the wire. */
export const moneySchema = z.string().regex(/^-?\d+\.\d{2}$/, 'must be a decimal with two places, such as "8000.00"');

/** Rounds half up to the smallest unit, as amounts on a bill are. */
export const money = (amount: Big): string => amount.round(2, Big.roundHalfUp).toFixed(2);

/** The exact sum of amounts; "0.00" for none. */
export const sum = (amounts: readonly string[]): string =>
  money(amounts.reduce((total, amount) => total.plus(amount), new Big(0)));

/** The JSON number that the cloud's answers carry for an amount. */
export const wireAmount = (amount: string): number => Number(amount);
