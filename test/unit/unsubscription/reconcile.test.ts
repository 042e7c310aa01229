import { describe, expect, test } from 'vitest';
import type { Condition } from '../../../operator/api/conditions.ts';
import type { DCCServerStatus } from '../../../operator/api/dccserver.ts';
import type { DCCServer } from '../../../operator/api/objects.ts';
import { unreadableStatus } from '../../../operator/api/unreadable.ts';
import type { UnsubscriptionRequestStatus } from '../../../operator/api/unsubscriptionrequest.ts';
import { hours, milliseconds, minutes, seconds } from '../../../operator/clock.ts';
import type { ServerObservation } from '../../../operator/inventory/observation.ts';
import type { RequestContext } from '../../../operator/unsubscription/context.ts';
import { reconcileRequest } from '../../../operator/unsubscription/reconcile.ts';
import { createGoneCalls } from '../../../operator/unsubscription/settling/gone-calls.ts';
import { aServer } from '../../builders/dccserver.ts';
import { lookedAt } from '../../builders/metadata.ts';
import { anObservation, unreadable as notRead } from '../../builders/observation.ts';
import { everyMinute } from '../../builders/polls.ts';
import { terms } from '../../builders/terms.ts';
import { aPlacement, aRequest, type RequestChanges } from '../../builders/unsubscriptionrequest.ts';
import { createVirtualClock } from '../../virtual-clock.ts';
import { silentLog } from '../kubernetes/objects.ts';

const notNeeded = (): never => {
  throw new Error('a finished request asks for nothing');
};

/** A request alone in the world: what is written of it, and what people are told. Nothing of the cloud can be asked. */
function finished(
  changes: RequestChanges,
  unreadable = false,
  server?: DCCServer,
  observation?: ServerObservation,
  kept = (status: UnsubscriptionRequestStatus) => status,
) {
  let released = 0;
  const notes: string[] = [];
  let request = aRequest(changes);
  const written: UnsubscriptionRequestStatus[] = [];
  const told: string[] = [];
  const reminded: string[] = [];
  const clock = createVirtualClock();
  const context: Omit<RequestContext, 'outcomes'> = {
    requests: {
      cached: () =>
        unreadable
          ? { kind: 'Unreadable', metadata: request.metadata, problem: 'no scope' }
          : { kind: 'Readable', object: request },
      all: notNeeded,
      byIndex: notNeeded,
      live: notNeeded,
      writeRawStatus: notNeeded,
      holdFinalizer: notNeeded,
      releaseFinalizer: async () => {
        released += 1;
      },
      writeStatus: async (object, status) => {
        if (JSON.stringify(object.status) === JSON.stringify(status)) return object;
        written.push(status);
        request = { ...object, status: kept(status) };
        return request;
      },
    },
    servers: {
      cached: () => (server === undefined ? undefined : { kind: 'Readable', object: server }),
      live: async () => undefined,
    },
    scope: { namespaces: [] },
    tellIfLeft: notNeeded,
    cluster: {
      serversIn: async () => [],
      serversWith: async () => ({ kind: 'Read', value: [] }),
      openElsewhere: () => undefined,
      claimedOrders: () => new Set(),
      otherCalls: () => ({ answered: new Set(), lost: [] }),
      unread: () => undefined,
    },
    inventory: {
      look: async () => ({ observation: observation ?? notNeeded(), judgeBackup: notNeeded }),
    },
    accounts: { accountOf: async () => notRead() },
    payments: { of: notNeeded },
    refundRates: undefined,
    haltSwitch: { read: async () => ({ kind: 'Read', value: undefined }) },
    budget: { limits: { open: 1, perHour: 1 }, exceeded: () => undefined, take: notNeeded },
    lookAgainAfter: seconds(5),
    forcedReleases: new Map(),
    goneCalls: createGoneCalls(),
    terms,
    callsDeadAfter: hours(1),
    mode: 'Place',
    holder: 'operator-0',
    polls: everyMinute(clock),
    clockBound: minutes(1),
    callTimeout: seconds(30),
    leaseLeft: notNeeded,
    clock,
    log: silentLog,
    announce: (_, { reason, note }) => {
      told.push(reason);
      notes.push(note);
    },
    remind: (_, { reason }) => reminded.push(reason),
  };
  const pass = () =>
    reconcileRequest({ ...context, outcomes: context.requests }, 'datacenter', 'retire', new AbortController().signal);
  return { pass, clock, written, told, notes, reminded, released: () => released };
}

