import type { RoundResult } from './round.ts';
import { strikeInWords } from './strikes.ts';

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);

/** The counts of rounds of each kind, as a Markdown table. */
export function table(results: readonly RoundResult[]): string {
  const kinds = [...new Set(results.map(kindOf))].sort();
  const rows = [
    ...kinds.map((kind) => [kind, results.filter((result) => kindOf(result) === kind)] as const),
    ['all', results] as const,
  ];
  const heads = [
    'rounds',
    'number',
    'with a death',
    'kills',
    'deaths that never came',
    'requests',
    'orders',
    'read back',
    'never placed',
    'asked: stated by a person',
    'asked: read back later',
    'two orders',
    'failed',
  ];
  const line = (cells: readonly (string | number)[]) => `| ${cells.join(' | ')} |`;
  return [
    line(heads),
    line(heads.map(() => '---')),
    ...rows.map(([kind, some]) => line([kind, ...countsOf(some)])),
  ].join('\n');
}

const kindOf = ({ plan: { approve, operators, title } }: RoundResult): string =>
  typeof approve === 'function' ? title : operators;

function countsOf(results: readonly RoundResult[]): number[] {
  const ended = (matches: (end: string) => boolean) =>
    sum(results.flatMap(({ ends }) => Object.entries(ends).map(([end, count]) => (matches(end) ? count : 0))));
  return [
    results.length,
    results.filter(({ kills }) => kills > 0).length,
    sum(results.map(({ kills }) => kills)),
    sum(results.map(({ struck }) => struck.filter((where) => where === undefined).length)),
    sum(results.map(({ plan }) => plan.requests.length)),
    sum(results.map(({ orders }) => orders)),
    ended((end) => end === 'Accepted, read back'),
    ended((end) => end === 'NotPlaced, read back'),
    ended((end) => end.endsWith(', stated')),
    ended((end) => end.endsWith(', read back after a question')),
    results.filter(({ broken }) => broken.some((why) => /ordered twice|one too many/.test(why))).length,
    results.filter(({ broken }) => broken.length > 0).length,
  ];
}

/** All that a person needs to look into a round that failed. */
export function failureText({ plan, broken, struck, leftIn }: RoundResult): string {
  return [
    `FAILED: ${plan.title} (${plan.operators}; asked: ${plan.asked})`,
    ...plan.strikes.map((strike, index) => `  to die ${strikeInWords(strike)}: ${struck[index] ?? 'never came'}`),
    ...plan.faults.map(({ effect }) => `  the cloud: ${JSON.stringify(effect)}`),
    ...plan.mischiefInWords.map((words) => `  ${words}`),
    ...broken.map((why) => `  broken: ${why}`),
    `  everything that was seen: ${leftIn}`,
  ].join('\n');
}

/** One round in a line. */
export function lineOf({ plan, took, kills, orders, ends }: RoundResult): string {
  const calls = Object.entries(ends).map(([end, count]) => `${count} ${end}`);
  return `${plan.title}, ${plan.operators}, ${Math.round(took / 1_000)} s, ${kills} kills, ${orders} orders, calls: ${calls.join('; ')}`;
}
