import { expect, test, vi } from 'vitest';
import type { DCCServerStatus } from '../../../operator/api/dccserver.ts';
import { drainFinalizer } from '../../../operator/api/names.ts';
import { minutes, seconds } from '../../../operator/clock.ts';
import type { ServerObservation } from '../../../operator/inventory/observation.ts';
import { reconcileServer } from '../../../operator/inventory/reconcile.ts';
import { aServer, type ServerChanges } from '../../builders/dccserver.ts';
import { aMachine, anObservation, backedUp, dependents, read, unreadable } from '../../builders/observation.ts';
import { everyMinute } from '../../builders/polls.ts';
import { aPlacement, aRequest } from '../../builders/unsubscriptionrequest.ts';
import { createVirtualClock } from '../../virtual-clock.ts';
import { aServerContext } from './server-context.ts';

/** A server alone in the world, of which each look shows what `observed` holds. Reading it takes two seconds. */
function alone(observed: ServerObservation[], metadata: ServerChanges['metadata'] = {}, cannotBeUnderstood = false) {
  const server = aServer('server-1', { metadata: { finalizers: [drainFinalizer], ...metadata } });
  const clock = createVirtualClock();
  /** When it was looked at, and from when on what it was shown may be. */
  const looks: { at: number; since: number; that: string }[] = [];
  const told: string[] = [];
  const notes: string[] = [];
  const reminded: string[] = [];
  const { context, known, released } = aServerContext([server], {
    inventory: {
      look: async (_, { that, since }) => {
        looks.push({ at: clock.elapsed(), since, that });
        await clock.advance(seconds(2));
        const observation = observed.shift() ?? anObservation();
        const times = { readBy: clock.elapsed(), nextPollAt: everyMinute(clock).next() };
        return { observation: { ...observation, ...times }, judgeBackup: () => backedUp };
      },
    },
    clock,
    announce: (_, { reason, note }) => {
      told.push(reason);
      notes.push(note);
    },
    remind: (_, { reason }) => reminded.push(reason),
  });
  const { servers } = context;
  const cached = cannotBeUnderstood
    ? () => ({ kind: 'Unreadable' as const, metadata: server.metadata, problem: 'no region' })
    : servers.cached;
  const pass = () =>
    reconcileServer(
      { ...context, servers: { ...servers, cached } },
      'datacenter',
      'server-1',
      new AbortController().signal,
    );
  const change = (metadataNow: ServerChanges['metadata']) => {
    const now = known.get('server-1') ?? server;
    known.set('server-1', { ...now, metadata: { ...now.metadata, ...metadataNow } });
  };
  return { clock, pass, change, told, notes, reminded, looks, released: () => released.length };
}

test('a server that cannot be read is announced once and reminded of on every pass, until it can be', async () => {
  const down = anObservation({ subscription: unreadable() });
  const { pass, told, reminded } = alone([anObservation(), down, down, down, anObservation()]);
  for (let passes = 0; passes < 5; passes += 1) {
    expect(await pass()).toEqual({ kind: 'RequeueAfter', after: minutes(1) });
  }
  expect(told).toEqual(['Observed', 'CannotRead', 'Observed']);
  expect(reminded).toEqual(['CannotRead', 'CannotRead', 'CannotRead']);
});

const deleted = { deletionTimestamp: '2026-03-01T11:00:00Z' };
const occupied = anObservation({ dependents: read(dependents({ machines: [aMachine('vm-1')] })) });
const again = { kind: 'RequeueAfter', after: seconds(5) };

test('a deleted server is let go by the pass whose reading begins some seconds after that of the first had ended', async () => {
  const { clock, pass, looks, released } = alone([], deleted);
  expect(await pass()).toEqual(again);
  expect(released()).toBe(0);
  await clock.advance(again.after);
  expect(await pass()).toEqual({ kind: 'Done' });
  expect(released()).toBe(1);
  expect(looks).toEqual([
    { at: 0, since: -seconds(30), that: 'Ended' },
    { at: seconds(7), since: seconds(7), that: 'Began' },
  ]);
});

test('a pass that comes too early for the second look lets nothing go, and does not put it off', async () => {
  const { clock, pass, released } = alone([], deleted);
  await pass();
  await clock.advance(seconds(1));
  // The look of this pass takes two seconds.
  expect(await pass()).toEqual({ kind: 'RequeueAfter', after: seconds(2) });
  expect(released()).toBe(0);
  await clock.advance(seconds(2));
  expect(await pass()).toEqual({ kind: 'Done' });
  expect(released()).toBe(1);
});

