/**
 * Words that come from elsewhere (the cloud, an error, a person) as a sentence that others may follow: in one line, with one
 * full stop at the end. Pure.
 */
export function sentence(words: string): string {
  const line = words
    .replace(/\s+/g, ' ')
    .replace(/[. ]+$/, '')
    .trimStart();
  return line === '' || /[!?]$/.test(line) ? line : `${line}.`;
}
