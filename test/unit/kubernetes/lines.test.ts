import { Readable } from 'node:stream';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { splitLines } from '../../../operator/kubernetes/lines.ts';

const linesOf = (chunks: Buffer[]): Promise<string[]> =>
  Readable.from(splitLines(Readable.from(chunks, { objectMode: false }))).toArray();

/** Cuts bytes at the given places, also in the middle of a character. */
function cut(bytes: Buffer, places: number[]): Buffer[] {
  const ends = [...new Set(places.map((place) => place % (bytes.length + 1)))].sort((a, b) => a - b);
  return [...ends, bytes.length].map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end));
}

test('lines are the same wherever the network cuts them', async () => {
  const line = fc.string({ unit: 'grapheme', minLength: 1 }).filter((text) => !/[\n\r]/.test(text));
  await fc.assert(
    fc.asyncProperty(
      fc.array(line, { maxLength: 40, size: 'max' }),
      fc.array(fc.nat(), { maxLength: 80, size: 'max' }),
      async (lines, places) => {
        const bytes = Buffer.from(lines.map((text) => `${text}\n`).join(''));
        expect(await linesOf(cut(bytes, places).filter((chunk) => chunk.length > 0))).toEqual(lines);
      },
    ),
  );
});

test('what follows the last line end is given too, so that half an event is noticed', async () => {
  expect(await linesOf([Buffer.from('{"a":1}\n{"b"')])).toEqual(['{"a":1}', '{"b"']);
});

test('a stream that breaks gives its error, not an end', async () => {
  const stream = new Readable({ read: () => undefined });
  stream.push('whole\nhal');
  const lines = splitLines(stream);
  expect(await lines.next()).toMatchObject({ value: 'whole' });
  stream.destroy(new Error('cut'));
  await expect(lines.next()).rejects.toThrow('cut');
});

test('a line without end does not fill the memory', async () => {
  const megabyte = Buffer.alloc(1024 * 1024, 'x');
  await expect(linesOf(Array.from({ length: 20 }, () => megabyte))).rejects.toMatchObject({ reason: 'Malformed' });
});
