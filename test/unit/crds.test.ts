import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { customResourceDefinition } from '../../crds/schema.ts';
import { kinds } from '../../operator/api/kinds.ts';

const rule = z.strictObject({ rule: z.string(), message: z.string() });

/** The part of the schema dialect that the tests look at; every other member is kept. */
const node = z.looseObject({
  type: z.string().optional(),
  description: z.string().optional(),
  enum: z.array(z.string()).optional(),
  minLength: z.number().optional(),
  maxLength: z.number().optional(),
  maxItems: z.number().optional(),
  maxProperties: z.number().optional(),
  required: z.array(z.string()).optional(),
  get properties() {
    return z.record(z.string(), node).optional();
  },
  get items() {
    return node.optional();
  },
  get additionalProperties() {
    return node.optional();
  },
  'x-kubernetes-list-type': z.enum(['map', 'set', 'atomic']).optional(),
  'x-kubernetes-list-map-keys': z.array(z.string()).optional(),
  'x-kubernetes-validations': z.array(rule).optional(),
});
type Node = z.infer<typeof node>;

const column = z.looseObject({ name: z.string(), description: z.string(), jsonPath: z.string() });
const definition = z.object({
  metadata: z.object({ name: z.string() }),
  spec: z.object({
    scope: z.literal('Namespaced'),
    names: z.looseObject({
      kind: z.string(),
      shortNames: z.array(z.string()).min(1),
      categories: z.array(z.string()).min(1),
    }),
    versions: z.tuple([
      z.object({
        name: z.literal('v1alpha1'),
        served: z.literal(true),
        storage: z.literal(true),
        subresources: z.strictObject({ status: z.strictObject({}) }),
        selectableFields: z.array(z.strictObject({ jsonPath: z.string() })).max(8),
        additionalPrinterColumns: z.array(column),
        schema: z.strictObject({ openAPIV3Schema: node }),
      }),
    ]),
  }),
});

interface Place {
  path: string;
  schema: Node;
}

/** Every schema under `schema`, itself included, with the path that leads to it. */
function places(schema: Node, path: string): Place[] {
  const inner = [
    ...Object.entries(schema.properties ?? {}).map(([name, one]) => places(one, `${path}.${name}`)),
    ...(schema.items === undefined ? [] : [places(schema.items, `${path}[]`)]),
    ...(schema.additionalProperties === undefined ? [] : [places(schema.additionalProperties, `${path}{}`)]),
  ];
  return [{ path, schema }, ...inner.flat()];
}

const yaml = (file: string): unknown => parse(readFileSync(`${import.meta.dirname}/../../${file}`, 'utf8'));
const read = (file: string) => definition.parse(yaml(file));
const rulesOf = ({ 'x-kubernetes-validations': rules = [] }: Node) => rules.map((one) => one.rule);
const pathsOf = (found: Place[]) => found.map(({ path }) => path);

