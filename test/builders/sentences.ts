/** The verbs that remedies begin with: a message begins with the fact. */
const remedies =
  /^(Add|Apply|Ask|Check|Compare|Correct|Create|Delete|Give|Grant|Look|Name|Pay|Read|Set|Start|Switch|Top|Try|Unsubscribe|Wait)\b/;

/** What people would stumble over in a message: it is made of whole sentences in one line, the fact first. */
export function faultsIn(message: string): string[] {
  return [
    ...(/[^.\s][.]$/.test(message) ? [] : ['does not end with one full stop']),
    ...(message.includes('..') ? ['has two full stops'] : []),
    ...(/\s{2}|\n/.test(message) || message !== message.trim() ? ['has white space that nobody needs'] : []),
    ...(remedies.test(message) ? ['begins with what to do'] : []),
    ...(/ [.,;:]|[,;:][.]/.test(message) ? ['has a stray mark'] : []),
    ...(/undefined|null|\[object|NaN/.test(message) ? ['shows a value that is none'] : []),
  ].map((fault) => `${fault}: ${message}`);
}