test('a second look that comes late asks for a reading as fresh as that of any pass', async () => {
  const { clock, pass, looks } = alone([], deleted);
  await pass();
  await clock.advance(minutes(10));
  await pass();
  expect(looks[1]).toMatchObject({ at: minutes(10) + seconds(2), since: minutes(10) + seconds(2) - seconds(30) });
});

test.each([
  ['shows what the first did not', occupied],
  ['cannot be read', anObservation({ dependents: unreadable() })],
])('a deleted server stays when the second look %s, and then two looks must agree again', async (_, second) => {
  const { clock, pass, released } = alone([anObservation(), second], deleted);
  await pass();
  await clock.advance(again.after);
  expect(await pass()).toEqual({ kind: 'RequeueAfter', after: minutes(1) });
  expect(await pass()).toEqual(again);
  expect(released()).toBe(0);
  await clock.advance(again.after);
  await pass();
  expect(released()).toBe(1);
});

test.each([
  ['its spec was changed', { generation: 7 }],
  ['it is another one of the same name', { uid: 'uid-of-another' }],
])('the first look counts no more when %s since', async (_, changed) => {
  const { clock, pass, change, released } = alone([], deleted);
  await pass();
  await clock.advance(again.after);
  change(changed);
  expect(await pass()).toEqual(again);
  expect(released()).toBe(0);
});

const forced = { ...deleted, annotations: { 'dcc-operator.io/force-release': ' INC-42. ' } };

test.each([
  ['that can be read', false],
  ['that cannot be understood', true],
])('a deleted server %s is let go by force, whatever is on it, and that is told', async (_, cannotBeUnderstood) => {
  const { pass, told, notes, looks, released } = alone([occupied], forced, cannotBeUnderstood);
  expect(await pass()).toEqual({ kind: 'Done' });
  expect(released()).toBe(1);
  expect(looks).toEqual([]);
  expect(told).toEqual(['ForceReleased']);
  expect(notes).toEqual(['Let go by force: INC-42. What held it was not cleared.']);
});

test('a server that was let go by force and is held by somebody else is told of once', async () => {
  const { pass, told, released } = alone([], { ...forced, finalizers: ['example.com/other'] });
  expect(await pass()).toEqual({ kind: 'Done' });
  expect({ told, released: released() }).toEqual({ told: [], released: 0 });
});

test.each([
  ['it is not deleted', { annotations: forced.annotations }],
  ['no reason is given', { ...deleted, annotations: { 'dcc-operator.io/force-release': ' ' } }],
])('nothing is let go by force while %s', async (_, metadata) => {
  const { pass, told, released } = alone([occupied, occupied], metadata);
  await pass();
  expect({ released: released(), forced: told.includes('ForceReleased') }).toEqual({ released: 0, forced: false });
});

const observedBefore = aServer('server-1', {
  metadata: { finalizers: [drainFinalizer] },
  status: { observedGeneration: 1 },
});

test('a call is remembered by its server before the cloud is asked for anything, and without it', async () => {
  const signedAt = '2026-03-01T12:00:00.000Z';
  const request = aRequest({ status: { placements: [aPlacement({ state: 'Unknown', signedAt })] } });
  const never = Promise.withResolvers<never>().promise;
  const asked: unknown[] = [];
  const { context, known } = aServerContext([observedBefore], {
    inventory: {
      look: ({ status }) => {
        asked.push(status.unsubscription);
        return never;
      },
    },
    clock: createVirtualClock(),
    requestsNaming: () => [{ kind: 'Readable', object: request }],
  });
  void reconcileServer(context, 'datacenter', 'server-1', new AbortController().signal);
  await vi.waitFor(() => expect(asked).toEqual([{ request: 'retire', state: 'Unknown', signedAt }]));
  expect(known.get('server-1')?.status.unsubscription).toMatchObject({ request: 'retire', signedAt });
});

test('so is a call for one of its disks alone, or for its renewals', async () => {
  const call = aPlacement({ state: 'Unknown', resourceIds: ['disk-1'] });
  const { context, known } = aServerContext([observedBefore], {
    inventory: { look: () => Promise.withResolvers<never>().promise },
    clock: createVirtualClock(),
    requestsNaming: () => [{ kind: 'Readable', object: aRequest({ status: { placements: [call] } }) }],
  });
  void reconcileServer(context, 'datacenter', 'server-1', new AbortController().signal);
  const { resourceIds, signedAt } = call;
  await vi.waitFor(() =>
    expect(known.get('server-1')?.status).toMatchObject({
      partialUnsubscription: { request: 'retire', resourceIds, state: 'Unknown', signedAt },
    }),
  );
});

