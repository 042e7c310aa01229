import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type Clock, milliseconds, minutes, seconds } from '../../../operator/clock.ts';
import { formatElapsed, showProgress } from '../../cluster/progress.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const clock: Clock = {
  now: () => new Date(),
  elapsed: () => milliseconds(Date.now()),
  sleep: () => Promise.resolve(),
  after: () => () => undefined,
  timeout: () => new AbortController().signal,
};

/** Somewhere to write, that remembers what was written. */
function recorder(terminal: { isTTY?: boolean; columns?: number } = {}) {
  const written: string[] = [];
  return { ...terminal, written, write: (text: string) => written.push(text) };
}

describe('progress', () => {
  test('in a log is a line at once and every 20 seconds', () => {
    const output = recorder();
    using progress = showProgress('building', output, clock);
    progress.update('package a');
    vi.advanceTimersByTime(seconds(19));
    progress.update('package b');
    vi.advanceTimersByTime(seconds(21));
    expect(output.written).toEqual([
      'building 0s: compiling and linking\n',
      'building 20s: package b\n',
      'building 40s: package b\n',
    ]);
  });

  test('on a terminal is one line that is drawn over and never longer than the terminal is wide', () => {
    const output = recorder({ isTTY: true, columns: 24 });
    using progress = showProgress('building', output, clock);
    progress.update('a package with a long name');
    vi.advanceTimersByTime(seconds(2));
    expect(output.written.at(-1)).toBe('\r\u001b[2Kbuilding 2s: a package ');
    expect(output.written.join('')).not.toContain('\n');
  });

  test.each([{}, { isTTY: true }])('shows nothing more after its end (%o)', (terminal) => {
    const output = recorder(terminal);
    showProgress('building', output, clock)[Symbol.dispose]();
    const before = output.written.length;
    vi.advanceTimersByTime(minutes(5));
    expect(output.written.length).toBe(before);
    if (terminal.isTTY) expect(output.written.at(-1)).toBe('\r\u001b[2K');
  });

  test.each([
    [0, '0s'],
    [59_999, '59s'],
    [187_000, '3m07s'],
    [3_723_000, '1h02m03s'],
  ])('tells %i ms as %s', (duration, told) => {
    expect(formatElapsed(milliseconds(duration))).toBe(told);
  });
});
