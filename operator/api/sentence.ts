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

const mostNamed = 10;

/** Orders of which any may be meant, as the subject of a sentence; undefined when there are none. */
export function anyOrderOf(ids: readonly string[]): string | undefined {
  if (ids.length < 2) return ids[0] && `Order ${ids[0]}`;
  const more = ids.length > mostNamed ? ` and ${ids.length - mostNamed} more` : '';
  return `One of the orders ${ids.slice(0, mostNamed).join(', ')}${more}`;
}

const mostInShort = 5;

/** Names in a row; of many the first few, and how many more. */
export const inShort = (names: readonly string[], conjunction = ', '): string =>
  names.length > mostInShort
    ? `${names.slice(0, mostInShort).join(', ')} and ${names.length - mostInShort} more`
    : names.join(conjunction);
