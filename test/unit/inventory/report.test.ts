import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type DCCServerStatus, dccServerStatusSchema } from '../../../operator/api/dccserver.ts';
import type { Placement } from '../../../operator/api/unsubscriptionrequest.ts';
import { hours } from '../../../operator/clock.ts';
import { reportServer } from '../../../operator/inventory/report.ts';
import { arbitraryFoundServer } from '../../builders/arbitrary.ts';
import { aDepartedMachine, aSeenMachine, aServer, machinesSeen, type ServerChanges } from '../../builders/dccserver.ts';
import { lookedAt, minutesLater } from '../../builders/metadata.ts';
import { aMachine, anObservation, aSubscription, dependents, read, unreadable } from '../../builders/observation.ts';
import { aPlacement, aRequest } from '../../builders/unsubscriptionrequest.ts';
import { kstatusFaults } from '../../kstatus.ts';

type Observation = Parameters<typeof anObservation>[0];

/** The status after one pass, which tools that know kstatus can read. */
function reported(observation: Observation, changes: ServerChanges = {}, ...requests: ReturnType<typeof aRequest>[]) {
  const server = aServer('server-1', changes);
  const status = reportServer({
    server,
    observation: anObservation(observation),
    judgeBackup: () => unreadable(),
    namingRequests: requests,
    unreadableRequests: new Set(),
    callsDeadAfter: hours(1),
    abandonedOrders: read([]),
  });
  expect(kstatusFaults(status, server.metadata.generation, server.status)).toEqual([]);
  return status;
}
const conditionOf = (status: DCCServerStatus, type: string) =>
  status.conditions?.find((condition) => condition.type === type);
const saying = (status: DCCServerStatus, type: string) => {
  const condition = conditionOf(status, type);
  return `${condition?.status} ${condition?.reason}`;
};

describe('the secondary resources that were given back', () => {
  const call = (changes: Partial<Placement>) =>
    aPlacement({ state: 'Accepted', result: 'Completed', resourceIds: ['disk-1'], ...changes });
  const given = (placements: Placement[], changes: ServerChanges = {}, scope?: 'RenewalsOnly') => {
    const spec = scope === undefined ? {} : { scope };
    return reported({}, changes, aRequest({ spec, status: { placements } })).secondariesGivenBack;
  };

  test('are remembered, also when their request is gone', () => {
    expect(given([call({}), call({ id: '2.1', resourceIds: ['disk-0'] })])).toEqual(['disk-0', 'disk-1']);
    expect(reported({}, { status: { secondariesGivenBack: ['disk-1'] } }).secondariesGivenBack).toEqual(['disk-1']);
    expect(given([call({})], { status: { secondariesGivenBack: ['disk-2', 'disk-1'] } })).toEqual(['disk-2', 'disk-1']);
  });

  test.each<[what: string, changes: Partial<Placement>, scope?: 'RenewalsOnly']>([
    ['an order that was cancelled', { result: 'Cancelled' }],
    ['an order that goes on', { result: undefined }],
    ['the call for the server itself', { resourceIds: ['resource-of-server-1'] }],
    ['a call for another server', { servers: ['server-2'] }],
    ['renewals', {}, 'RenewalsOnly'],
  ])('are none by %s', (_, changes, scope) => {
    expect(given([call(changes)], {}, scope)).toBeUndefined();
  });

  test('are a hundred at most, the last ones', () => {
    const known = Array.from({ length: 100 }, (_, index) => `old-${index}`);
    const kept = given([call({})], { status: { secondariesGivenBack: known } });
    expect(kept).toEqual([...known.slice(1), 'disk-1']);
  });
});

