import { describe, expect, test } from 'vitest';
import type { DCCServerSpec, DCCServerStatus, DepartedVirtualMachine } from '../../../operator/api/dccserver.ts';
import type { Placement } from '../../../operator/api/unsubscriptionrequest.ts';
import { hours } from '../../../operator/clock.ts';
import type { Dependents, Reading, ServerObservation } from '../../../operator/inventory/observation.ts';
import type { ServerPass } from '../../../operator/inventory/pass.ts';
import { holdsOn, mayRelease } from '../../../operator/inventory/release.ts';
import { aDepartedMachine, aServer } from '../../builders/dccserver.ts';
import { minutesLater } from '../../builders/metadata.ts';
import {
  aMachine,
  anAccount,
  anObservation,
  anOpenOrder,
  aSubscription,
  dependents,
  read,
  unreadable,
} from '../../builders/observation.ts';
import { aPlacement, aRequest } from '../../builders/unsubscriptionrequest.ts';

interface Case {
  found?: Reading<Dependents>;
  journal?: Partial<Placement>[];
  status?: Partial<DCCServerStatus>;
  unreadableRequests?: string[];
  spec?: Partial<DCCServerSpec>;
  observation?: Partial<ServerObservation>;
  abandonedOrders?: ServerPass['abandonedOrders'];
}

const passOf = (one: Case): ServerPass => {
  const { found = read(dependents()), journal = [], status = {}, unreadableRequests = [], spec = {} } = one;
  return {
    server: aServer('server-1', { status, spec }),
    observation: anObservation({ dependents: found, ...one.observation }),
    judgeBackup: () => unreadable(),
    namingRequests: [aRequest(), aRequest({ status: { placements: journal.map(aPlacement) } }, 'other')],
    unreadableRequests: new Set(unreadableRequests),
    callsDeadAfter: hours(1),
    abandonedOrders: one.abandonedOrders ?? read([]),
  };
};
const released = (one: Case) => mayRelease(passOf(one));
const ledger = (...departed: DepartedVirtualMachine[]) => ({ departed });
const lost = ledger(aDepartedMachine('vm-1', { backup: undefined, problem: 'BackupMissing' }));
const occupied = read(dependents({ machines: [aMachine('vm-1')] }));
const unsubscribed = { unsubscription: { request: 'retire', orderId: 'CS1', state: 'Completed' } };
const claim = { claim: { name: 'other', uid: 'uid-of-other' } };
const orders = [{ orderId: 'CS1', state: 'Processing' }];
/** What a server remembers of a call that nobody follows any more. */
const abandoned = (state: string, minutesAgo: number) => ({
  unsubscription: { request: 'gone', state, signedAt: minutesLater(-minutesAgo).toISOString() },
});
const abandonedPart = (state: string, minutesAgo: number) => ({
  partialUnsubscription: { ...abandoned(state, minutesAgo).unsubscription, resourceIds: ['disk-1'] },
});

describe('a server that is being deleted is let go', () => {
  test.each<[what: string, one: Case]>([
    ['when it is empty', {}],
    ['when it was unsubscribed, though its machines are still listed', { found: occupied, status: unsubscribed }],
    ['when it was unsubscribed, and its list cannot be read any more', { found: unreadable(), status: unsubscribed }],
    ['when every call for it has ended', { journal: [{ state: 'Accepted', orders, result: 'Completed' }] }],
    ['when a call for it was refused', { journal: [{ state: 'Rejected' }] }],
    ['when a call of a request that is gone had no effect', { status: abandoned('NotPlaced', 5) }],
    ['when a call of a request that is gone is dead for long', { status: abandoned('Unknown', 61) }],
    [
      'when the local clock is behind',
      { status: abandoned('Unknown', 61), observation: { observedAt: minutesLater(-60) } },
    ],
    ['while a call for another server is open', { journal: [{ state: 'Unknown', servers: ['server-2'] }] }],
    ['while a request that claims another server cannot be understood', { status: claim, unreadableRequests: ['x'] }],
    [
      'when what left it moved or is backed up',
      { status: ledger(aDepartedMachine('a'), aDepartedMachine('b', { fate: 'Migrated' })) },
    ],
    ['when data was lost, but it was unsubscribed', { status: { ...lost, ...unsubscribed } }],
    [
      'when data was lost, but its subscription has ended',
      { status: lost, observation: { subscription: read(aSubscription({ status: 'Closed' })) } },
    ],
    ['when data was lost that a person waived', { status: lost, spec: { backup: { requirement: 'Waived' } } }],
    [
      'when data was lost of a machine that a person excluded',
      {
        status: lost,
        spec: { virtualMachines: { exclude: [{ id: 'id-of-vm-1', service: 'ECS', reason: 'A test machine.' }] } },
      },
    ],
  ])('%s', (_, one) => {
    expect(released(one)).toBe(true);
  });
});

