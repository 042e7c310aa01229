import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { LineCounter, parseDocument } from 'yaml';
import { type Scenario, scenarioSchema } from './format.ts';
import { unknownPlaceholders } from './placeholders.ts';

/** A scenario file that cannot be used; each line of the message names the file, the place in it, and the fault. */
export class ScenarioFileError extends Error {
  override readonly name = 'ScenarioFileError';
}

/** The paths of all scenario files in a folder of this one, such as `rules`. */
export function scenarioFiles(folder: 'rules' | 'pairs'): string[] {
  const directory = join(import.meta.dirname, folder);
  const files = readdirSync(directory).sort();
  return files.map((file) => join(directory, file));
}

export const loadScenario = (path: string): Scenario => parseScenario(basename(path), readFileSync(path, 'utf8'));

/** Parses a scenario file. Throws a `ScenarioFileError` with all faults that there are. */
export function parseScenario(file: string, text: string): Scenario {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const broken = document.errors.map(({ message, pos }) => `${file}: line ${lines.linePos(pos[0]).line}: ${message}`);
  if (broken.length > 0) throw new ScenarioFileError(broken.join('\n'));
  const content: unknown = document.toJS();
  const unknown = unknownPlaceholders(content).map(
    ({ path, placeholder }) => `${file}: ${placeOf(path)}: there is no placeholder ${placeholder}`,
  );
  if (unknown.length > 0) throw new ScenarioFileError(unknown.join('\n'));
  const parsed = scenarioSchema.safeParse(content);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(({ path, message }) => `${file}: ${placeOf(path)}: ${message}`);
  throw new ScenarioFileError(faults.join('\n'));
}

/** `step 3 (expect.state)`: people count from one. */
function placeOf([first, second, ...rest]: readonly PropertyKey[]): string {
  if (first === undefined) return 'the file';
  if (first !== 'steps' || second === undefined)
    return [first, second, ...rest].filter((key) => key !== undefined).join('.');
  return `step ${Number(second) + 1}${rest.length === 0 ? '' : ` (${rest.join('.')})`}`;
}
