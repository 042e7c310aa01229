// Writes docs/rules.md from the rules. `--check` writes nothing and fails when it is not what it would write.
import { bringUpToDate } from '../../crds/generated-files.ts';
import { rulesDocument } from './document.ts';

bringUpToDate([{ path: 'docs/rules.md', content: rulesDocument() }]);
