import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = join(import.meta.dirname, '../../docs/runbooks');

/** A command of a runbook, as it stands there, without the comment behind it. */
export interface Command {
  readonly runbook: string;
  readonly text: string;
}

/** The names of the runbooks, which are those of the alerts. */
export const runbooks: readonly string[] = readdirSync(folder)
  .map((file) => file.replace(/\.md$/, ''))
  .filter((name) => name !== 'README')
  .sort();

export const textOf = (runbook: string): string => readFileSync(join(folder, `${runbook}.md`), 'utf8');

/** Every command of a runbook in its order: the lines of its blocks for the shell, and what a step names. */
export function commandsOf(runbook: string): Command[] {
  const text = textOf(runbook);
  const found = [...text.matchAll(/```sh\n([\s\S]*?)```|`((?:kubectl|curl) [^`]+)`/g)];
  return found
    .flatMap(([, block, inline = '']) => block?.split('\n') ?? [inline])
    .map((line) =>
      line
        .replace(/ {2,}# .*$/, '')
        .replace(/ +# [^'"]*$/, '')
        .trim(),
    )
    .filter((line) => line !== '')
    .map((line) => ({ runbook, text: line }));
}
