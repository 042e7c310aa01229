import { Big } from 'big.js';
import { z } from 'zod';

const percent = z
  .union([z.number(), z.string().regex(/^\d{1,3}(\.\d{1,4})?$/, 'write a percentage such as 10 or "12.5"')])
  .transform((value) => new Big(value))
  .refine((value) => value.gte(0) && value.lte(100), 'write a percentage from 0 to 100');

const byYearOfUse = z.array(percent).min(1, 'write at least one percentage').max(10);

/**
 * What the cloud keeps of a refund. The published tables differ between sites and change (user guide of the Billing Center,
 * "Unsubscription rules"), and a framework contract may set others: so they are settings, and none is built in.
 */
const schema = z.strictObject({
  /** Days after the start within which everything is paid back, as long as the account has some of these left; 0 for none. */
  unconditionalDays: z.int().min(0).max(30).default(0),
  /**
   * Handling fee in percent of what was paid, by the term that was bought: `monthly` for less than a year, else the number of
   * years. Each list is by the year of use in which the order comes; its last entry holds for all later ones.
   */
  feePercent: z.strictObject({ monthly: byYearOfUse.optional() }).catchall(byYearOfUse),
});

export type RefundRates = z.infer<typeof schema>;

/** Reads the JSON of `--refund-rates`; the error says which entry is wrong. */
export const refundRates = z.string().transform((text, context): RefundRates => {
  const fault = (message: string) => {
    context.addIssue({ code: 'custom', message: `${message}. Write JSON such as ${example}` });
    return z.NEVER;
  };
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return fault('is no JSON');
  }
  const result = schema.safeParse(parsed);
  const [first] = result.error?.issues ?? [];
  if (!result.success) return fault(`${first?.path.join('.')}: ${first?.message}`);
  const odd = Object.keys(result.data.feePercent).find((term) => !/^(monthly|[1-9])$/.test(term));
  return odd === undefined ? result.data : fault(`feePercent.${odd}: is no term; write monthly, or a number of years`);
});

const example = '{"unconditionalDays":5,"feePercent":{"monthly":[10],"1":[10],"2":[15,10],"3":[15,10,5]}}';
