import { tmpdir } from 'node:os';
import { describe, expect, test } from 'vitest';
import { buildFlags, olderThan, requireGo } from '../../cluster/go.ts';

describe('Go', () => {
  test.each([
    ['1.25.9', '1.26.0', true],
    ['1.9', '1.26.0', true],
    ['1.26', '1.26.1', true],
    ['1.26.0', '1.26.0', false],
    ['1.26', '1.26.0', false],
    ['1.26.8', '1.26.0', false],
    ['1.27rc1', '1.26.0', false],
    ['2.0', '1.26.0', false],
  ])('%s is older than %s: %s', (found, minimum, older) => {
    expect(olderThan(found, minimum)).toBe(older);
  });

  test('that is too old is refused with what to install', async () => {
    await expect(requireGo(tmpdir(), '99.0.0', process.env)).rejects.toThrow(
      /^Go 1\.\d+\S* is too old .*: install Go 99\.0\.0 or newer/,
    );
  });

  test('links without debug information and with the stamps', () => {
    expect(buildFlags({ 'a.b': 'v1', 'a.c': '2' })).toEqual(['-trimpath', '-ldflags', '-s -w -X a.b=v1 -X a.c=2']);
  });
});
