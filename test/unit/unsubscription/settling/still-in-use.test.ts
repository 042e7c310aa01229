import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hours } from '../../../../operator/clock.ts';
import { stillInUse } from '../../../../operator/unsubscription/settling/still-in-use.ts';
import type { PlacementEvidence } from '../../../../operator/unsubscription/snapshot.ts';
import { resourceIdOf } from '../../../builders/dccserver.ts';
import { lookedAt, minutesLater } from '../../../builders/metadata.ts';
import { faultsIn } from '../../../builders/sentences.ts';
import { anEvidence, rows } from '../../../builders/snapshot.ts';
import { aPlacement, aRequest } from '../../../builders/unsubscriptionrequest.ts';

type Row = Parameters<typeof rows>[0];

const names = ['server-1', 'server-2', 'server-3'];
const [one = '', two = '', three = ''] = names.map(resourceIdOf);
const call = aPlacement({
  ...{ state: 'Accepted', servers: names, resourceIds: [one, two, three] },
  orders: [{ orderId: 'CS1', state: 'Completed' }],
  ordersEndedAt: lookedAt.toISOString(),
});
const showing = (states: readonly Row[], later = 60): PlacementEvidence =>
  anEvidence({
    rows: new Map(states.flatMap((state, index) => [...rows(state, names[index] ?? '')])),
    cloudTime: minutesLater(later),
  });
const found = (states: readonly Row[], statement?: string, changes: Partial<typeof call> = {}, later = 60) =>
  stillInUse({ ...call, ...changes }, showing(states, later), {
    ...{ request: aRequest().metadata, window: hours(1) },
    statement,
  });
const twoLeft: readonly Row[] = ['Closed', 'InUse', 'InUse'];
const oneLeft: readonly Row[] = ['Closed', 'Absent', 'InUse'];

describe('nothing is asked', () => {
  test('before the rows have had their time', () => {
    expect(found(twoLeft, `refused=${two},${three}`, {}, 59)).toBeUndefined();
    expect(found(twoLeft, undefined, { ordersEndedAt: undefined })).toBeUndefined();
  });

  test('when every row reads as gone', () => {
    expect(found(['Closed', 'Closed', 'Absent'])).toBeUndefined();
  });

  test('of a resource whose refusal the answer told', () => {
    expect(found(oneLeft, undefined, { failed: [{ resourceId: three, code: 'C', message: 'No.' }] })).toBeUndefined();
  });
});

describe('a person is asked', () => {
  test('for the part that was refused, with the command that says so', () => {
    expect(found(twoLeft)).toEqual({
      kind: 'Stuck',
      detail: `Call 1.1 does not come to its end: order CS1 was completed by ${lookedAt.toISOString()}, and ${two}, ${three} are still in use. Look in Billing Center > My Orders whether the order is for them. If not, the cloud refused that part: \`kubectl -n datacenter annotate unsub retire --overwrite settle.dcc-operator.io/1.1=refused=${two},${three}\`. If it is, open a ticket with the cloud: the operator goes on once the row has followed.`,
    });
  });

  test('to break the glass when nothing of the call is gone', () => {
    const detail = expect.stringContaining(
      'annotate unsub retire --overwrite dcc-operator.io/force-release=<reason>`.',
    );
    expect(found(['InUse', 'Frozen', 'Expired'])).toEqual({ kind: 'Stuck', detail });
  });

  test('when no row tells: nobody would look otherwise, and nothing that they state could be compared with it', () => {
    const seen = `and the billing centre does not say clearly whether it still has ${two}.`;
    const look = 'Look in Billing Center > My Orders whether the order is for it.';
    const end = 'If not, delete the request and let it go by force: `kubectl -n datacenter annotate unsub retire';
    const detail = expect.stringMatching(new RegExp(`${seen}.*${look}.*${end}`));
    expect(found(['Closed', 'Unknown', 'Absent'])).toEqual({ kind: 'Stuck', detail });
    expect(found(['Closed', 'Unknown', 'InUse'])).toMatchObject({
      detail: expect.stringMatching(new RegExp(`and ${three} is still in use, ${seen}.*by force`)),
    });
  });

  test('whatever settled the call before', () => {
    for (const statement of ['CS1', 'none', 'refused']) expect(found(twoLeft, statement)).toEqual(found(twoLeft));
  });
});

test.each([
  ['one', oneLeft, `refused=${three}`, [three]],
  ['several, with spaces, one twice', twoLeft, `refused=${two}, ${three},${two}`, [two, three]],
  ['one that has expired', ['Closed', 'Closed', 'Expired'] as const, `refused=${three}`, [three]],
])('a refused part is believed that reads as in use while all others are gone: %s', (_, states, statement, named) => {
  const message = 'A person stated that the cloud refused it.';
  const failed = named.map((resourceId) => ({ resourceId, code: 'Stated', message }));
  expect(found(states, statement)).toEqual({ kind: 'RefusedInPart', placement: { ...call, failed } });
});

test('a refused part is added to what the answer told', () => {
  const told = { resourceId: two, code: 'CBC.0100', message: 'No.' };
  expect(found(['Closed', 'InUse', 'InUse'], `refused=${three}`, { failed: [told] })).toMatchObject({
    kind: 'RefusedInPart',
    placement: { failed: [told, { resourceId: three, code: 'Stated' }] },
  });
});

test.each<[why: string, states: readonly Row[], statement: string]>([
  ['"x" is no resource that the call may still be for', twoLeft, 'refused=x'],
  ['"" is no resource that the call may still be for', twoLeft, 'refused='],
  [`${one} does not read as in use`, twoLeft, `refused=${one},${two},${three}`],
  [`${two} does not read as in use`, ['Closed', 'Unknown', 'InUse'], `refused=${two},${three}`],
  [`${three} does not read as gone, and is not named`, twoLeft, `refused=${two}`],
  [`${two} does not read as gone, and is not named`, ['Closed', 'Unknown', 'InUse'], `refused=${three}`],
  [
    'an order that has ended was for one of them at least',
    ['InUse', 'InUse', 'InUse'],
    `refused=${one},${two},${three}`,
  ],
])('it is not believed when %s', (why, states, statement) => {
  const answer = found(states, statement);
  expect(answer).toMatchObject({ kind: 'Stuck', refused: statement });
  const detail = answer?.kind === 'Stuck' ? answer.detail : '';
  expect(detail).toMatch(/^Call 1\.1 does not come to its end/);
  expect(detail.endsWith(`is not believed: ${why}.`)).toBe(true);
  expect(faultsIn(detail)).toEqual([]);
});

test('whatever is stated, nothing is believed against a row, and a call that ends by it gave something back', () => {
  const row = fc.constantFrom<Row>('InUse', 'Closed', 'Frozen', 'Expired', 'Absent', 'Unknown');
  fc.assert(
    fc.property(fc.tuple(row, row, row), fc.subarray([one, two, three, 'x']), (states, named) => {
      const answer = found(states, `refused=${named.join()}`);
      if (answer?.kind !== 'RefusedInPart') return;
      const refused = new Set(answer.placement.failed?.map(({ resourceId }) => resourceId));
      expect([...refused].sort()).toEqual([...named].sort());
      for (const [index, id] of [one, two, three].entries())
        expect(['Closed', 'Absent'].includes(states[index] ?? '')).toBe(!refused.has(id));
      expect(refused.size).toBeLessThan(3);
    }),
  );
});
