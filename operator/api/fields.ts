import { z } from 'zod';

/** A CEL rule as CustomResourceDefinitions carry it; the message is what the person who applies the manifest reads. */
export interface ValidationRule {
  rule: string;
  message: string;
  reason?: 'FieldValueInvalid' | 'FieldValueForbidden' | 'FieldValueRequired';
}

/** Schema metadata with CEL rules; `crds/schema.ts` copies it into the CustomResourceDefinition. */
export const rules = (...validations: ValidationRule[]) => ({ 'x-kubernetes-validations': validations });

/** A rule that refuses every later change of the field it stands on. */
export const immutable = (message: string): ValidationRule => ({ rule: 'self == oldSelf', message });

export const text = (maxLength: number, description: string) => z.string().min(1).max(maxLength).describe(description);

/**
 * A text of a given form. The API server refuses others with `message` (a `pattern` in the schema would only show the
 * expression), and so does zod when the operator reads the object.
 */
export function formatted(
  maxLength: number,
  pattern: RegExp,
  message: string,
  description: string,
  more: ValidationRule[] = [],
) {
  return z
    .string()
    .max(maxLength)
    .regex(pattern, message)
    .meta({ description, ...rules({ rule: `self.matches(r'${pattern.source}')`, message }, ...more) });
}

export const timestamp = (description: string) => z.iso.datetime({ offset: true }).max(40).describe(description);

export const count = (description: string) => z.int().min(0).max(1_000_000).describe(description);

/** A duration as Kubernetes writes it: `24h`, `1h30m`, `90s`. */
export const duration = (description: string, more: ValidationRule[] = []) =>
  formatted(
    20,
    /^([0-9]+h([0-9]+m)?([0-9]+s)?|[0-9]+m([0-9]+s)?|[0-9]+s)$/,
    'Write a duration such as 24h, 1h30m or 90s.',
    description,
    more,
  );

/** An amount of money as an exact decimal text. */
export const amount = (description: string) =>
  formatted(24, /^[0-9]{1,15}([.][0-9]{1,6})?$/, 'Write an amount such as 1200 or 1200.50.', description);

export const currency = (description: string) =>
  formatted(3, /^[A-Z]{3}$/, 'Write a currency code such as CNY, USD or EUR.', description);

/** An object's name as Kubernetes allows it. */
export const objectName = (description: string) =>
  formatted(
    253,
    /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/,
    'Write the name of an object: lower-case letters, digits, - and .',
    description,
  );

/** A list whose entries are told apart by `key`: server-side apply merges it, and the API server refuses duplicates. */
export const listMap = <Item extends z.ZodType>(item: Item, key: string, max: number, description: string) =>
  z
    .array(item)
    .max(max)
    .superRefine(noneTwice((entry) => Reflect.get(Object(entry), key)))
    .meta({ description, 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': [key] });

/** A list without duplicates: the API server refuses them. */
export const set = <Item extends z.ZodType>(item: Item, max: number, description: string) =>
  z
    .array(item)
    .max(max)
    .superRefine(noneTwice((entry) => entry))
    .meta({ description, 'x-kubernetes-list-type': 'set' });

/** A fault at each entry that an earlier one stands for already. */
const noneTwice =
  (identityOf: (entry: unknown) => unknown) =>
  (entries: readonly unknown[], context: z.RefinementCtx): void => {
    const seen = new Set<unknown>();
    for (const [index, entry] of entries.entries()) {
      const identity = identityOf(entry);
      if (seen.has(identity)) context.addIssue({ code: 'custom', path: [index], message: 'is there twice' });
      seen.add(identity);
    }
  };

export const list = <Item extends z.ZodType>(item: Item, max: number, description: string) =>
  z.array(item).max(max).meta({ description, 'x-kubernetes-list-type': 'atomic' });
