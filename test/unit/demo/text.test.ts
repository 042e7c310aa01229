import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { colouredText, columns, cut, plainText, span, wrap } from '../../demo/text.ts';

const line = [span('dcc-host-01', 'bold'), span('  '), span('Frozen', 'yellow')];

describe('a line', () => {
  test('has escape codes only where colours are wanted', () => {
    expect(plainText(line)).toBe('dcc-host-01  Frozen');
    expect(colouredText(line)).toBe('\u001b[1mdcc-host-01\u001b[22m  \u001b[33mFrozen\u001b[39m');
  });

  test('that fits stays as it is, and a longer one says that it was cut', () => {
    expect(cut(line, 19)).toEqual(line);
    expect(plainText(cut(line, 18))).toBe('dcc-host-01  Froz…');
    expect(plainText(cut(line, 5))).toBe('dcc-…');
  });

  test('is never wider than it may be', () => {
    const lines = fc.array(fc.string().map((text) => span(text)));
    fc.assert(
      fc.property(lines, fc.integer({ min: 1, max: 40 }), (any, width) => {
        expect(plainText(cut(any, width)).length).toBeLessThanOrEqual(width);
      }),
    );
  });
});

describe('a text', () => {
  test('is broken between words', () => {
    expect(wrap('web-01 is on the server', 12)).toEqual(['web-01 is on', 'the server']);
  });

  test('keeps its own line breaks, and a word that is too long', () => {
    expect(wrap('a\nb unsubscription', 5)).toEqual(['a', 'b', 'unsubscription']);
  });

  test('loses no word', () => {
    const words = fc.array(fc.stringMatching(/^[a-z]{1,12}$/), { minLength: 1 });
    fc.assert(
      fc.property(words, fc.integer({ min: 1, max: 40 }), (any, width) => {
        expect(wrap(any.join(' '), width).join(' ')).toBe(any.join(' '));
      }),
    );
  });
});

test('cells stand in columns, and the last one is not padded', () => {
  const rows = [
    [span('SERVER'), span('VMS')],
    [span('a'), span('2')],
  ];
  expect(columns(rows).map(plainText)).toEqual(['SERVER  VMS', 'a       2']);
});