test('when the API server does not keep it, the pass fails and says what to install', async () => {
  const call = aPlacement({ state: 'Unknown', resourceIds: ['disk-1'] });
  const { context } = aServerContext([observedBefore], {
    inventory: { look: () => Promise.withResolvers<never>().promise },
    clock: createVirtualClock(),
    requestsNaming: () => [{ kind: 'Readable', object: aRequest({ status: { placements: [call] } }) }],
  });
  const writeStatus: typeof context.servers.writeStatus = async (server, { partialUnsubscription: _, ...status }) =>
    context.servers.writeStatus(server, status);
  const servers = { ...context.servers, writeStatus };
  const pass = reconcileServer({ ...context, servers }, 'datacenter', 'server-1', new AbortController().signal);
  await expect(pass).rejects.toThrow('Install the CustomResourceDefinitions of this version');
});

test('a call that the server remembers is written once', async () => {
  const request = aRequest({ status: { placements: [aPlacement({ state: 'Unknown' })] } });
  const { context } = aServerContext([observedBefore], {
    inventory: { look: async () => ({ observation: anObservation(), judgeBackup: () => backedUp }) },
    clock: createVirtualClock(),
    requestsNaming: () => [{ kind: 'Readable', object: request }],
  });
  const writeStatus = vi.fn(context.servers.writeStatus);
  const pass = () =>
    reconcileServer(
      { ...context, servers: { ...context.servers, writeStatus } },
      'datacenter',
      'server-1',
      new AbortController().signal,
    );
  await pass();
  expect(writeStatus).toHaveBeenCalledTimes(2);
  await pass();
  expect(writeStatus).toHaveBeenCalledTimes(3);
});

test('of a server that was never observed nothing is written before its conditions', async () => {
  const request = aRequest({ status: { placements: [aPlacement({ state: 'Unknown' })] } });
  const { context } = aServerContext([aServer('server-1', { metadata: { finalizers: [drainFinalizer] } })], {
    inventory: { look: async () => ({ observation: anObservation(), judgeBackup: () => backedUp }) },
    clock: createVirtualClock(),
    requestsNaming: () => [{ kind: 'Readable', object: request }],
  });
  const writeStatus = vi.fn(context.servers.writeStatus);
  const servers = { ...context.servers, writeStatus };
  await reconcileServer({ ...context, servers }, 'datacenter', 'server-1', new AbortController().signal);
  expect(writeStatus.mock.calls.map(([, status]) => status.conditions?.length)).toEqual([expect.any(Number)]);
});

const call = { request: 'gone', state: 'Processing', orderId: 'CS1', signedAt: '2026-03-01T10:00:00.000Z' };

/** A server that remembers a call which nobody follows, and how often the account was asked for its orders. */
function remembering(metadata: ServerChanges['metadata'], status: Partial<DCCServerStatus>) {
  let asked = 0;
  const server = aServer('server-1', { metadata: { finalizers: [drainFinalizer], ...metadata }, status });
  const { context, known, released } = aServerContext([server], {
    inventory: { look: async () => ({ observation: anObservation(), judgeBackup: () => backedUp }) },
    clock: createVirtualClock(),
    accounts: {
      accountOf: async () => {
        asked += 1;
        return unreadable();
      },
    },
  });
  const pass = () => reconcileServer(context, 'datacenter', 'server-1', new AbortController().signal);
  return { pass, released, asked: () => asked, ready: () => known.get('server-1')?.status.conditions?.[0]?.message };
}

test('a deleted server is held while the orders of a call that nobody follows cannot be read, and says so', async () => {
  const { pass, released, asked, ready } = remembering(deleted, { unsubscription: call });
  expect(await pass()).toEqual({ kind: 'RequeueAfter', after: minutes(1) });
  expect({ released, asked: asked() }).toEqual({ released: [], asked: 1 });
  expect(ready()).toContain('It is not known whether an order of a call that nobody follows');
});

test.each<[when: string, metadata: ServerChanges['metadata'], status: Partial<DCCServerStatus>]>([
  ['it is not deleted', {}, { unsubscription: call }],
  ['it remembers no call', deleted, {}],
  ['how the call ended is known', deleted, { unsubscription: { ...call, state: 'Cancelled' } }],
])('no orders are asked for while %s', async (_, metadata, status) => {
  const { pass, asked } = remembering(metadata, status);
  await pass();
  expect(asked()).toBe(0);
});
