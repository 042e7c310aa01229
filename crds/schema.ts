import { z } from 'zod';
import type { KindDefinition } from '../operator/api/kinds.ts';
import { group, version } from '../operator/api/names.ts';

type Json = z.infer<ReturnType<typeof z.json>>;
type JsonObject = { [key: string]: Json };

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * Turns one JSON schema that zod made into the dialect of a CustomResourceDefinition. Structural schemas do not allow
 * `additionalProperties: false` beside `properties` (strict field validation refuses unknown fields instead); a
 * `pattern` beside a CEL rule or a format is dropped because those say the same, the rule in words; a time with a rule gets one of its own.
 * https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#specifying-a-structural-schema
 */
function structural(schema: JsonObject): JsonObject {
  const saidOtherwise = schema['x-kubernetes-validations'] !== undefined || schema['format'] !== undefined;
  const dropped = new Set(['$schema', 'default', 'propertyNames', ...(saidOtherwise ? ['pattern'] : [])]);
  const entries = Object.entries(schema)
    .filter(([key, value]) => !dropped.has(key) && !(key === 'additionalProperties' && !isObject(value)))
    .map(([key, value]): [string, Json] => [key, nested(key, value)]);
  const result: JsonObject = Object.fromEntries(entries);
  const isTime = result['format'] === 'date-time';
  if (isTime && result['x-kubernetes-validations'] !== undefined) result['pattern'] = dateTime;
  if (result['additionalProperties'] !== undefined) result['maxProperties'] ??= 64;
  return result;
}

/**
 * The format alone lets small letters through, and zones such as +99:00. CEL cannot read these: a rule that compares such a time
 * with itself then refuses every update of the object, of its status too.
 */
const dateTime =
  '^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]{1,9})?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])$';

function nested(key: string, value: Json): Json {
  if (!isObject(value)) return value;
  if (key === 'items' || key === 'additionalProperties') return structural(value);
  if (key !== 'properties') return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, property]) => [name, isObject(property) ? structural(property) : property]),
  );
}

export function structuralSchema(schema: z.ZodType): JsonObject {
  const json = z.json().parse(z.toJSONSchema(schema, { target: 'openapi-3.0', io: 'input', reused: 'inline' }));
  if (!isObject(json)) throw new TypeError('a schema of a kind must be an object');
  return structural(json);
}

/** The CustomResourceDefinition of a kind, ready to be written as YAML. */
export function customResourceDefinition(definition: KindDefinition): object {
  const { kind, plural, singular, shortNames } = definition;
  const schema = {
    description: definition.description,
    type: 'object',
    required: ['spec'],
    properties: {
      apiVersion: { type: 'string', description: 'Version of the schema of this object.' },
      kind: { type: 'string', description: 'Kind of this object.' },
      metadata: { type: 'object' },
      spec: structuralSchema(definition.spec),
      status: structuralSchema(definition.status),
    },
  };
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope: 'Namespaced',
      names: { kind, listKind: `${kind}List`, plural, singular, shortNames, categories: ['dcc'] },
      versions: [
        {
          name: version,
          served: true,
          storage: true,
          subresources: { status: {} },
          selectableFields: definition.selectableFields.map((jsonPath) => ({ jsonPath })),
          additionalPrinterColumns: definition.printerColumns,
          schema: { openAPIV3Schema: schema },
        },
      ],
    },
  };
}
