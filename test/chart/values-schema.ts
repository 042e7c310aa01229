import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { chart } from './helm.ts';

/** The part of JSON Schema that `values.schema.json` is written in. */
export interface ValueSchema {
  readonly description?: string | undefined;
  readonly type?: string | readonly string[] | undefined;
  readonly enum?: readonly string[] | undefined;
  readonly minimum?: number | undefined;
  readonly maximum?: number | undefined;
  readonly properties?: Readonly<Record<string, ValueSchema>> | undefined;
  readonly additionalProperties?: boolean | ValueSchema | undefined;
  readonly items?: ValueSchema | undefined;
}

const schema: z.ZodType<ValueSchema> = z.lazy(() =>
  z.looseObject({
    description: z.string().optional(),
    type: z.union([z.string(), z.array(z.string())]).optional(),
    enum: z.array(z.string()).optional(),
    minimum: z.number().optional(),
    maximum: z.number().optional(),
    properties: z.record(z.string(), schema).optional(),
    additionalProperties: z.union([z.boolean(), schema]).optional(),
    items: schema.optional(),
  }),
);

/** What the chart takes, as Helm checks it. */
export const readValuesSchema = (): ValueSchema =>
  schema.parse(JSON.parse(readFileSync(`${chart}/values.schema.json`, 'utf8')));

/** A value that a user may set, by the names that lead to it, joined by dots as `helm --set` has them. */
export interface Value {
  readonly path: string;
  readonly schema: ValueSchema;
}

/** All values in the order of the schema; what has named fields is told by these. */
export function valuesOf({ properties = {} }: ValueSchema, above = ''): Value[] {
  return Object.entries(properties).flatMap(([name, each]) => {
    const path = above + name;
    return each.properties === undefined ? [{ path, schema: each }] : valuesOf(each, `${path}.`);
  });
}

/** Every schema within this one, with itself, by where it stands. */
export function everySchema(each: ValueSchema, path = ''): Value[] {
  const fields = Object.entries(each.properties ?? {}).flatMap(([name, field]) =>
    everySchema(field, path === '' ? name : `${path}.${name}`),
  );
  const items = each.items === undefined ? [] : everySchema(each.items, `${path}[]`);
  return [{ path, schema: each }, ...fields, ...items];
}
