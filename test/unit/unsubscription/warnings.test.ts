import { expect, test } from 'vitest';
import { warningsOf } from '../../../operator/unsubscription/warnings.ts';
import { aSubscription, read, unreadable } from '../../builders/observation.ts';
import { aFoundServer, aSnapshot, type SnapshotChanges, withStatus } from '../../builders/snapshot.ts';

const subscribed = (name: string, changes = {}) =>
  aFoundServer(name, { observation: { subscription: read(aSubscription({ autoRenewal: true, ...changes })) } });
const told = (...servers: NonNullable<SnapshotChanges['servers']>) =>
  warningsOf(aSnapshot({ servers })).map(({ server, reason }) => `${server} ${reason}`);
const open = (name: string) => aFoundServer(name, { observation: { autoPlacement: true } });

test('nothing is worth a look when all is well', () => {
  expect(told(aFoundServer())).toEqual([]);
});

test('auto-renewal is, with the day on which the money is taken', () => {
  expect(warningsOf(aSnapshot({ servers: [subscribed('server-1')] }))).toEqual([
    {
      server: 'server-1',
      reason: 'AutoRenewalOn',
      message: 'The cloud renews server-1 by itself, and takes the money about 2026-12-25.',
      remedy: expect.stringContaining('Billing Center > Renewals'),
    },
  ]);
});

test.each([{ autoRenewal: false }, { status: 'Frozen' as const }, { expireTime: undefined }])(
  'not with %j',
  (changes) => {
    expect(told(subscribed('server-1', changes))).toEqual([]);
  },
);

test('a source that cannot be read neither makes a warning nor takes one away', () => {
  const dark = aFoundServer('server-1', { observation: { subscription: unreadable(), dependents: unreadable() } });
  expect(told(dark)).toEqual([]);
  const warnings = (['AutoPlacementOn', 'AutoRenewalOn'] as const).map((reason) => ({
    ...{ server: 'server-1', reason, message: 'It is on.', remedy: 'Switch it off.' },
  }));
  const stood = withStatus(aSnapshot({ servers: [dark, aFoundServer('server-2')] }), { warnings });
  expect(warningsOf(stood)).toEqual(warnings);
  expect(warningsOf({ ...stood, servers: [aFoundServer('server-1')] })).toEqual([]);
});

test('auto placement is', () => {
  expect(warningsOf(aSnapshot({ servers: [open('server-1')] }))).toEqual([
    expect.objectContaining({
      server: 'server-1',
      reason: 'AutoPlacementOn',
      remedy: expect.stringMatching(/^Switch auto placement off/),
    }),
  ]);
});

test('they are sorted, and each server has its own', () => {
  const both = aFoundServer('server-2', {
    observation: { autoPlacement: true, subscription: read(aSubscription({ autoRenewal: true })) },
  });
  expect(told(both, subscribed('server-1'))).toEqual([
    'server-1 AutoRenewalOn',
    'server-2 AutoPlacementOn',
    'server-2 AutoRenewalOn',
  ]);
});

test('a request that keeps its servers has none of these cares', () => {
  const request = { spec: { scope: 'RenewalsOnly' as const } };
  expect(warningsOf(aSnapshot({ servers: [subscribed('server-1'), open('server-2')], request }))).toEqual([]);
});
