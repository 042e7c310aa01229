import { expect, test } from 'vitest';
import type { Condition } from '../../../operator/api/conditions.ts';
import { unreadableStatus } from '../../../operator/api/unreadable.ts';
import type { UnsubscriptionRequestStatus } from '../../../operator/api/unsubscriptionrequest.ts';
import { minutes, seconds } from '../../../operator/clock.ts';
import type { RequestContext } from '../../../operator/unsubscription/context.ts';
import { reconcileRequest } from '../../../operator/unsubscription/reconcile.ts';
import { lookedAt } from '../../builders/metadata.ts';
import { aPlacement, aRequest, type RequestChanges } from '../../builders/unsubscriptionrequest.ts';
import { createVirtualClock } from '../../virtual-clock.ts';
import { silentLog } from '../kubernetes/objects.ts';

const notNeeded = (): never => {
  throw new Error('a finished request asks for nothing');
};

/** A finished request alone in the world: what is written of it, and what people are told. */
function finished(changes: RequestChanges) {
  let request = aRequest(changes);
  const written: UnsubscriptionRequestStatus[] = [];
  const told: string[] = [];
  const reminded: string[] = [];
  const context: Omit<RequestContext, 'outcomes'> = {
    requests: {
      cached: () => ({ kind: 'Readable', object: request }),
      all: notNeeded,
      byIndex: notNeeded,
      live: notNeeded,
      writeRawStatus: notNeeded,
      holdFinalizer: notNeeded,
      releaseFinalizer: notNeeded,
      writeStatus: async (object, status) => {
        if (JSON.stringify(object.status) === JSON.stringify(status)) return object;
        written.push(status);
        request = { ...object, status };
        return request;
      },
    },
    servers: { cached: () => undefined, live: async () => undefined },
    scope: { namespaces: [] },
    tellIfLeft: notNeeded,
    cluster: { serversIn: async () => [], serversWith: notNeeded, claimedOrders: () => new Set() },
    inventory: { look: notNeeded },
    accounts: { accountOf: notNeeded },
    payments: { of: notNeeded },
    refundRates: undefined,
    haltSwitch: { read: async () => ({ kind: 'Read', value: undefined }) },
    budget: { limits: { open: 1, perHour: 1 }, exceeded: () => undefined, take: notNeeded },
    lookAgainAfter: seconds(5),
    terms: { settleWindow: minutes(16) },
    mode: 'Place',
    holder: 'operator-0',
    pollInterval: minutes(1),
    callTimeout: seconds(30),
    leaseLeft: notNeeded,
    clock: createVirtualClock(),
    log: silentLog,
    announce: (_, { reason }) => told.push(reason),
    remind: (_, { reason }) => reminded.push(reason),
  };
  const pass = () =>
    reconcileRequest({ ...context, outcomes: context.requests }, 'datacenter', 'retire', new AbortController().signal);
  return { pass, written, told, reminded };
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

test('a request that is blocked is announced once, and reminded of on every pass', async () => {
  const { pass, written, told, reminded } = finished({});
  for (let passes = 0; passes < 3; passes += 1) expect(await pass()).toMatchObject({ kind: 'RequeueAfter' });
  expect(written).toHaveLength(1);
  expect(told).toEqual(['Blocked']);
  expect(reminded).toEqual(['Blocked', 'Blocked', 'Blocked']);
});

test.each([
  [19, 'Accepted', seconds(10)],
  [21, 'Accepted', minutes(1)],
  [19, 'Unknown', seconds(10)],
  [21, 'Unknown', minutes(1)],
] as const)('a call that was signed %i minutes ago and is %s is looked at again in time', async (age, state, after) => {
  const signedAt = new Date(createVirtualClock().now().getTime() - minutes(age)).toISOString();
  const call = aPlacement({ state, signedAt, orders: [{ orderId: 'CS1', state: 'PendingApproval' }] });
  const { pass } = finished({ status: { placements: [call] } });
  expect(await pass()).toEqual({ kind: 'RequeueAfter', after });
});
