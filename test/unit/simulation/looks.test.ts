import { expect, test } from 'vitest';
import { resourceIdOf } from '../../builders/dccserver.ts';
import { aPlacement, aRequest } from '../../builders/unsubscriptionrequest.ts';
import type { Glance } from '../../simulation/cloud.ts';
import { lastLookAt, violationsOfLooks } from '../../simulation/looks.ts';

const process = 'op-0.0';
const entry = aPlacement({ holder: process, servers: ['server-1', 'server-2'] });
const request = { ...aRequest(), apiVersion: 'dcc-operator.io/v1', kind: 'UnsubscriptionRequest' };

const reads = (...moments: number[]) => moments.map((at) => ({ at, object: undefined }));
const glance = (at: number, server: string, fields: Partial<Glance> = {}): Glance => ({
  at,
  process,
  resourceId: resourceIdOf(server),
  against: [],
  machines: [],
  foreignOrders: [],
  ...fields,
});
const both = (at: number): Glance[] => [glance(at, 'server-1'), glance(at + 1, 'server-2')];
const violations = (moments: number[], glances: readonly Glance[]) =>
  violationsOfLooks({ entry, request }, { reads: reads(...moments), glances }, new Map());

test('two readings of the request, each with a look at the servers, are two looks', () => {
  expect(violations([10, 20], [...both(12), ...both(22)])).toEqual([]);
});

test('a reading by another pass of the process is no look, and hides none', () => {
  const glances = [...both(12), ...both(22)];
  expect(violations([10, 15, 20, 25], glances)).toEqual([]);
  expect(lastLookAt({ entry }, { reads: reads(10, 15, 20, 25), glances })).toBe(20);
});

test('a reading between the looks at two servers leaves the last look as old as it is', () => {
  const glances = [...both(12), glance(22, 'server-1'), glance(24, 'server-2')];
  expect(violations([10, 20, 23], glances)).toEqual([]);
  expect(lastLookAt({ entry }, { reads: reads(10, 20, 23), glances })).toBe(20);
});

test.each<[string, number[], readonly Glance[]]>([
  ['one reading for both', [10], [...both(12), ...both(22)]],
  ['one server was looked at once', [10, 20], [...both(12), glance(22, 'server-1')]],
  ['another process looked', [10, 20], [...both(12), ...both(22).map((one) => ({ ...one, process: 'op-1.0' }))]],
  ['what was seen before the request was read', [10, 20], [...both(7), ...both(22)]],
])('there were not two looks: %s', (_, moments, glances) => {
  expect(violations(moments, glances).join('\n')).toMatch(
    /intent 1\.1 of \S+ was written though of server-\d there were not two looks/,
  );
});

test('what speaks against the order in either look forbids it', () => {
  const frozen = { against: ['resource-of-server-2 was frozen'] };
  const first = [glance(12, 'server-1'), glance(13, 'server-2', frozen), ...both(22)];
  const second = [...both(12), glance(22, 'server-1'), glance(23, 'server-2', frozen)];
  for (const glances of [first, second])
    expect(violations([10, 20], glances)).toEqual([
      expect.stringContaining('of server-2 resource-of-server-2 was frozen'),
    ]);
});
