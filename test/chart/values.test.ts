import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { type Config, readConfig, usage } from '../../operator/config.ts';
import { ensureBinaries } from '../cluster/binaries.ts';
import { flagsWithoutValue } from './flags-without-value.ts';
import { chart, template } from './helm.ts';
import { type Settings, type ValueCase, valueCases, withoutEffect } from './value-cases.ts';
import { chartDocument, commentedValues } from './values-document.ts';
import { everySchema, readValuesSchema, type ValueSchema, valuesOf } from './values-schema.ts';

const schema = readValuesSchema();
const deployment = z.object({
  kind: z.literal('Deployment'),
  spec: z.object({
    template: z.object({ spec: z.object({ containers: z.tuple([z.object({ args: z.array(z.string()) })]) }) }),
  }),
});

interface Rendering {
  readonly objects: readonly unknown[];
  /** What the operator makes of its flags. */
  readonly config: Config;
}

const known = new Map<string, Promise<Rendering>>();

/** Each rendering is made once: most cases are compared with the default one. */
function rendering(settings: Settings): Promise<Rendering> {
  const key = JSON.stringify(settings);
  const made = known.get(key) ?? render(settings);
  known.set(key, made);
  return made;
}

async function render(settings: Settings): Promise<Rendering> {
  const objects = parseAllDocuments(await template(settings)).map((document): unknown => document.toJS());
  const found = objects.map((object) => deployment.safeParse(object)).find(({ success }) => success);
  const { args } = found?.data?.spec.template.spec.containers[0] ?? expect.fail('there is no Deployment');
  return { objects, config: readConfig(args, {}) };
}

function matches(value: unknown, pattern: object): boolean {
  try {
    expect(value).toMatchObject(pattern);
    return true;
  } catch {
    return false;
  }
}

const holds = ({ objects, config }: Rendering, { shows, hides, flags = {} }: ValueCase): boolean => {
  const pattern = shows ?? hides;
  return pattern === undefined ? matches(config, flags) : objects.some((object) => matches(object, pattern));
};

beforeAll(() => ensureBinaries(['helm']), 900_000);

describe.concurrent('each value of the chart', () => {
  const described = valueCases.map((each) => ({ ...each, set: each.set, title: JSON.stringify(each.set) }));
  test.each(described)('$value does what it says: $title', async (each) => {
    const [before, after] = await Promise.all([rendering(each.given ?? {}), rendering({ ...each.given, ...each.set })]);
    const hides = each.hides !== undefined;
    expect({ before: holds(before, each), after: holds(after, each) }).toEqual({ before: hides, after: !hides });
  });

  test('is seen to do something, but for those that are said to do nothing', () => {
    const seen = new Set([...valueCases.map(({ value }) => value), ...withoutEffect]);
    expect([...seen].sort()).toEqual(
      valuesOf(schema)
        .map(({ path }) => path)
        .sort(),
    );
  });

  test('is described, with its fields, and stands in values.yaml or is left out there for a reason', () => {
    const undescribed = everySchema(schema).filter(
      ({ path, schema: each }) =>
        path !== '' && each.description === undefined && !isGroup(each) && !/\[\]$/.test(path),
    );
    expect(undescribed.map(({ path }) => path)).toEqual([]);
    const yaml = readFileSync(`${chart}/values.yaml`, 'utf8');
    const [values] = parseAllDocuments(yaml);
    const missing = valuesOf(schema).filter(({ path }) => values?.hasIn(path.split('.')) !== true);
    // Helm's own, and fields of maps that are empty until somebody fills them.
    const leftOut = /^(global|refundRates\.(unconditionalDays|feePercent)|affinity\.(node|pod|podAnti)Affinity)$/;
    expect(missing.map(({ path }) => path).filter((path) => !leftOut.test(path))).toEqual([]);
  });
});

/** Has nothing to tell but its fields. */
const isGroup = ({ properties }: ValueSchema): boolean => properties !== undefined;

describe.concurrent('the schema of the values', () => {
  // What is given to Kubernetes as it is: the API server checks it.
  const open = new Set(
    [
      'global extraVolumes[] extraEnv[].valueFrom networkPolicy.metricsFrom[].namespaceSelector',
      'networkPolicy.metricsFrom[].podSelector networkPolicy.metricsFrom[].ipBlock',
      'affinity.nodeAffinity affinity.podAffinity affinity.podAntiAffinity',
    ].flatMap((line) => line.split(' ')),
  );
  const objects = everySchema(schema).filter(({ schema: { type } }) => type === 'object');

  test('says of each object which fields it may have, but for those of Kubernetes’ own', () => {
    const unbounded = objects.filter(
      ({ schema: { additionalProperties: rest } }) => rest === undefined || rest === true,
    );
    expect(new Set(unbounded.map(({ path }) => path))).toEqual(open);
  });

  const closed = objects.filter(({ schema: { additionalProperties } }) => additionalProperties === false);
  test.each(closed)('refuses an unknown field of "$path"', async ({ path }) => {
    const at = path === '' ? 'unheardOf' : `${path.replaceAll('[]', '[0]')}.unheardOf`;
    await expect(template({ [at]: 'x' })).rejects.toThrow('unheardOf');
  });

  test('has a type or a set of words for each value', () => {
    const untyped = everySchema(schema).filter(
      ({ schema: each }) => each.type === undefined && each.enum === undefined,
    );
    expect(untyped.map(({ path }) => path)).toEqual([]);
  });
});

describe('each flag of the operator', () => {
  const flags = [...usage().matchAll(/^ {2}--([a-z-]+)/gm)].map(([, name = '']) => name);

  test('is a value of the chart, or is left out for a reason', async () => {
    const given = new Set(valueCases.flatMap(({ flags: told = {} }) => Object.keys(told)));
    // It shows what extraArgs does, and is no value of its own.
    given.delete('call-timeout');
    expect(flags.length).toBeGreaterThan(30);
    expect([...given, ...Object.keys(flagsWithoutValue)].sort()).toEqual(flags.sort());
  });

  test('has in the chart the default that it has without it', async () => {
    const { config } = await rendering({});
    const own = { 'halt-config-map': 'dcc-dcc-operator-halt', 'lease-name': 'dcc-dcc-operator' };
    expect(config).toEqual({ ...readConfig([], {}), ...own });
  });
});

describe('the generated documents', () => {
  test('have a row for each value, with its default and what it is for', () => {
    const document = chartDocument(schema, readFileSync(`${chart}/values.yaml`, 'utf8'), []);
    for (const { path } of valuesOf(schema)) expect(document).toContain(`| \`${path}\` |`);
    expect(document).toContain('| `replicaCount` | integer from 0 to 10 | `2` | How many operators run.');
  });

  test('cannot be made of a value without a description', () => {
    const silent: ValueSchema = { properties: { silent: { type: 'string' } } };
    expect(() => chartDocument(silent, 'silent: x', [])).toThrow('silent has no description');
  });

  test('put the descriptions above their values, whatever stood there', () => {
    const about: ValueSchema = {
      properties: { one: { description: 'The first.', properties: { two: { description: 'The second.' } } } },
    };
    const commented = commentedValues(about, '# Old.\none:\n  # Older.\n  two: 2\n');
    expect(commented.split('\n\n').at(-1)).toBe('# The first.\none:\n  # The second.\n  two: 2\n');
    expect(commentedValues(about, commented)).toBe(commented);
  });
});