describe('the last call for a part of a server', () => {
  const remembered = (
    placements: Placement[],
    { scope, ...changes }: ServerChanges & { scope?: 'RenewalsOnly' } = {},
  ) => {
    const spec = scope === undefined ? {} : { scope };
    return reported({}, changes, aRequest({ spec, status: { placements } })).partialUnsubscription;
  };
  const signedAt = minutesLater(-5).toISOString();
  const account = 'account-1';
  const ofDisk = aPlacement({ state: 'Unknown', resourceIds: ['disk-1'], signedAt, account });

  test('is one for a secondary resource, and one for renewals only', () => {
    const call = { request: 'retire', signedAt, account };
    expect(remembered([ofDisk])).toEqual({ ...call, resourceIds: ['disk-1'], state: 'Unknown' });
    const order = { orderId: 'CS1', state: 'Processing' };
    expect(
      remembered([aPlacement({ state: 'Accepted', orders: [order], signedAt })], { scope: 'RenewalsOnly' }),
    ).toEqual({
      request: 'retire',
      resourceIds: ['resource-of-server-1'],
      orderId: 'CS1',
      state: 'Processing',
      signedAt,
    });
  });

  test('is not the one that gives the server back, nor one for another server', () => {
    expect(remembered([aPlacement({ state: 'Unknown' })])).toBeUndefined();
    expect(remembered([{ ...ofDisk, servers: ['server-2'] }])).toBeUndefined();
  });

  test('is kept when its request is gone, until a later one', () => {
    const known = {
      request: 'gone',
      resourceIds: ['disk-0'],
      state: 'Unknown',
      signedAt: minutesLater(-9).toISOString(),
    };
    expect(reported({}, { status: { partialUnsubscription: known } }).partialUnsubscription).toEqual(known);
    expect(remembered([ofDisk], { status: { partialUnsubscription: known } })).toMatchObject({ request: 'retire' });
    const later = { ...known, signedAt: minutesLater(0).toISOString() };
    expect(remembered([ofDisk], { status: { partialUnsubscription: later } })).toEqual(later);
  });
});

describe('the status of a server', () => {
  test('holds its subscription as the billing centre has it, and who claims it', () => {
    const secondaries = [{ resourceId: 'disk-1', name: 'data', type: 'volume' }];
    const status = reported({ subscription: read(aSubscription({ secondaries })) }, {}, aRequest());
    expect(status.subscription).toEqual({
      status: 'InUse',
      effectiveTime: '2026-01-01T00:00:00Z',
      expireTime: '2027-01-01T00:00:00Z',
      autoRenewal: false,
      secondaries,
    });
    expect(status.claim).toEqual({ name: 'retire', uid: 'uid-of-retire' });
    expect(status.observedGeneration).toBe(1);
  });

  test('lists a hundred secondary resources at most, as the API server demands', () => {
    const secondaries = Array.from({ length: 101 }, (_, index) => ({
      resourceId: `disk-${index}`,
      name: '',
      type: 'v',
    }));
    const status = reported({ subscription: read(aSubscription({ secondaries })) });
    expect(status.subscription?.secondaries).toHaveLength(100);
  });

  test('keeps what was last known of a source that cannot be read', () => {
    const known = reported({ dependents: read(dependents({ machines: [aMachine('vm-1')] })) });
    const dark = { account: unreadable(), subscription: unreadable(), dependents: unreadable() };
    const later = reported(dark, { status: known });
    expect(later).toMatchObject({
      subscription: known.subscription,
      virtualMachines: known.virtualMachines,
      departed: known.departed,
    });
  });

  test('lets go of a claim whose request is gone', () => {
    const claimed = reported({}, {}, aRequest());
    expect(reported({}, { status: claimed }).claim).toBeUndefined();
  });

  test('follows a machine that left', () => {
    const status = reported({}, { status: { virtualMachines: machinesSeen(aSeenMachine('vm-1')) } });
    expect(status.departed).toMatchObject([{ id: 'id-of-vm-1', fate: 'Unknown', leftAt: lookedAt.toISOString() }]);
    expect(status.virtualMachines?.total).toBe(0);
  });

  describe('on which more machines were seen than can be listed', () => {
    const machines = Array.from({ length: 501 }, (_, index) => aMachine(`vm-${index}`));
    const full = reported({ dependents: read(dependents({ machines })) });
    const aliveElsewhere = new Set(machines.map(({ id }) => id));

    test('says so for good, however few are left', () => {
      const later = reported({ dependents: read(dependents({ aliveElsewhere })) }, { status: full });
      expect([full.ledgerIncomplete, later.ledgerIncomplete]).toEqual([true, true]);
      expect(later.virtualMachines?.omitted).toBe(0);
      expect(saying(later, 'DataProtected')).toBe('Unknown LedgerFull');
    });

    test('is as any other when a person waived the backups', () => {
      const spec = { backup: { requirement: 'Waived' as const } };
      expect(saying(reported({}, { spec, status: full }), 'DataProtected')).toBe('True Waived');
    });
  });

  test('says for good that its ledger became full', () => {
    const departed = Array.from({ length: 1_001 }, (_, index) => aDepartedMachine(`vm-${index}`, { fate: 'Migrated' }));
    const full = reported({}, { status: { departed } });
    expect(full.departed).toHaveLength(1_000);
    expect(reported({}, { status: { ...full, departed: [] } }).ledgerIncomplete).toBe(true);
  });

  test('says nothing of its ledger while that holds every machine', () => {
    const machines = Array.from({ length: 500 }, (_, index) => aMachine(`vm-${index}`));
    const departed = Array.from({ length: 999 }, (_, index) => aDepartedMachine(`was-${index}`, { fate: 'Migrated' }));
    const status = reported({ dependents: read(dependents({ machines })) }, { status: { departed } });
    expect(status).not.toHaveProperty('ledgerIncomplete');
  });

  test('does not call a machine deleted that a person excluded', () => {
    const exclude = [{ id: 'id-of-vm-1', service: 'ECS' as const, reason: 'A test machine.' }];
    const status = reportServer({
      server: aServer('server-1', {
        spec: { virtualMachines: { exclude } },
        status: { virtualMachines: machinesSeen(aSeenMachine('vm-1')) },
      }),
      observation: anObservation(),
      judgeBackup: () => ({ kind: 'Unprotected', problem: 'BackupMissing' }),
      namingRequests: [],
      unreadableRequests: new Set(),
      callsDeadAfter: hours(1),
      abandonedOrders: read([]),
    });
    expect(status.departed).toMatchObject([{ id: 'id-of-vm-1', fate: 'Unknown' }]);
    expect(saying(status, 'DataProtected')).toBe('True Protected');
  });
});

