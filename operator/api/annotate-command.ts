import type { Metadata } from './objects.ts';

/**
 * The command by which a person annotates an object, between backticks: it can be copied as it stands, and no full stop is taken for a part of its
 * value. Without a value it takes the annotation away. What is still to be filled in is in capitals; where a person
 * has to think first, between pointed brackets, which no shell takes as they stand.
 */
export function annotateCommand(
  resource: 'unsub' | 'dccs',
  { namespace, name }: Pick<Metadata, 'namespace' | 'name'>,
  annotation: string,
  value?: string,
): string {
  const change = value === undefined ? `${annotation}-` : `--overwrite ${annotation}=${quoted(value)}`;
  return `\`kubectl -n ${namespace} annotate ${resource} ${name} ${change}\``;
}

/** As one word of a shell. */
const quoted = (value: string): string =>
  /^[\w.,:=@%+/-]+$|^<\w+>$/.test(value) ? value : `'${value.replaceAll("'", String.raw`'\''`)}'`;
