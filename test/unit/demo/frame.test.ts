import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type FrameContent, frame } from '../../demo/frame.ts';
import { plainText, span } from '../../demo/text.ts';
import { aBlocker, aPlan, inState, observed, requested } from './objects.ts';

const content = (changes: Partial<FrameContent> = {}): FrameContent => ({
  title: 'demo, chapter 2',
  corner: '12.3s',
  view: { servers: [], requests: [] },
  story: [],
  ...changes,
});
const picture = (changes: Partial<FrameContent>, size = { rows: 23, columns: 79 }) =>
  frame(content(changes), size).map(plainText);
const lines = (count: number) => Array.from({ length: count }, (_, at) => [span(`line ${at + 1}`)]);

const servers = [
  observed('dcc-host-01', ['web-01', 'web-02']),
  observed('dcc-host-03', [], { subscription: { status: 'Frozen' } }),
];
const requests = [
  requested('retire-dcc-host-01', 'Blocked', { plan: aPlan, blockers: [aBlocker('web-01 (ECS) is on the server.')] }),
  requested('retire-dcc-host-02', 'Complete', { plan: aPlan, refund: '22538.11 CNY' }),
];

describe('the picture', () => {
  test('shows servers, requests with what blocks them and what to do, and the story below', () => {
    expect(picture({ view: { servers, requests }, story: lines(2) })).toEqual([
      '── demo, chapter 2 ─────────────────────────────────────────────────── 12.3s ──',
      'SERVER       SUBSCRIPTION  STATE     VMS  ',
      'dcc-host-01  InUse         Observed  2    web-01, web-02',
      'dcc-host-03  Frozen        Observed  0    ',
      '',
      'REQUEST             STATE     PLAN            APPROVED  REFUND',
      'retire-dcc-host-01  Blocked   plan-01234567…  no        -',
      '  - web-01 (ECS) is on the server. Delete it.',
      'retire-dcc-host-02  Complete  plan-01234567…  no        22538.11 CNY',
      '─'.repeat(79),
      'line 1',
      'line 2',
    ]);
  });

  test('shows a request that nobody has looked at yet', () => {
    const view = { servers: [], requests: [requested('retire', 'Blocked', { conditions: [] })] };
    expect(picture({ view })).toContain('retire   -      -     no        -');
  });

  test('says whether the plan is approved', () => {
    const conditions = inState('Ordering').conditions.map((one) => ({
      ...one,
      type: 'Approved',
      status: 'True' as const,
    }));
    const view = { servers: [], requests: [requested('retire', 'Ordering', { conditions })] };
    expect(picture({ view })).toContain('retire   -      -     yes       -');
  });

  test('gives the newest lines the room that is left', () => {
    expect(picture({ story: lines(50) }, { rows: 6, columns: 20 }).slice(-2)).toEqual(['line 49', 'line 50']);
  });

  test('leaves out what would take the room of the story, and says so', () => {
    const blockers = Array.from({ length: 30 }, (_, at) => aBlocker(`machine ${at} is on the server.`));
    const view = { servers, requests: [requested('retire', 'Blocked', { blockers })] };
    const shown = picture({ view, story: lines(6) });
    expect(shown.slice(-6)).toEqual(lines(6).map(plainText));
    expect(shown).toContainEqual(expect.stringMatching(/^ {2}… [0-9]+ more lines$/));
  });

  test('is never larger than the terminal', () => {
    const story = fc.integer({ min: 0, max: 60 }).map(lines);
    const size = fc.record({ rows: fc.integer({ min: 10, max: 60 }), columns: fc.integer({ min: 10, max: 200 }) });
    fc.assert(
      fc.property(story, size, (any, within) => {
        const shown = frame(content({ view: { servers, requests }, story: any }), within).map(plainText);
        expect(shown.length).toBeLessThanOrEqual(within.rows);
        expect(Math.max(...shown.map((line) => line.length))).toBeLessThanOrEqual(within.columns);
      }),
    );
  });
});
