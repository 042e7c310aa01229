import { globSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { placementsSchema, unsubscriptionRequestStatusSchema } from '../../operator/api/unsubscriptionrequest.ts';
import { happenings, stateOfCall } from '../../operator/unsubscription/report/events.ts';
import { aPlacement } from '../builders/unsubscriptionrequest.ts';

/** A row of the table: which Event, of which type, on which kind. */
type Row = readonly [reason: string, type: string, on: string];

const read = (file: string) => readFileSync(file, 'utf8');
const allOf = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map(([, ...groups]) => groups);

const sources = globSync('operator/**/*.ts').map((file) => ({ file, text: read(file) }));

/** A happening in the code, up to its action: each has one, and nothing else does. */
const happening =
  /(?:type(?:: (?<type>[^,]+))?,\s*reason(?:: (?<reason>[^,]+))?,\s*)?\baction: '|\.\.\.warning, reason: (?<warned>'\w+')/g;

interface Found {
  readonly file: string;
  readonly type: string;
  /** As it stands there: in quotes when it is a word. */
  readonly reason: string;
}

const found: readonly Found[] = sources.flatMap(({ file, text }) =>
  [...text.matchAll(happening)].map(({ groups = {} }) => ({
    file,
    type: groups['warned'] === undefined ? (groups['type'] ?? '').replaceAll("'", '') : 'Warning',
    reason: groups['warned'] ?? groups['reason'] ?? '',
  })),
);

const isWord = ({ reason }: Found): boolean => /^'\w+'$/.test(reason);

/** What is told of the objects that both controllers have, by the place that tells it. */
const kindOf = ({ file }: Found): string => {
  if (file === 'operator/left-objects.ts' || file === 'operator/contexts.ts') return 'both';
  return file.startsWith('operator/inventory/') ? 'server' : 'request';
};

function words(): Row[] {
  const rows = found.filter(isWord).map((one) => [one.reason.slice(1, -1), one.type, kindOf(one)] as const);
  const byReason = Map.groupBy(rows, ([reason]) => reason);
  return [...byReason.values()].flatMap((same) => {
    const [first] = same;
    const kinds = new Set(same.map(([, , on]) => on));
    return first === undefined ? [] : [[first[0], first[1], kinds.size > 1 ? 'both' : first[2]] as const];
  });
}

/** The reasons of Ready on a request, by the type that names them all. An object that cannot be understood is told of by its status alone. */
function statesOfRequests(): Row[] {
  const [[union = ''] = []] = allOf(read('operator/api/conditions.ts'), /export type ReadyReason =([^;]+);/g);
  const reasons = allOf(union, /'(\w+)'/g).flat();
  return reasons
    .filter((reason) => reason !== 'Unreadable')
    .map((reason) => {
      const lastTransitionTime = '2026-03-01T04:00:00Z';
      const ready = { type: 'Ready', status: 'False', reason, message: 'so', lastTransitionTime } as const;
      const [told] = happenings({}, { conditions: [ready] });
      return [told?.reason ?? '', told?.type ?? '', 'request'] as const;
    });
}

function statesOfServers(): Row[] {
  const ready = allOf(read('operator/inventory/conditions.ts'), /condition\('Ready', '\w+', '(\w+)'/g).flat();
  const [[list = ''] = []] = allOf(read('operator/inventory/reconcile.ts'), /const badStates = \[([^\]]+)\]/g);
  return ready.map((reason) => [reason, list.includes(`'${reason}'`) ? 'Warning' : 'Normal', 'server'] as const);
}

function calls(): Row[] {
  const { state, result } = placementsSchema.element.shape;
  const entries = [
    ...state.options.map((one) => aPlacement({ state: one })),
    ...result.unwrap().options.map((one) => aPlacement({ state: 'Accepted', result: one })),
  ];
  return entries.map((entry) => [stateOfCall(entry).reason, stateOfCall(entry).type, 'request'] as const);
}

const warnings = (): Row[] =>
  unsubscriptionRequestStatusSchema.shape.warnings
    .unwrap()
    .element.shape.reason.options.map((reason) => [reason, 'Warning', 'request'] as const);

const overdue = (): Row[] =>
  allOf(read('operator/unsubscription/report/overdue.ts'), /type: '(\w+)', status: 'True'/g).map(
    ([reason = '']) => [reason, 'Warning', 'request'] as const,
  );

test('docs/events.md has every Event, with its type and its kind, and nothing else', () => {
  const documented = allOf(read('docs/events.md'), /^\| `(\w+)` +\| (\w+) +\| (\w+) +\|/gm);
  const rows = [...words(), ...statesOfRequests(), ...statesOfServers(), ...calls(), ...warnings(), ...overdue()];
  const sorted = (list: readonly (readonly (string | undefined)[])[]) => list.map((row) => row.join(' ')).sort();
  expect(sorted(documented)).toEqual(sorted(rows));
});

test('no Event has its reason from anywhere else', () => {
  const others = found.filter((one) => !isWord(one)).map(({ file, reason }) => `${file} ${reason}`);
  expect(others.sort()).toEqual([
    'operator/api/happenings.ts ready.reason',
    'operator/unsubscription/placement/late-machines.ts ',
    'operator/unsubscription/report/events.ts ',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: so it stands there.
    'operator/unsubscription/report/events.ts `Order${entry.result ?? entry.state}`',
    'operator/unsubscription/report/events.ts overdue.type',
  ]);
});
