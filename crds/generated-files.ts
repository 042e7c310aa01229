import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** A file that is made from the code and committed; its path is below the root of the repository. */
export interface GeneratedFile {
  readonly path: string;
  readonly content: string;
}

/** Writes the files that differ; with `--check` among the arguments it writes nothing, and fails the process when one does. */
export function bringUpToDate(files: readonly GeneratedFile[]): void {
  const root = `${import.meta.dirname}/..`;
  const outdated = files.filter(({ path, content }) => {
    const file = `${root}/${path}`;
    return !existsSync(file) || readFileSync(file, 'utf8') !== content;
  });
  if (process.argv.includes('--check')) {
    if (outdated.length === 0) return;
    console.error(`Not up to date: ${outdated.map(({ path }) => path).join(', ')}. Run: npm run generate`);
    process.exitCode = 1;
    return;
  }
  for (const { path, content } of outdated) {
    mkdirSync(dirname(`${root}/${path}`), { recursive: true });
    writeFileSync(`${root}/${path}`, content);
    console.log(`wrote ${path}`);
  }
}
