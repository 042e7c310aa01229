import { readFile } from 'node:fs/promises';
import { CredentialsError, oneWord } from '../credentials.ts';

/**
 * Reads the token in a file, which whoever puts it there replaces before it ends (the kubelet does): so it is read each time
 * that it is needed. Throws a `CredentialsError` that names the variable and the file.
 */
export async function readTokenFile(path: string, variable: string, remedy: string): Promise<string> {
  const fault = (what: string) => new CredentialsError(`The file ${path} that ${variable} names ${what}.`, remedy);
  let text: string;
  try {
    text = (await readFile(path, 'utf8')).trim();
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'an unknown error';
    throw fault(code === 'ENOENT' ? 'does not exist' : `cannot be read (${code})`);
  }
  const parsed = oneWord.safeParse(text);
  if (parsed.success) return parsed.data;
  throw fault(text === '' ? 'is empty' : 'holds something else than one token');
}
