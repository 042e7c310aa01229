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

/** Names in a row; of many the first few, and how many more. */
export const inShort = (names: readonly string[], conjunction = ', ', most = 5): string =>
  names.length > most ? `${names.slice(0, most).join(', ')} and ${names.length - most} more` : names.join(conjunction);

/** Orders of which any may be meant, as the subject of a sentence; undefined when there are none. */
export const anyOrderOf = (ids: readonly string[]): string | undefined =>
  ids.length < 2 ? ids[0] && `Order ${ids[0]}` : `One of the orders ${inShort(ids, ', ', 10)}`;