describe('the unsubscription of a server', () => {
  const ordering = (name: string, spec: object, ...journal: Partial<Placement>[]) =>
    aRequest({ spec, status: { placements: journal.map(aPlacement) } }, name);
  const order = { orderId: 'CS1', state: 'Completed', refund: '120.50', fee: '10', currency: 'CNY' };

  test('is what the last call for it came to, with the refund', () => {
    const first = ordering('first', {}, { state: 'Rejected', signedAt: minutesLater(-60).toISOString() });
    const outcome: Partial<Placement> = {
      state: 'Accepted',
      orders: [order],
      result: 'Completed',
      account: 'account-1',
    };
    const second = ordering('second', {}, outcome);
    expect(reported({}, {}, second, first).unsubscription).toEqual({
      request: 'second',
      orderId: 'CS1',
      state: 'Completed',
      signedAt: second.status.placements?.[0]?.signedAt,
      account: 'account-1',
      refund: { amount: '120.50', currency: 'CNY' },
    });
  });

  test('is the last of several orders of one call', () => {
    const call = { state: 'Accepted' as const, orders: [order, { orderId: 'CS2', state: 'Processing' }] };
    expect(reported({}, {}, ordering('retire', {}, call)).unsubscription).toMatchObject({
      orderId: 'CS2',
      state: 'Processing',
    });
  });

  test.each<[state: string, call: Partial<Placement>]>([
    ['Intended', { state: 'Intended' }],
    ['Unknown', { state: 'Unknown' }],
    ['Processing', { state: 'Accepted', orders: [{ orderId: 'CS1', state: 'Processing' }] }],
    // Whose order it was the rows have not told yet: of a portfolio it may be for another member alone.
    ['Processing', { state: 'Accepted', orders: [{ orderId: 'CS1', state: 'Completed' }] }],
    ['Processing', { state: 'Accepted', orders: [{ orderId: 'CS1', state: 'Cancelled' }] }],
    ['Cancelled', { state: 'Accepted', orders: [{ orderId: 'CS1', state: 'Cancelled' }], result: 'Cancelled' }],
  ])('is in the state %s of its call', (state, call) => {
    expect(reported({}, {}, ordering('retire', {}, call)).unsubscription?.state).toBe(state);
  });

  test.each<[known: string, call: Partial<Placement>, state: string]>([
    ['Completed', { state: 'Unknown' }, 'Completed'],
    ['Completed', { state: 'Accepted', orders: [{ orderId: 'CS1', state: 'Processing' }] }, 'Completed'],
    ['Processing', { state: 'Intended' }, 'Processing'],
    ['NotPlaced', { state: 'Unknown' }, 'NotPlaced'],
    ['Unknown', { state: 'NotPlaced' }, 'NotPlaced'],
    ['NotPlaced', { state: 'Accepted', orders: [{ orderId: 'CS1', state: 'Processing' }] }, 'Processing'],
    ['Processing', { state: 'Accepted', orders: [order], result: 'Completed' }, 'Completed'],
  ])('that is known to be %s does not go back, whatever of the journal was heard: %j', (known, call, state) => {
    const unsubscription = { request: 'retire', orderId: 'CS1', state: known, signedAt: lookedAt.toISOString() };
    expect(reported({}, { status: { unsubscription } }, ordering('retire', {}, call)).unsubscription?.state).toBe(
      state,
    );
    const later = { ...unsubscription, signedAt: minutesLater(-60).toISOString() };
    expect(
      reported({}, { status: { unsubscription: later } }, ordering('retire', {}, { state: 'Unknown' })),
    ).toMatchObject({
      unsubscription: { state: 'Unknown' },
    });
  });

  test('does not go back to an attempt before the one that is known', () => {
    const known = { request: 'retire', state: 'Intended', signedAt: lookedAt.toISOString() };
    const claim = { name: 'retire', uid: 'uid-of-retire' };
    const first = { state: 'NotSent' as const, signedAt: minutesLater(-5).toISOString() };
    const heard = reported({}, { status: { claim, unsubscription: known } }, ordering('retire', {}, first));
    expect(heard.unsubscription).toEqual(known);
    const gone = { ...known, request: 'gone' };
    const other = reported({}, { status: { claim, unsubscription: gone } }, ordering('retire', {}, first));
    expect(other.unsubscription).toMatchObject({ request: 'retire', state: 'NotSent' });
  });

  test('has no known end when one of several orders was cancelled and another one not', () => {
    const orders = [order, { orderId: 'CS2', state: 'Cancelled' }];
    const call = { state: 'Accepted' as const, orders, result: 'Cancelled' as const };
    expect(reported({}, {}, ordering('retire', {}, call)).unsubscription).toMatchObject({
      orderId: 'CS1',
      state: 'Processing',
    });
  });

  test('was refused when the cloud took the others of the call and not this server, which stays', () => {
    const refused = (resourceId: string) => [{ resourceId, code: 'CBC.30000056', message: 'Another order is open.' }];
    const call = { state: 'Accepted' as const, orders: [order], result: 'Completed' as const };
    const status = reported({}, {}, ordering('retire', {}, { ...call, failed: refused('resource-of-server-1') }));
    expect(status.unsubscription).toEqual({
      ...{ request: 'retire', state: 'Refused', code: 'CBC.30000056' },
      signedAt: lookedAt.toISOString(),
    });
    const resourceIds = ['resource-of-server-1', 'resource-of-server-2'];
    const whole = ordering('retire', {}, { resourceIds, state: 'Rejected', code: 'CBC.99003185' });
    expect(reported({}, {}, whole).unsubscription).toMatchObject({
      ...{ state: 'Rejected', code: 'CBC.99003185' },
      orderedWith: ['resource-of-server-2'],
    });
    expect(saying(status, 'Ready')).toBe('True Observed');
    const other = reported({}, {}, ordering('retire', {}, { ...call, failed: refused('resource-of-server-2') }));
    expect(other.unsubscription?.state).toBe('Completed');
  });

  test('does not come from a call for a resource that hangs on it', () => {
    expect(reported({}, {}, ordering('retire', {}, { resourceIds: ['disk-1'] })).unsubscription).toBeUndefined();
  });

  test('does not come from renewals that were cancelled: the server stays', () => {
    const renewals = ordering(
      'renewals',
      { scope: 'RenewalsOnly' },
      { state: 'Accepted', orders: [order], result: 'Completed' },
    );
    const status = reported({}, {}, renewals);
    expect(status.unsubscription).toBeUndefined();
    expect(saying(status, 'Ready')).toBe('True Observed');
  });

  test('stays that of a request that is gone while an older one still names the server', () => {
    const older = ordering('older', {}, { state: 'Rejected', signedAt: minutesLater(-60).toISOString() });
    const lost = reported({}, {}, older, ordering('lost', {}, { state: 'Unknown' }));
    expect(reported({}, { status: { ...lost, claim: undefined } }, older).unsubscription).toMatchObject({
      ...{ request: 'lost', state: 'Unknown' },
    });
  });

  test('is that of the request which claims the server, whatever the clocks say of the one before', () => {
    const known = { request: 'gone', state: 'Unknown', signedAt: minutesLater(60).toISOString() };
    const holder = ordering('holder', {}, { state: 'Accepted', orders: [order], result: 'Completed' });
    const { name, uid } = holder.metadata;
    const status = { unsubscription: known, claim: { name, uid } };
    expect(reported({}, { status }, holder).unsubscription).toMatchObject({ request: 'holder', state: 'Completed' });
  });

  test('is remembered when its request is gone', () => {
    const done = reported({}, {}, ordering('retire', {}, { state: 'Accepted', orders: [order], result: 'Completed' }));
    const later = reported({}, { status: done });
    expect(later.unsubscription).toEqual(done.unsubscription);
    expect(conditionOf(later, 'Ready')).toMatchObject({
      status: 'True',
      reason: 'Unsubscribed',
      message: 'Unsubscribed by retire with order CS1.',
    });
  });
});

