import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { ensureBinaries } from '../cluster/binaries.ts';

const definition = z.object({
  spec: z.object({
    names: z.object({ singular: z.string() }),
    versions: z.tuple([z.object({ name: z.literal('v1'), schema: z.object({ openAPIV3Schema: z.unknown() }) })]),
  }),
});
const object = z.record(z.string(), z.unknown());

/**
 * Writes strict schemas of the Prometheus operator's kinds into `folder`, as `<kind>-monitoring-v1.json`, from the definitions that a real
 * cluster takes.
 */
export async function writePrometheusOperatorSchemas(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const files = await ensureBinaries(['servicemonitors.yaml', 'prometheusrules.yaml']);
  for (const file of Object.values(files)) {
    const { names, versions } = definition.parse(parse(await readFile(file, 'utf8'))).spec;
    const schema = strict(versions[0].schema.openAPIV3Schema);
    await writeFile(join(folder, `${names.singular}-monitoring-v1.json`), JSON.stringify(schema));
  }
}

/** The schema, and each within it, with no fields but those that it names: the API server drops others without a word. */
function strict(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(strict);
  const parsed = object.safeParse(schema);
  if (!parsed.success) return schema;
  const fields = Object.fromEntries(Object.entries(parsed.data).map(([name, value]) => [name, strict(value)]));
  const closed = object.safeParse(fields['properties']).success && fields['type'] === 'object';
  return closed ? { additionalProperties: false, ...fields } : fields;
}
