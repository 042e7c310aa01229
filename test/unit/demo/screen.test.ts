import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { milliseconds, seconds } from '../../../operator/clock.ts';
import type { Entry } from '../../demo/entries.ts';
import { type Output, openScreen } from '../../demo/screen.ts';
import { emptyView, type View } from '../../demo/view.ts';
import { observed } from './objects.ts';
import { terminal } from './terminal.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const open = (output: Output, environment: Record<string, string> = {}) =>
  openScreen({ output, environment, elapsed: () => milliseconds(12_340), corner: () => '' });

const heading = (text: string): Entry => ({ kind: 'Heading', text });
const narration = (text: string): Entry => ({ kind: 'Narration', text });
const event = (text: string, inTable = false): Entry => ({
  kind: 'Event',
  at: milliseconds(1_500),
  subject: 'dcc-host-01',
  text,
  style: 'yellow',
  inTable,
});
const view: View = { servers: [observed('dcc-host-01', ['web-01'])], requests: [] };

describe('where the output is no terminal', () => {
  test('the story is plain lines, each at once and whole', () => {
    const written: string[] = [];
    using screen = open({ write: (text) => written.push(text) });
    screen.show(view);
    screen.tell(heading('The proof'));
    screen.tell({ kind: 'Command', text: `kubectl get ${'x'.repeat(200)}` });
    screen.tell({ kind: 'Output', text: 'a   b\nc   d\n' });
    screen.tell(event('Blocked'));
    vi.advanceTimersByTime(seconds(5));
    expect(written.join('')).toBe(
      `\n== The proof ==\n  $ kubectl get ${'x'.repeat(200)}\n  a   b\n  c   d\n   1.5s  dcc-host-01         Blocked\n`,
    );
  });

  test('long words to the reader are broken', () => {
    const written: string[] = [];
    using screen = open({ write: (text) => written.push(text) });
    screen.tell(narration('word '.repeat(40).trim()));
    expect(Math.max(...written.map((line) => line.length))).toBeLessThan(112);
  });
});

describe('on a terminal', () => {
  test('what is told before there is anything to show is just written', () => {
    const output = terminal();
    using screen = open(output);
    screen.tell(narration('Welcome.'));
    expect(output.text()).toBe('\nWelcome.\n');
  });

  test('the picture is painted in place, again and again', () => {
    const output = terminal();
    using screen = open(output);
    screen.show(emptyView);
    screen.tell(event('Blocked'));
    vi.advanceTimersByTime(seconds(1));
    screen.show(view);
    vi.advanceTimersByTime(seconds(10));
    expect(output.text().match(/dcc-operator demo/g)).toHaveLength(1);
    expect(output.text()).toContain('dcc-host-01  InUse         Observed  1    web-01');
    expect(output.text().split('\n').at(-2)).toBe('   1.5s  dcc-host-01         Blocked');
  });

  test('nothing of a longer line stays behind a shorter one', () => {
    const output = terminal();
    using screen = open(output);
    screen.show(view);
    vi.advanceTimersByTime(seconds(1));
    screen.show({ servers: [observed('dcc-host-01', [])], requests: [] });
    vi.advanceTimersByTime(seconds(1));
    expect(output.text()).not.toContain('web-01');
  });

  test('a chapter that ended stays above for good, and nothing of it is lost or told twice', () => {
    const output = terminal();
    const screen = open(output);
    screen.show(view);
    for (const chapter of ['one', 'two', 'three']) {
      screen.tell(heading(chapter));
      for (let at = 0; at < 30; at += 1) {
        screen.tell(event(`${chapter} ${at}`, at % 2 === 0));
        vi.advanceTimersByTime(130);
      }
    }
    screen.rest();
    const events = output.text().match(/(one|two|three) \d+/g);
    expect(events).toHaveLength(90);
    expect(new Set(events)).toHaveLength(90);
    expect(output.text()).not.toContain('SERVER');
  });

  test('the picture leaves out what its table shows', () => {
    const output = terminal();
    using screen = open(output);
    screen.show(view);
    screen.tell(event('blocked by web-01', true));
    screen.tell(event('Blocked'));
    vi.advanceTimersByTime(seconds(1));
    expect(output.text()).toContain('Blocked');
    expect(output.text()).not.toContain('blocked by web-01');
  });

  test('after its rest nothing is painted any more', () => {
    const output = terminal();
    const screen = open(output);
    screen.show(view);
    screen.rest();
    screen.show(view);
    screen.tell(narration('The end.'));
    vi.advanceTimersByTime(seconds(5));
    expect(output.text()).toBe('\nThe end.\n');
    expect(vi.getTimerCount()).toBe(0);
  });

  test('there are colours, unless NO_COLOR says that there are none', () => {
    const [coloured, colourless] = [terminal(), terminal()];
    for (const [output, environment] of [
      [coloured, { NO_COLOR: '' }],
      [colourless, { NO_COLOR: '1' }],
    ] as const) {
      using screen = open(output, environment);
      screen.tell(event('Blocked'));
    }
    expect(coloured.written).toContain('\u001b[33mBlocked');
    expect(colourless.written).not.toContain('\u001b[33m');
  });

  test('that can do nothing the lines are plain', () => {
    const output = terminal();
    using screen = open(output, { TERM: 'dumb' });
    expect(screen.isLive).toBe(false);
    screen.show(view);
    screen.tell(event('Blocked'));
    expect(output.written).toBe('   1.5s  dcc-host-01         Blocked\n');
  });
});
