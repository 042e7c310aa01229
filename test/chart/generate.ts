// Writes the chart's README.md, and the comments of its values.yaml, from values.schema.json and its profiles. `--check` writes nothing and
// fails when one is not what it would write.
import { readFileSync } from 'node:fs';
import { bringUpToDate } from '../../crds/generated-files.ts';
import { chart } from './helm.ts';
import { profiles } from './profiles.ts';
import { chartDocument, commentedValues } from './values-document.ts';
import { readValuesSchema } from './values-schema.ts';

const schema = readValuesSchema();
const values = commentedValues(schema, readFileSync(`${chart}/values.yaml`, 'utf8'));

bringUpToDate([
  { path: 'charts/dcc-operator/values.yaml', content: values },
  { path: 'charts/dcc-operator/README.md', content: chartDocument(schema, values, profiles) },
]);
