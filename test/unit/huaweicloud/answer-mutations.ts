import fc, { type GeneratorValue } from 'fast-check';

/** A change of an answer's body, and what it is called when a property fails. */
type Mutation = (body: string, g: GeneratorValue) => string;

const texts = [
  '',
  ' ',
  'null',
  '[]',
  '{}',
  '""',
  '0',
  'NaN',
  '\uFEFF{}',
  'OK',
  '<html><body>Please log in</body></html>',
];

/** One of them, by chance. */
export function oneOf<Value>(values: readonly Value[], g: GeneratorValue): Value {
  const [chosen] = values.slice(g(fc.nat, { max: values.length - 1 }));
  if (chosen === undefined) throw new Error('there is nothing to choose from');
  return chosen;
}

/** All the ways in which an answer is not what it was. */
export const mutations: Readonly<Record<string, Mutation>> = {
  truncated: (body, g) => body.slice(0, g(fc.nat, { max: Math.max(body.length - 1, 0) })),
  replaced: (_, g) => oneOf(texts, g),
  retyped: (body, g) => changed(body, (root) => retype(root, g)),
  'without a field': (body, g) => changed(body, (root) => dropField(root, g)),
  duplicated: (body, g) => changed(body, (root) => onArray(root, g, (array) => [...array, ...array.slice(-1)])),
  reordered: (body, g) => changed(body, (root) => onArray(root, g, (array) => array.toReversed())),
  'of the previous page': (body, g) => changed(body, (root) => onArray(root, g, (array) => [...array, ...array])),
  'with a huge text': (body) => changed(body, (root) => Object.assign(root, { note: 'x'.repeat(100_000) })),
  'deeply nested': (body) => body.replace(/\}$/, `,"deep":${'['.repeat(10_000)}${']'.repeat(10_000)}}`),
};

type Json = Record<string, unknown> | unknown[];

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isJson = (value: unknown): value is Json => Array.isArray(value) || isObject(value);

function changed(body: string, change: (root: Json) => unknown): string {
  const root: unknown = JSON.parse(body);
  if (isJson(root)) change(root);
  return JSON.stringify(root);
}

/** Every place of a document: what holds it, and under which name. Where CCE's page ends only the marker in it tells. */
function placesIn(holder: Json): { holder: Json; name: string }[] {
  return Object.entries(holder)
    .filter(([name]) => name !== 'pageInfo')
    .flatMap(([name, value]) => [{ holder, name }, ...(isJson(value) ? placesIn(value) : [])]);
}

const values = [null, true, 7, -1, 'text', '', {}, { a: 1 }, [[]], 'constructor', '__proto__'];
const typeOf = (value: unknown) => (Array.isArray(value) ? 'array' : value === null ? 'null' : typeof value);

function retype(root: Json, g: GeneratorValue): void {
  const places = placesIn(root);
  if (places.length === 0) return;
  const { holder, name } = oneOf(places, g);
  const before: unknown = Reflect.get(holder, name);
  const others = values.filter((value) => typeOf(value) !== typeOf(before));
  Reflect.set(holder, name, oneOf(others, g));
}

function dropField(root: Json, g: GeneratorValue): void {
  const places = placesIn(root).filter(({ holder }) => isObject(holder));
  if (places.length === 0) return;
  const { holder, name } = oneOf(places, g);
  Reflect.deleteProperty(holder, name);
}

/** The body without one of its fields, for each of them in turn; of the rows of a list, those of the first. */
export function withoutEachField(body: string): { readonly field: string; readonly body: string }[] {
  const root: unknown = JSON.parse(body);
  return isJson(root) ? fieldsIn(root, '').map((field) => ({ ...field, body: bodyWithout(root, field) })) : [];
}

interface Field {
  readonly field: string;
  readonly holder: Record<string, unknown>;
  readonly name: string;
}

function fieldsIn(json: Json, path: string): Field[] {
  if (Array.isArray(json)) return isJson(json[0]) ? fieldsIn(json[0], `${path}[0]`) : [];
  return Object.entries(json).flatMap(([name, value]) => {
    const field = `${path}.${name}`;
    return [{ field, holder: json, name }, ...(isJson(value) ? fieldsIn(value, field) : [])];
  });
}

function bodyWithout(root: Json, { holder, name }: Field): string {
  const kept = holder[name];
  Reflect.deleteProperty(holder, name);
  const body = JSON.stringify(root);
  holder[name] = kept;
  return body;
}

function onArray(root: Json, g: GeneratorValue, change: (array: unknown[]) => unknown[]): void {
  const places = placesIn(root).filter(({ holder, name }) => Array.isArray(Reflect.get(holder, name)));
  if (places.length === 0) return;
  const { holder, name } = oneOf(places, g);
  const array: unknown = Reflect.get(holder, name);
  if (Array.isArray(array)) Reflect.set(holder, name, change(array));
}
