// Writes docs/rules.md from the rules and docs/errors.md from the table of errors. `--check` writes nothing and fails when one is not what it would write.
import { bringUpToDate } from '../../crds/generated-files.ts';
import { rulesDocument } from './document.ts';
import { errorsDocument } from './errors-document.ts';

bringUpToDate([
  { path: 'docs/rules.md', content: rulesDocument() },
  { path: 'docs/errors.md', content: errorsDocument() },
]);