describe('a server that is being deleted is kept', () => {
  test.each<[what: string, one: Case]>([
    ['while a machine is on it', { found: occupied }],
    ['while its machines cannot be listed', { found: unreadable() }],
    [
      'while something on it is hidden',
      { found: read(dependents({ mismatch: { source: 'DeH', counted: 2, listed: 1, excluded: 0 } })) },
    ],
    ['while a call for it is about to be sent', { journal: [{ state: 'Intended' }] }],
    ['while a call of a request that is gone may still take effect', { status: abandoned('Unknown', 59) }],
    [
      'while it may by the time of the cloud, whatever the local clock shows',
      { status: abandoned('Unknown', 59), observation: { observedAt: minutesLater(60) } },
    ],
    [
      'while its order is open, for days',
      {
        status: { unsubscription: { ...abandoned('Processing', 6_000).unsubscription, orderId: 'CS1' } },
        observation: { account: read(anAccount({ openOrders: [anOpenOrder({ orderId: 'CS1' })] })) },
      },
    ],
    [
      'while the account cannot be read, which may have its order open',
      { status: abandoned('Unknown', 6_000), observation: { account: unreadable() } },
    ],
    [
      'while the time of the cloud is not known',
      { status: abandoned('Unknown', 6_000), observation: { account: read(anAccount({ cloudTime: undefined })) } },
    ],
    ['while an order may be that of a call that is dead for long', { abandonedOrders: read(['CS1']) }],
    ['while it cannot be read which orders may', { abandonedOrders: unreadable() }],
    ['while one for a part of it may', { status: abandonedPart('Processing', 59) }],
    ['while the outcome of a call for it is not known', { journal: [{ state: 'Unknown' }] }],
    ['while an order for it is being processed', { journal: [{ state: 'Accepted', orders }], status: unsubscribed }],
    ['while the request that claims it cannot be understood', { status: claim, unreadableRequests: ['uid-of-other'] }],
    ['while its ledger tells of lost data, which would be forgotten with it', { status: lost }],
    [
      'while it is not known what became of a machine',
      { status: ledger(aDepartedMachine('a', { fate: 'Unknown', backup: undefined })) },
    ],
    [
      'while the backups of a machine that left cannot be read',
      { status: ledger(aDepartedMachine('a')), observation: { departed: unreadable() } },
    ],
    ['while its ledger may lack machines', { status: { ledgerIncomplete: true } }],
    [
      'while data was lost and it cannot be read whether its subscription has ended',
      { status: lost, observation: { subscription: unreadable() } },
    ],
  ])('%s', (_, one) => {
    expect(released(one)).toBe(false);
  });
});

describe('what keeps it is named:', () => {
  test.each<[what: string, one: Case, says: string]>([
    ['the request whose order is open', { journal: [{ state: 'Unknown' }] }, 'An order of the request other is open'],
    [
      'the request that cannot be understood',
      { status: claim, unreadableRequests: ['uid-of-other'] },
      'The request other',
    ],
    [
      'what cannot be read, and the way out, however long ago a call of a request that is gone was',
      { status: abandoned('Unknown', 6_000), observation: { account: unreadable() } },
      'It is not known whether an order of a call that nobody follows may still take something away:',
    ],
    [
      'the request that is gone',
      { status: abandoned('Unknown', 5) },
      'A call of the request gone, which nobody follows, may',
    ],
    [
      'one request, not twice',
      { status: abandoned('Unknown', 5), journal: [{ state: 'Unknown', signedAt: minutesLater(-5).toISOString() }] },
      'An order of the request other',
    ],
    [
      'the order that may take it away, and what to do when it does not',
      { abandonedOrders: read(['CS1']) },
      'Order CS1 may be that of a call whose request is gone, and what that call was for is still there. Look in Billing Center > My Orders. If it is, wait until it is cancelled, or the billing centre shows its end; if not, let the server go by force: `kubectl -n datacenter annotate dccs server-1 --overwrite dcc-operator.io/force-release=<reason>`.',
    ],
    [
      'all of several',
      { abandonedOrders: read(['CS1', 'CS2', 'CS3', 'CS4']) },
      'One of the orders CS1, CS2, CS3, CS4 may',
    ],
    [
      'ten of many, and how many more',
      { abandonedOrders: read(Array.from({ length: 12 }, (_, index) => `CS${index}`)) },
      'CS8, CS9 and 2 more may',
    ],
    [
      'why its orders are not known',
      { abandonedOrders: unreadable() },
      'nobody follows may still take something away: ',
    ],
    [
      'the call alone while it may take effect, not its orders as well',
      { status: abandoned('Unknown', 5), abandonedOrders: read(['CS1']) },
      'A call of the request gone',
    ],
    ['the machine that is on it', { found: occupied }, 'vm-1 (ECS)'],
    ['the machine whose data is lost', { status: lost }, 'vm-1 (BackupMissing)'],
  ])('%s', (_, one, says) => {
    const holds = holdsOn(passOf(one));
    expect(holds).toHaveLength(1);
    expect(holds[0]).toContain(says);
  });

  test('all of it, when it is more than one thing', () => {
    expect(holdsOn(passOf({ found: occupied, status: lost, journal: [{ state: 'Intended' }] }))).toHaveLength(3);
  });
});
