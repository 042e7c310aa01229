import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { z } from 'zod';
import { chart } from './helm.ts';

const schema = z.looseObject({
  properties: z.record(z.string(), z.unknown()),
  'x-kubernetes-validations': z.unknown().optional(),
});
const definition = z.looseObject({
  spec: z.looseObject({
    versions: z.tuple([
      z.looseObject({
        schema: z.looseObject({
          openAPIV3Schema: z.looseObject({ properties: z.looseObject({ spec: schema }) }),
        }),
      }),
    ]),
  }),
});

/** The chart as it may have been before `field` was made: its definition of a request lacks it. */
export interface OlderChart extends AsyncDisposable {
  readonly path: string;
}

/** Copies the chart without a field of the spec of a request. */
export async function olderChart(field: string): Promise<OlderChart> {
  const folder = await mkdtemp(join(tmpdir(), 'dcc-operator-older-'));
  const path = join(folder, 'dcc-operator');
  await cp(chart, path, { recursive: true });
  const file = join(path, 'files/crds/dcc-operator.io_unsubscriptionrequests.yaml');
  const crd = definition.parse(parse(await readFile(file, 'utf8')));
  const { spec } = crd.spec.versions[0].schema.openAPIV3Schema.properties;
  if (spec.properties[field] === undefined) throw new Error(`a request has no field ${field}`);
  delete spec.properties[field];
  // One of its rules is about that field.
  delete spec['x-kubernetes-validations'];
  await writeFile(file, stringify(crd));
  return { path, [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) };
}
