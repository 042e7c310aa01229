import { expect, test } from 'vitest';
import { drainFinalizer } from '../../../operator/api/names.ts';
import { minutes, seconds } from '../../../operator/clock.ts';
import type { ServerObservation } from '../../../operator/inventory/observation.ts';
import { reconcileServer, type ServerContext } from '../../../operator/inventory/reconcile.ts';
import { aServer, type ServerChanges } from '../../builders/dccserver.ts';
import { aMachine, anObservation, backedUp, dependents, read, unreadable } from '../../builders/observation.ts';
import { createVirtualClock } from '../../virtual-clock.ts';

const notNeeded = (): never => {
  throw new Error('a server that stands alone asks for nothing more');
};

/** A server alone in the world, of which each look shows what `observed` holds. */
function alone(observed: ServerObservation[], metadata: ServerChanges['metadata'] = {}, unreadable = false) {
  let server = aServer('server-1', { metadata: { finalizers: [drainFinalizer], ...metadata } });
  let released = 0;
  const clock = createVirtualClock();
  /** When it was looked at, and from when on what it was shown may be. */
  const looks: { at: number; since: number }[] = [];
  const told: string[] = [];
  const notes: string[] = [];
  const reminded: string[] = [];
  const context: ServerContext = {
    servers: {
      cached: () =>
        unreadable
          ? { kind: 'Unreadable', metadata: server.metadata, problem: 'no region' }
          : { kind: 'Readable', object: server },
      all: notNeeded,
      byIndex: notNeeded,
      live: notNeeded,
      writeRawStatus: notNeeded,
      holdFinalizer: notNeeded,
      releaseFinalizer: async () => {
        released += 1;
      },
      writeStatus: async (object, status) => {
        server = { ...object, status };
        return server;
      },
    },
    requestsNaming: () => [],
    liveRequest: notNeeded,
    tellIfLeft: notNeeded,
    unreadableRequests: () => new Set(),
    inventory: {
      look: async (_, since) => {
        looks.push({ at: clock.elapsed(), since });
        return { observation: observed.shift() ?? anObservation(), judgeBackup: () => backedUp };
      },
    },
    clock: { ...clock, sleep: (duration) => clock.advance(duration) },
    pollInterval: minutes(1),
    lookAgainAfter: seconds(5),
    announce: (_, { reason, note }) => {
      told.push(reason);
      notes.push(note);
    },
    remind: (_, { reason }) => reminded.push(reason),
  };
  const pass = () => reconcileServer(context, 'datacenter', 'server-1', new AbortController().signal);
  return { pass, told, notes, reminded, looks, released: () => released };
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

test('a deleted server is let go when two looks some seconds apart show nothing on it', async () => {
  const { pass, looks, released } = alone([], deleted);
  expect(await pass()).toEqual({ kind: 'Done' });
  expect(released()).toBe(1);
  const [first, second, ...more] = looks;
  expect(more).toEqual([]);
  expect(second?.at).toBe((first?.at ?? 0) + seconds(5));
  expect(second?.since, 'the second look is a fresh one').toBe(second?.at);
});

test('a deleted server stays when the second look shows what the first did not', async () => {
  const { pass, released } = alone([anObservation(), occupied], deleted);
  expect(await pass()).toEqual({ kind: 'RequeueAfter', after: seconds(1) });
  expect(released()).toBe(0);
});

const forced = { ...deleted, annotations: { 'dcc-operator.io/force-release': ' INC-42 ' } };

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