const condition = (type: string, status: 'True' | 'False', reason: string, message: string) => ({
  type,
  status,
  reason,
  message,
  lastTransitionTime: lookedAt.toISOString(),
  observedGeneration: 1,
});
const placements = [
  aPlacement({ state: 'Accepted', orders: [{ orderId: 'CS1', state: 'Completed' }], result: 'Completed' }),
];
const complete: UnsubscriptionRequestStatus = {
  observedGeneration: 1,
  placements,
  blockers: [],
  blockerCount: 0,
  conditions: [
    condition('Ready', 'True', 'Complete', 'Order CS1 is completed.'),
    condition('Complete', 'True', 'Complete', 'Order CS1 is completed.'),
    condition('Placed', 'True', 'OrdersCompleted', 'Order CS1 is completed.'),
    condition('DataProtected', 'False', 'BackupMissing', 'What a rule said last.'),
  ],
};
const metadata = { finalizers: [] };
const inWords = ({ type, status, reason, message }: Condition) => ({ type, status, reason, message });

test('a finished request that could not be understood for a while says again how it ended, in one write', async () => {
  const raw = { metadata: aRequest({ metadata }).metadata, status: complete };
  const { pass, written, told, reminded } = finished({
    metadata,
    status: unreadableStatus(raw, 'A field is of no use.', lookedAt),
  });
  expect([await pass(), await pass()]).toEqual([{ kind: 'Done' }, { kind: 'Done' }]);
  expect(written).toHaveLength(1);
  expect(written[0]?.conditions?.map(inWords)).toEqual(complete.conditions?.map(inWords));
  expect(written[0]?.placements).toEqual(placements);
  expect(told).toEqual(['Complete']);
  expect(reminded).toEqual([]);
});

test('what became of a call that a server remembers of a request that is gone is asked for, and blocks while nobody can say', async () => {
  const { uid, name } = aRequest().metadata;
  const unsubscription = { request: 'gone', state: 'Processing', orderId: 'CS1', signedAt: '2020-02-01T00:00:00.000Z' };
  const server = aServer('server-1', { status: { claim: { name, uid }, unsubscription } });
  const { pass, written } = finished({}, false, server, anObservation());
  await pass();
  expect(written[0]?.blockers).toContainEqual(
    expect.objectContaining({ condition: 'ServersResolved', reason: 'CallUnsettled', server: 'server-1' }),
  );
});

test('a finished request that nothing happened to is not written', async () => {
  const { pass, written } = finished({ metadata, status: complete });
  expect(await pass()).toEqual({ kind: 'Done' });
  expect(written).toEqual([]);
});

test('a finished request that was changed says that its end stands for the new generation too', async () => {
  const { pass, written } = finished({ metadata: { ...metadata, generation: 2 }, status: complete });
  await pass();
  expect(written[0]?.observedGeneration).toBe(2);
  expect(new Set(written[0]?.conditions?.map(({ observedGeneration }) => observedGeneration))).toEqual(new Set([2]));
});

test('a journal that older definitions cut is no journal: the pass fails, and says what to do', async () => {
  const ordered = { ...complete, conditions: [] };
  const cut = (status: UnsubscriptionRequestStatus) => ({
    ...status,
    placements: status.placements?.map(({ result: _, ...call }) => call),
  });
  const kept = finished({ status: ordered });
  expect(await kept.pass()).toMatchObject({ kind: expect.any(String) });
  const older = finished({ status: ordered }, false, undefined, undefined, cut);
  await expect(older.pass()).rejects.toThrow('Install the CustomResourceDefinitions of this version');
});