describe('the conditions of a server', () => {
  const waived = { spec: { backup: { requirement: 'Waived' as const } } };
  const excluding = {
    virtualMachines: { exclude: [{ id: 'id-of-vm-1', service: 'ECS' as const, reason: 'A test.' }] },
  };
  const lost = aDepartedMachine('vm-1', { backup: undefined, problem: 'BackupTooOld' });
  const open = aDepartedMachine('vm-2', { backup: undefined, fate: 'Unknown' });
  const occupied = read(dependents({ machines: ['a', 'b', 'c', 'd'].map((name) => aMachine(name)) }));

  test.each<[type: string, says: string, words: string, observation: Observation, changes: ServerChanges]>([
    ['Ready', 'True Observed', 'The server is observed.', {}, {}],
    ['Ready', 'False CannotRead', 'ECS cannot be read', { dependents: unreadable('Unavailable', 'ECS') }, {}],
    [
      'Ready',
      'False CannotRead',
      'The account cannot be read',
      { account: unreadable('Credentials', 'The account') },
      {},
    ],
    [
      'Ready',
      'False Deleting',
      'Deletion waits until',
      {},
      { metadata: { deletionTimestamp: lookedAt.toISOString() } },
    ],
    [
      'Ready',
      'False Deleting',
      'vm-1 (BackupTooOld). If its loss is acceptable',
      {},
      { metadata: { deletionTimestamp: lookedAt.toISOString() }, status: { departed: [lost] } },
    ],
    ['SubscriptionActive', 'True InUse', 'InUse', {}, {}],
    ['SubscriptionActive', 'False Frozen', 'Frozen', { subscription: read(aSubscription({ status: 'Frozen' })) }, {}],
    ['SubscriptionActive', 'False Absent', 'Absent', { subscription: read(aSubscription({ status: 'Absent' })) }, {}],
    [
      'SubscriptionActive',
      'Unknown Unknown',
      'Unknown',
      { subscription: read(aSubscription({ status: 'Unknown' })) },
      {},
    ],
    [
      'SubscriptionActive',
      'Unknown CannotRead',
      'BSS cannot be read',
      { subscription: unreadable('Unparsable', 'BSS') },
      {},
    ],
    ['Drained', 'True NoVirtualMachineLeft', 'No virtual machine', {}, {}],
    ['Drained', 'False VirtualMachinesRemain', 'a (ECS). b (ECS). c (ECS). +1 more.', { dependents: occupied }, {}],
    ['Drained', 'Unknown CannotList', 'ECS cannot be read', { dependents: unreadable('Unavailable', 'ECS') }, {}],
    [
      'Drained',
      'False CountMismatch',
      'DeH counts 2 instances but lists 1.',
      { dependents: read(dependents({ mismatch: { source: 'DeH', counted: 2, listed: 1, excluded: 0 } })) },
      {},
    ],
    [
      'Drained',
      'False VirtualMachinesRemain',
      'a (ECS). The cloud does not tell which server of the zone they are on. Delete or migrate them, or exclude those',
      { dependents: read(dependents({ machines: [aMachine('a', { placed: 'MaybeHere' })] })) },
      {},
    ],
    [
      'Drained',
      'False VirtualMachinesRemain',
      'a (ECS). b (RDS). The cloud does not tell of all of them which server',
      {
        dependents: read(
          dependents({ machines: [aMachine('a'), aMachine('b', { service: 'RDS', placed: 'MaybeHere' })] }),
        ),
      },
      {},
    ],
    ['Drained', 'False VirtualMachinesRemain', '+1 more. Delete or migrate them.', { dependents: occupied }, {}],
    [
      'DataProtected',
      'True Protected',
      'alive elsewhere or backed up',
      {},
      { status: { departed: [aDepartedMachine('a')] } },
    ],
    ['DataProtected', 'False BackupTooOld', 'vm-1 (BackupTooOld)', {}, { status: { departed: [open, lost] } }],
    ['DataProtected', 'Unknown FateUnknown', 'vm-2', {}, { status: { departed: [open] } }],
    [
      'DataProtected',
      'Unknown CannotRead',
      'CBR backups cannot be read',
      { departed: unreadable('Permission', 'CBR backups') },
      { status: { departed: [aDepartedMachine('a')] } },
    ],
    ['DataProtected', 'True Waived', 'waived', {}, { ...waived, status: { departed: [lost] } }],
    ['DataProtected', 'True Protected', 'backed up', {}, { spec: excluding, status: { departed: [lost] } }],
    [
      'DataProtected',
      'Unknown NotObserved',
      'not been observed',
      { dependents: unreadable() },
      { status: { virtualMachines: undefined, departed: undefined } },
    ],
  ])('%s is %s, and says: %s', (type, says, words, observation, changes) => {
    const status = reported(observation, changes);
    expect(saying(status, type)).toBe(says);
    expect(conditionOf(status, type)?.message).toContain(words);
  });
});

describe('whatever was observed', () => {
  const pass = arbitraryFoundServer('server-1').map(({ server, observation }) => ({
    server,
    observation,
    judgeBackup: () => unreadable(),
    namingRequests: [aRequest()],
    unreadableRequests: new Set<string>(),
    callsDeadAfter: hours(1),
    abandonedOrders: read([]),
  }));

  test('tools that know kstatus can read the status, and the API server takes it', () => {
    fc.assert(
      fc.property(pass, (one) => {
        const status = reportServer(one);
        expect(kstatusFaults(status, one.server.metadata.generation, one.server.status)).toEqual([]);
        expect(dccServerStatusSchema.safeParse(status).error?.issues ?? []).toEqual([]);
      }),
    );
  });

  test('the same observation a minute later writes the same status', () => {
    fc.assert(
      fc.property(pass, (one) => {
        const status = reportServer(one);
        const later = { ...one.observation, observedAt: minutesLater(1) };
        expect(reportServer({ ...one, server: { ...one.server, status }, observation: later })).toEqual(status);
      }),
    );
  });
});
