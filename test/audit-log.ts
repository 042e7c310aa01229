import { z } from 'zod';
import { auditLines } from '../operator/unsubscription/audit-lines.ts';

const shown = z.looseObject({ audit: z.string() });

/** What each audit line must be, field by field and with nothing else, by its value of `audit`. */
const schemas = new Map<string, z.ZodType>(
  Object.entries(auditLines).map(([audit, { level, words, fields }]) => [
    audit,
    z.strictObject({
      level: z.literal(level),
      time: z.iso.datetime(),
      audit: z.literal(audit),
      msg: z.literal(words),
      ...fields,
    }),
  ]),
);

export interface AuditLine {
  audit: string;
  request: string;
  call?: string | undefined;
  [field: string]: unknown;
}

const line = z.looseObject({ audit: z.string(), request: z.string(), call: z.string().optional() });

/** The audit lines among what an operator wrote, each checked. @throws on one that is not as documented. */
export const auditLinesIn = (log: readonly string[]): AuditLine[] =>
  log
    .filter((text) => text.includes('"audit":'))
    .map((text) => {
      const written = shown.parse(JSON.parse(text));
      const schema = schemas.get(written.audit);
      if (schema === undefined) throw new Error(`there is no audit line ${written.audit}`);
      const checked = schema.safeParse(written);
      if (!checked.success) throw new Error(`${text}\n${z.prettifyError(checked.error)}`);
      return line.parse(written);
    });

/** The rows of the two tables in `docs/audit-log.md`: the lines, and their fields. */
export function documentedRows(): { lines: string[][]; fields: string[][] } {
  const lines = Object.entries(auditLines).map(([audit, { level, words }]) => [`\`${audit}\``, level, words]);
  const uses = Object.entries(auditLines).flatMap(([audit, { fields }]) =>
    Object.entries<z.ZodType>(fields).map(([name, schema]) => ({ audit, name, description: descriptionOf(schema) })),
  );
  const groups = Map.groupBy(uses, ({ name, description }) => JSON.stringify([name, description]));
  const fields = [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    const kinds = inShort(group.map(({ audit }) => audit));
    return [[`\`${first.name}\``, first.description, kinds]];
  });
  return { lines, fields: fields.sort(([a = ''], [b = '']) => a.localeCompare(b)) };
}

/** An optional field has the description on what it wraps. */
function descriptionOf(schema: z.ZodType): string {
  if (schema.description !== undefined) return schema.description;
  const inner: unknown = schema instanceof z.ZodOptional ? schema.unwrap() : undefined;
  return inner instanceof z.ZodType ? descriptionOf(inner) : '';
}

/** The longer list is told by what it lacks. */
function inShort(kinds: readonly string[]): string {
  const others = Object.keys(auditLines).filter((kind) => !kinds.includes(kind));
  if (others.length === 0) return 'all';
  return kinds.length > others.length ? `all but ${others.join(', ')}` : kinds.join(', ');
}