describe('a finished request whose call the cloud refused', () => {
  const call = aPlacement({ state: 'Rejected', code: 'CBC.99003185', signedAt: lookedAt.toISOString() });
  const { uid, name } = aRequest().metadata;
  const claim = { name, uid };
  const remembered = { request: name, state: 'Rejected', code: 'CBC.99003185', signedAt: call.signedAt };
  const over = { ...complete, placements: [call] };

  test('is held until its server remembers the refusal, which nobody else would know', async () => {
    const fresh = finished({ status: over }, false, aServer('server-1', { status: { claim } }));
    await fresh.pass();
    expect(fresh.released()).toBe(0);
    const told = finished(
      { status: over },
      false,
      aServer('server-1', { status: { claim, unsubscription: remembered } }),
    );
    await told.pass();
    expect(told.released()).toBe(1);
  });

  test('waits until the server knows which of its secondary resources were given back', async () => {
    const ofDisk = aPlacement({ id: '2.1', state: 'Accepted', result: 'Completed', resourceIds: ['disk-1'] });
    const released = async (status: DCCServer['status']) => {
      const server = aServer('server-1', { status: { claim, unsubscription: remembered, ...status } });
      const alone = finished({ status: { ...over, placements: [call, ofDisk] } }, false, server);
      await alone.pass();
      return alone.released();
    };
    const ofDiskRemembered = { request: name, resourceIds: ['disk-1'], state: 'Completed', signedAt: ofDisk.signedAt };
    expect(await released({ partialUnsubscription: ofDiskRemembered })).toBe(0);
    expect(await released({ secondariesGivenBack: ['disk-1'] })).toBe(0);
    const early = { ...ofDiskRemembered, state: 'Accepted' };
    expect(await released({ secondariesGivenBack: ['disk-1'], partialUnsubscription: early })).toBe(0);
    const all = { secondariesGivenBack: ['disk-1'], partialUnsubscription: ofDiskRemembered };
    expect(await released(all)).toBe(1);
  });

  test('is let go when another request has claimed the server since', async () => {
    const server = aServer('server-1', { status: { claim: { name: 'another', uid: 'another' } } });
    const { pass, released } = finished({ status: over }, false, server);
    await pass();
    expect(released()).toBe(1);
  });
});

test('a request that is blocked is announced once, and reminded of on every pass', async () => {
  const { pass, written, told, reminded } = finished({});
  for (let passes = 0; passes < 3; passes += 1) expect(await pass()).toMatchObject({ kind: 'RequeueAfter' });
  expect(written).toHaveLength(1);
  expect(told).toEqual(['Blocked']);
  expect(reminded).toEqual(['Blocked', 'Blocked', 'Blocked']);
});

test.each([
  [24, 'Accepted', seconds(10)],
  [26, 'Accepted', minutes(1)],
  [24, 'Unknown', seconds(10)],
  [26, 'Unknown', minutes(1)],
] as const)('a call that was signed %i minutes ago and is %s is looked at again in time', async (age, state, after) => {
  const signedAt = new Date(createVirtualClock().now().getTime() - minutes(age)).toISOString();
  const call = aPlacement({ state, signedAt, orders: [{ orderId: 'CS1', state: 'PendingApproval' }] });
  const { pass } = finished({ status: { placements: [call] } });
  expect(await pass()).toEqual({ kind: 'RequeueAfter', after });
});

test.each([
  ['at the time of the servers that it looked at', seconds(40), seconds(40)],
  ['not sooner than half an interval from now, however long its pass took', seconds(5), seconds(30)],
])('a request that is blocked looks again %s', async (_, nextPollAt, after) => {
  const { pass } = finished({}, false, aServer('server-1'), anObservation({ nextPollAt }));
  expect(await pass()).toEqual({ kind: 'RequeueAfter', after });
});

