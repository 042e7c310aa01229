import fc from 'fast-check';
import { z } from 'zod';

/**
 * Anything of the shape that a schema describes, whether its texts, lists and numbers keep to the schema's limits or not:
 * what the operator can make of any answer of the cloud. Plan ids and times, which the operator makes, are right.
 */
export const anyOfShape = <Output>(schema: z.ZodType<Output>): fc.Arbitrary<Output> =>
  shaped(schema) as fc.Arbitrary<Output>;

function shaped(schema: z.ZodType): fc.Arbitrary<unknown> {
  if (schema instanceof z.ZodOptional) return fc.option(shaped(typeOf(schema.unwrap())), { nil: undefined });
  if (schema instanceof z.ZodObject) return anyObject(schema);
  if (schema instanceof z.ZodArray) return anyList(shaped(typeOf(schema.element)));
  if (schema instanceof z.ZodRecord) return fc.dictionary(fc.constantFrom('ECS', 'CCE'), fc.integer());
  if (schema instanceof z.ZodEnum) return fc.constantFrom(...schema.options);
  if (schema instanceof z.ZodBoolean) return fc.boolean();
  if (schema instanceof z.ZodNumber) return fc.oneof(fc.nat(9), fc.integer());
  if (schema instanceof z.ZodISODateTime) return fc.constantFrom('2026-03-01T12:00:00Z', '2026-03-01T12:00:00+08:00');
  return schema.safeParse(`plan-${'0'.repeat(24)}`).success && schema.safeParse('x').error ? aPlanId : anyText;
}

const aPlanId = fc.constant(`plan-${'0'.repeat(24)}`);

const anyText = fc.oneof(
  fc.constantFrom('', 'CS1', 'CS2', 'CNY', 'yuan', '12.50', '-3', '1.2345678'),
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.tuple(fc.constantFrom('x', '機', '😀', '\ud83d'), fc.nat(2_100)).map(([unit, count]) => unit.repeat(count)),
);

/** Mostly short; sometimes longer than any list may be, with the same entry again and again. */
const anyList = (entry: fc.Arbitrary<unknown>) =>
  fc.oneof(
    { weight: 8, arbitrary: fc.array(entry, { maxLength: 4 }) },
    {
      weight: 1,
      arbitrary: fc.tuple(entry, fc.nat(60)).map(([one, count]) => Array.from({ length: count }, () => one)),
    },
  );

const anyObject = ({ shape }: z.ZodObject): fc.Arbitrary<unknown> =>
  fc
    .record(Object.fromEntries(Object.entries(shape).map(([name, field]) => [name, shaped(typeOf(field))])))
    .map((value) => JSON.parse(JSON.stringify(value)));

/** The types of zod's core are those of zod itself here. */
function typeOf(schema: unknown): z.ZodType {
  if (schema instanceof z.ZodType) return schema;
  throw new TypeError('not a schema');
}
