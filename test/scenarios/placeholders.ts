import { parseDuration } from '../../operator/clock.ts';

/** Fills in what no file can know. Throws when it is not known either. */
export type Values = (name: PlaceholderName, argument: string) => string;

/**
 * `{plan}` and `{approved}`: ids of the plan as it stands and of the approved one, of the request of the moment.
 * `{resourceId:host-01}`, `{machineId:web-01}`: ids in the simulated cloud, of databases too. `{order:host-01}`: the newest
 * order about a resource besides its purchase. `{renewalDay:host-01}`: when the cloud takes the money for the next period. `{namespace}`. `{time:+20s}`, `{time:-1m}`: a time, from the beginning of the scenario on.
 */
const placeholderNames = [
  'plan',
  'approved',
  'resourceId',
  'machineId',
  'order',
  'renewalDay',
  'namespace',
  'time',
] as const;
export type PlaceholderName = (typeof placeholderNames)[number];

const pattern = /\{([^{}:]*)(?::([^{}]*))?\}/g;
const withoutArgument: readonly string[] = ['plan', 'approved', 'namespace'];

const isKnown = (name: string, argument: string | undefined): name is PlaceholderName =>
  placeholderNames.some((known) => known === name) &&
  withoutArgument.includes(name) === (argument === undefined) &&
  (name !== 'time' || (/^[+-]/.test(argument ?? '') && parseDuration((argument ?? '').slice(1)) !== undefined));

/** Fills in the placeholders of all texts in a value. */
export function filledIn(value: unknown, values: Values): unknown {
  if (typeof value === 'string') return fillIn(value, values);
  if (Array.isArray(value)) return value.map((item) => filledIn(item, values));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, filledIn(field, values)]));
}

export const fillIn = (text: string, values: Values): string =>
  text.replaceAll(pattern, (whole, name: string, argument: string | undefined) =>
    isKnown(name, argument) ? values(name, argument ?? '') : whole,
  );

/** The flags of the operator hold JSON, whose braces are none of ours. */
const untouched = 'flags';

/** Texts in braces that are no placeholder: a mistyped one would be compared as it stands. */
export function unknownPlaceholders(
  value: unknown,
  path: readonly PropertyKey[] = [],
): { path: readonly PropertyKey[]; placeholder: string }[] {
  if (typeof value === 'string') {
    const found = [...value.matchAll(pattern)].filter(([, name = '', argument]) => !isKnown(name, argument));
    return found.map(([placeholder]) => ({ path, placeholder }));
  }
  if (typeof value !== 'object' || value === null) return [];
  const fields = Object.entries(value).filter(([key]) => key !== untouched);
  return fields.flatMap(([key, field]) => unknownPlaceholders(field, [...path, key]));
}