describe('a deleted request that a person lets go by force', () => {
  const forced = {
    deletionTimestamp: lookedAt.toISOString(),
    annotations: { 'dcc-operator.io/force-release': ' INC-42 ' },
  };
  const unknown = { status: { placements: [aPlacement({ state: 'Unknown' })] } };

  test.each<[string, RequestChanges, string]>([
    [
      'with a call whose answer was lost',
      unknown,
      'Nobody follows any more: call 1.1 for resource-of-server-1 (Unknown).',
    ],
    ['with an intent', { status: { placements: [aPlacement({ state: 'Intended' })] } }, '(Intended).'],
    ['that has ended', { status: complete }, 'No call was open.'],
  ])('is released %s before anything is looked at, and that is told', async (_, changes, said) => {
    const { pass, told, notes, written, released } = finished({ ...changes, metadata: forced });
    expect(await pass()).toEqual({ kind: 'Done' });
    expect({ told, written, released: released() }).toEqual({ told: ['ForceReleased'], written: [], released: 1 });
    expect(notes[0]).toContain('Let go by force: INC-42.');
    expect(notes[0]).toContain(said);
  });

  const onItsServer = (unsubscription?: DCCServerStatus['unsubscription']) => {
    const server = aServer('server-1', { status: unsubscription === undefined ? {} : { unsubscription } });
    return finished({ ...unknown, metadata: forced }, false, server);
  };
  const { signedAt } = aPlacement();

  test('waits until its server shows the call, for two minutes', async () => {
    const { pass, clock, told, notes, released } = onItsServer();
    expect(await pass()).toEqual({ kind: 'RequeueAfter', after: seconds(1) });
    expect(notes).toEqual([expect.stringContaining('Not to be seen yet: call 1.1 on server-1.')]);
    await clock.advance(milliseconds(minutes(2) - 1));
    expect(await pass()).toEqual({ kind: 'RequeueAfter', after: seconds(1) });
    expect({ told, released: released() }).toEqual({ told: ['ForceReleaseWaits'], released: 0 });
    await clock.advance(milliseconds(1));
    expect(await pass()).toEqual({ kind: 'Done' });
    expect({ told, released: released() }).toEqual({ told: ['ForceReleaseWaits', 'ForceReleased'], released: 1 });
  });

  test.each<[string, string, number]>([
    ['is released at once when its server shows the call', signedAt, 1],
    ['waits while its server shows a later one', '2099-01-01T00:00:00Z', 0],
    ['waits while its server shows an earlier one', '2001-01-01T00:00:00Z', 0],
  ])('%s', async (_, shown, times) => {
    const { pass, released } = onItsServer({ request: 'retire', state: 'Unknown', signedAt: shown });
    await pass();
    expect(released()).toBe(times);
  });

  test('is released also when it cannot be understood', async () => {
    const { pass, notes, released } = finished({ metadata: forced }, true);
    expect(await pass()).toEqual({ kind: 'Done' });
    expect(released()).toBe(1);
    expect(notes[0]).toContain('whether a call was open is not known');
  });

  test('is told of once: held by somebody else, it is left alone', async () => {
    const { pass, told, released } = finished({
      ...unknown,
      metadata: { ...forced, finalizers: ['example.com/other'] },
    });
    expect(await pass()).toEqual({ kind: 'Done' });
    expect({ told, released: released() }).toEqual({ told: [], released: 0 });
  });

  test.each<[string, RequestChanges['metadata']]>([
    ['it is not deleted', { annotations: forced.annotations }],
    ['no reason is given', { ...forced, annotations: { 'dcc-operator.io/force-release': ' ' } }],
  ])('is followed while %s', async (_, changes) => {
    const { pass, told, released } = finished({ ...unknown, metadata: changes });
    expect(await pass()).toMatchObject({ kind: 'RequeueAfter' });
    expect({ forced: told.includes('ForceReleased'), released: released() }).toEqual({ forced: false, released: 0 });
  });
});
