import type { Readable } from 'node:stream';
import { KubernetesError } from './errors.ts';

/** Ten times what etcd takes for one object: a longer line is not a watch event, and must not fill the memory. */
const longestLine = 16 * 1024 * 1024;

/**
 * The lines of a stream, without their ends. What follows the last line end is given too: if it is half an event, parsing
 * it will tell.
 * @throws KubernetesError `Malformed` for a line beyond all measure; else the stream's own error.
 */
export async function* splitLines(stream: Readable): AsyncGenerator<string> {
  stream.setEncoding('utf8');
  let rest = '';
  for await (const chunk of stream) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
    if (rest.length > longestLine)
      throw new KubernetesError('Malformed', `a line of more than ${longestLine} characters`);
  }
  if (rest !== '') yield rest;
}