describe.each(kinds)('the definition of $kind', (kind) => {
  const file = `dcc-operator.io_${kind.plural}.yaml`;
  const crd = read(`crds/${file}`);
  const [version] = crd.spec.versions;
  const root = version.schema.openAPIV3Schema;
  const { spec, status } = z.object({ spec: node, status: node }).parse(root.properties);
  const all = [...places(spec, 'spec'), ...places(status, 'status')];
  const named = (name: string) => all.filter(({ path }) => path === name || path.endsWith(`.${name}`));

  test('is what the schemas say, here and in the chart', () => {
    const made = customResourceDefinition(kind);
    expect(yaml(`crds/${file}`)).toEqual(made);
    expect(yaml(`charts/dcc-operator/files/crds/${file}`)).toEqual(made);
  });

  test('bears the name that the API server demands', () => {
    expect(crd.metadata.name).toBe(`${kind.plural}.dcc-operator.io`);
  });

  test('describes itself and every field: kubectl explain is documentation', () => {
    expect(root.description).toMatch(/[.]$/);
    const bare = all.filter(({ schema }) => !schema.description?.endsWith('.'));
    expect(pathsOf(bare)).toEqual([]);
  });

  test('says of everything what type it is', () => {
    const types = ['string', 'integer', 'boolean', 'object', 'array'];
    expect(pathsOf(all.filter(({ schema }) => !types.includes(schema.type ?? '')))).toEqual([]);
  });

  test('bounds every text, list and map, as the cost of CEL demands', () => {
    const unbounded = all.filter(({ schema }) => {
      if (schema.type === 'string') return schema.maxLength === undefined && schema.enum === undefined;
      if (schema.type === 'array') return schema.maxItems === undefined || schema.items === undefined;
      return schema.additionalProperties !== undefined && schema.maxProperties === undefined;
    });
    expect(pathsOf(unbounded)).toEqual([]);
  });

  test('bounds every number', () => {
    const numbers = all.filter(({ schema }) => schema.type === 'integer');
    const unbounded = numbers.filter(
      ({ schema }) => schema['minimum'] === undefined || schema['maximum'] === undefined,
    );
    expect(pathsOf(unbounded)).toEqual([]);
  });

  test('says of every list how it is merged', () => {
    const lists = all.filter(({ schema }) => schema.type === 'array');
    expect(lists).not.toEqual([]);
    expect(pathsOf(lists.filter(({ schema }) => schema['x-kubernetes-list-type'] === undefined))).toEqual([]);
  });

  test('keys every list of a map by fields that each entry must have', () => {
    const maps = all.filter(({ schema }) => schema['x-kubernetes-list-type'] === 'map');
    expect(maps).not.toEqual([]);
    for (const { path, schema } of maps) {
      const keys = schema['x-kubernetes-list-map-keys'] ?? [];
      expect([path, keys.length]).toEqual([path, 1]);
      expect([path, schema.items?.required]).toEqual([path, expect.arrayContaining(keys)]);
    }
  });

  test('has sets only of single values', () => {
    const sets = all.filter(({ schema }) => schema['x-kubernetes-list-type'] === 'set');
    expect(pathsOf(sets.filter(({ schema }) => schema.items?.type !== 'string'))).toEqual([]);
  });

  test('defaults nothing, so that no tool sees a difference that nobody made', () => {
    expect(pathsOf(all.filter(({ schema }) => 'default' in schema))).toEqual([]);
  });

  test('keeps no unknown field, and is structural', () => {
    const foreign = [
      'x-kubernetes-preserve-unknown-fields',
      'x-kubernetes-embedded-resource',
      'nullable',
      'anyOf',
      'oneOf',
      'allOf',
      'not',
      '$ref',
      'const',
      'exclusiveMinimum',
      'exclusiveMaximum',
    ];
    expect(pathsOf(all.filter(({ schema }) => foreign.some((keyword) => keyword in schema)))).toEqual([]);
  });

  test('gives patterns, which explain nothing, only to times: what their format lets through CEL may not be able to read', () => {
    const withPattern = all.filter(({ schema }) => 'pattern' in schema);
    const times = all.filter(({ schema }) => schema['format'] === 'date-time' && 'x-kubernetes-validations' in schema);
    expect(pathsOf(withPattern)).toEqual(pathsOf(times));
  });

  test('answers every refusal of its own rules with a sentence', () => {
    const rules = all.flatMap(({ schema }) => schema['x-kubernetes-validations'] ?? []);
    expect(rules).not.toEqual([]);
    for (const { message } of rules) expect(message).toMatch(/^\S.* .*[.]$/);
  });

  test('selects and prints only fields that exist', () => {
    const known = new Set(all.map(({ path }) => `.${path}`));
    const selected = version.selectableFields.map(({ jsonPath }) => jsonPath);
    expect(selected.filter((path) => !known.has(path))).toEqual([]);
    const printed = version.additionalPrinterColumns
      .map(({ jsonPath }) => jsonPath.replace(/\[\?\(@[.]type=="[A-Za-z]+"\)\]/, '[]'))
      .filter((path) => path !== '.metadata.creationTimestamp');
    expect(printed.filter((path) => !known.has(path))).toEqual([]);
  });

  test('has the conditions that tools look for', () => {
    expect(named('conditions').map(({ schema }) => schema['x-kubernetes-list-map-keys'])).toEqual([['type']]);
    const [entry] = places(named('conditions')[0]?.schema.items ?? {}, '');
    expect(entry?.schema.required).toEqual(['type', 'status', 'reason', 'message', 'lastTransitionTime']);
  });
});

describe('nothing of a request changes once it is applied', () => {
  const changeable = ['approvedPlan', 'suspend'];
  const { spec } = z.object({ spec: node }).parse(rootOf('unsubscriptionrequests').properties);
  const fixed = Object.entries(spec.properties ?? {}).filter(([name]) => !changeable.includes(name));

  test.each(fixed)('%s cannot be changed', (name, schema) => {
    const frozen = schema['x-kubernetes-validations']?.find((one) => one.rule === 'self == oldSelf');
    expect(frozen?.message).toMatch(new RegExp(`^${name} cannot be changed`));
  });

  test.each(fixed)('%s cannot be added or removed', (name) => {
    const demanded = spec.required?.includes(name) ?? false;
    const kept = rulesOf(spec).some(
      (one) => one === `has(self.${name}) == has(oldSelf.${name})` || one.startsWith(`has(self.${name}) && `),
    );
    expect(demanded || kept).toBe(true);
  });

  test.each(changeable)('but for %s', (name) => {
    const rules = rulesOf(spec.properties?.[name] ?? {});
    expect(rules.filter((one) => one.includes('oldSelf'))).toEqual([]);
    expect(rulesOf(spec).filter((one) => one.includes(name))).toEqual([]);
  });

  test('and it is refused without its acknowledgement', () => {
    const [confirmation] = spec['x-kubernetes-validations'] ?? [];
    for (const field of ['dataUnrecoverable', 'handlingFee']) {
      expect(confirmation?.rule).toContain(`has(self.acknowledge.${field}) && self.acknowledge.${field}`);
      expect(confirmation?.message).toContain(`spec.acknowledge.${field}`);
    }
  });
});

describe('what identifies a server never changes', () => {
  const { spec } = z.object({ spec: node }).parse(rootOf('dccservers').properties);
  const identity = ['resourceId', 'region', 'projectId', 'availabilityZone', 'hostType'];

  test.each(identity)('%s is demanded, and cannot be changed', (name) => {
    expect(spec.required).toContain(name);
    expect(rulesOf(spec.properties?.[name] ?? {})).toContain('self == oldSelf');
  });
});

function rootOf(plural: string): Node {
  return read(`crds/dcc-operator.io_${plural}.yaml`).spec.versions[0].schema.openAPIV3Schema;
}
