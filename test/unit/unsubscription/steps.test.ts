import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isFinished } from '../../../operator/api/objects.ts';
import { isOpen, type Placement } from '../../../operator/api/unsubscriptionrequest.ts';
import { blockersOf } from '../../../operator/unsubscription/blockers/rules.ts';
import { planOf } from '../../../operator/unsubscription/plan.ts';
import type { Reading, Snapshot } from '../../../operator/unsubscription/snapshot.ts';
import { type Decision, decide } from '../../../operator/unsubscription/steps.ts';
import { arbitrarySnapshot } from '../../builders/arbitrary.ts';
import { blockedCases } from '../../builders/blocked.ts';
import { resourceIdOf } from '../../builders/dccserver.ts';
import { lookedAt, millisecondsLater, minutesLater } from '../../builders/metadata.ts';
import { aSubscription, read, unreadable } from '../../builders/observation.ts';
import {
  aCandidate,
  aFoundServer,
  anEvidence,
  anOrder,
  aSnapshot,
  exactly,
  rows,
  withJournal,
  withStatus,
} from '../../builders/snapshot.ts';
import { terms } from '../../builders/terms.ts';
import type { RequestChanges } from '../../builders/unsubscriptionrequest.ts';

const decided = (snapshot: Snapshot) => decide(snapshot, terms);
/** From when on a call that was signed at `lookedAt` is dead. */
const dead = millisecondsLater(terms.settleWindow);

const two = (request: RequestChanges = {}) =>
  aSnapshot({ servers: [aFoundServer('server-1'), aFoundServer('server-2')], request });
const showing = (snapshot: Snapshot, id: string, evidence: Reading<ReturnType<typeof anEvidence>>): Snapshot => ({
  ...snapshot,
  evidence: new Map([...snapshot.evidence, [id, evidence]]),
});
const cannotRead = 'The billing centre cannot be read: connect ECONNREFUSED. Wait: it is read again.';
const deleted = { metadata: { deletionTimestamp: lookedAt.toISOString() } };
const deletedAndFree = { metadata: { deletionTimestamp: lookedAt.toISOString(), finalizers: [] } };
const processing: Partial<Placement> = { state: 'Accepted', orders: [{ orderId: 'CS1', state: 'Processing' }] };
const completed: Partial<Placement> = {
  state: 'Accepted',
  orders: [{ orderId: 'CS1', state: 'Completed' }],
  result: 'Completed',
};
const refused: Partial<Placement> = { state: 'Rejected', code: 'CBC.99003185', mayRetry: false };
const ended = (snapshot: Snapshot, type: 'Complete' | 'Failed'): Snapshot =>
  withStatus(snapshot, {
    conditions: [
      { type, status: 'True', reason: type, message: 'It has ended.', lastTransitionTime: lookedAt.toISOString() },
    ],
  });

describe('a request in which every rule holds', () => {
  test('is placed: the first order of its plan, for the first time', () => {
    const snapshot = two();
    const plan = planOf(snapshot);
    expect(decided(snapshot)).toEqual({ do: 'Place', order: plan?.orders[0], plan, number: 1, attempt: 1 });
  });

  test('gets its finalizer before anything is sent', () => {
    expect(decided(aSnapshot({ request: { metadata: { finalizers: undefined } } }))).toEqual({ do: 'HoldFinalizer' });
    expect(decided(aSnapshot({ request: { metadata: { finalizers: ['example.com/other'] } } }))).toEqual({
      do: 'HoldFinalizer',
    });
  });

  test('goes on to the second order when the first is completed', () => {
    expect(decided(withJournal(two(), completed))).toMatchObject({ do: 'Place', number: 2, attempt: 1 });
  });

  test('is complete when every order is', () => {
    const journal = [completed, { ...completed, id: '2.1' }];
    expect(decided(withJournal(two(), ...journal))).toEqual({ do: 'Finish', outcome: 'Complete' });
  });

  test('ends also when older definitions have cut its plan, or spec means another by now', () => {
    const journal = [completed, { ...completed, id: '2.1' }];
    const whole = withJournal(two(), ...journal);
    const plan = whole.request.status.plan ?? expect.fail('there is no plan');
    const cut = { ...plan, orders: plan.orders.map(({ serverUids: _, ...order }) => order) };
    expect(decided(withStatus(whole, { plan: cut }))).toEqual({ do: 'Finish', outcome: 'Complete' });
    const begun = withStatus(withJournal(two(), completed), { plan: cut });
    expect(decided(begun)).toMatchObject({ do: 'Wait', for: 'Blocked' });
    const ofAnother = withStatus(whole, { plan: { ...plan, id: 'another' } });
    expect(decided(ofAnother)).toMatchObject({ do: 'Wait', for: 'Blocked' });
  });

  test('is blocked by the first condition that does not hold, and says how many more', () => {
    const snapshot = aSnapshot({ mode: 'ObserveOnly', request: { spec: { approvedPlan: undefined, suspend: true } } });
    expect(decided(snapshot)).toEqual({
      do: 'Wait',
      for: 'Blocked',
      stalled: false,
      message: expect.stringMatching(
        /^Nobody has approved plan-[0-9a-f]{24}[.] Read status[.]plan[.]orders, .* And 2 more in status[.]blockers[.]$/,
      ),
    });
  });
});

test.each(blockedCases.filter(({ reason }) => reason !== 'AlreadyUnsubscribed'))(
  'nothing is placed when $changed',
  ({ snapshot }) => {
    expect(decided(snapshot)).toMatchObject({ do: 'Wait', for: 'Blocked' });
  },
);

describe('a request that is deleted', () => {
  test('before anything was sent is let go at once', () => {
    expect(decided(aSnapshot({ request: deleted }))).toEqual({ do: 'ReleaseFinalizer' });
    expect(decided(aSnapshot({ request: deletedAndFree }))).toEqual({ do: 'Rest' });
  });

  test.each<Partial<Placement>>([{ state: 'Intended' }, { state: 'Unknown' }])(
    'waits for the outcome of a call that is $state',
    (entry) => {
      expect(decided(withJournal(aSnapshot({ request: deleted }), entry))).toMatchObject({
        do: 'Wait',
        for: 'OutcomeUnknown',
      });
    },
  );

  test('waits for the end of an accepted order', () => {
    expect(decided(withJournal(aSnapshot({ request: deleted }), processing))).toMatchObject({ for: 'OrderInProgress' });
  });

  test('waits until its servers show how their order ended: they learn it from its journal alone', () => {
    const over = withJournal(two(deleted), completed);
    expect(decided({ ...over, unrecorded: ['server-1'] })).toEqual({ do: 'Rest' });
  });

  test('between two orders is let go, and the second is never placed', () => {
    expect(decided(withJournal(two(deleted), completed))).toEqual({ do: 'ReleaseFinalizer' });
  });
});

describe('a request that has ended', () => {
  test.each(['Complete', 'Failed'] as const)(
    'as %s lets go of its finalizer and rests, whatever is the case',
    (type) => {
      expect(decided(ended(aSnapshot(), type))).toEqual({ do: 'ReleaseFinalizer' });
      expect(decided(ended(aSnapshot({ request: { metadata: { finalizers: [] } } }), type))).toEqual({ do: 'Rest' });
      expect(decided(ended(aSnapshot({ request: deletedAndFree }), type))).toEqual({ do: 'Rest' });
    },
  );

  test('keeps its finalizer until its servers show how their order ended', () => {
    expect(decided({ ...ended(aSnapshot(), 'Complete'), unrecorded: ['server-1'] })).toEqual({ do: 'Rest' });
  });
});

describe('a call whose outcome is not known', () => {
  const call = { signedAt: lookedAt.toISOString(), serviceType: 'hws.service.type.dcc' };
  const lost = withJournal(aSnapshot(), { state: 'Unknown', ...call });

  test.each<[what: string, snapshot: Snapshot, why: string]>([
    ['was not read', lost, 'The cloud was not read yet.'],
    ['could not be read', showing(lost, '1.1', unreadable()), cannotRead],
  ])('waits when its evidence %s, and says why', (_, snapshot, why) => {
    const message = `The outcome of call 1.1 is not known. ${why}`;
    expect(decided(snapshot)).toEqual({ do: 'Wait', for: 'OutcomeUnknown', stalled: false, message });
  });

  test('waits until it is settled', () => {
    expect(decided(showing(lost, '1.1', read(anEvidence())))).toMatchObject({ for: 'OutcomeUnknown', stalled: false });
  });

  test('stalls when only a person can settle it', () => {
    const evidence = anEvidence({ rows: rows('Closed', 'server-1'), cloudTime: dead });
    expect(decided(showing(lost, '1.1', read(evidence)))).toMatchObject({
      ...{ for: 'OutcomeUnknown', stalled: true },
      about: { call: { id: '1.1' }, asked: { id: '1.1', state: 'Unknown', askedAt: dead.toISOString() } },
    });
  });

  test('is recorded as accepted, or as never placed, when the cloud shows it', () => {
    const accepted = anEvidence({
      ...{ rows: rows('Closed', 'server-1'), unclaimedOrders: [aCandidate({ state: 'Completed' })] },
      cloudTime: dead,
    });
    const never = anEvidence({ cloudTime: dead });
    const recorded = (evidence: typeof accepted) => decided(showing(lost, '1.1', read(evidence)));
    expect(recorded(accepted)).toMatchObject({ do: 'RecordPlacement', placement: { id: '1.1', state: 'Accepted' } });
    expect(recorded(never)).toMatchObject({ do: 'RecordPlacement', placement: { id: '1.1', state: 'NotPlaced' } });
  });

  test('counts no rows when only renewals are cancelled', () => {
    const request = { spec: { scope: 'RenewalsOnly' as const } };
    const evidence = anEvidence({ rows: rows('Closed', 'server-1'), unclaimedOrders: [aCandidate()] });
    const renewals = withJournal(aSnapshot({ request }), { state: 'Unknown', signedAt: lookedAt.toISOString() });
    expect(decided(showing(renewals, '1.1', read(evidence)))).toMatchObject({ do: 'Wait', for: 'OutcomeUnknown' });
  });
});

describe('an accepted order', () => {
  const running = withJournal(aSnapshot(), processing);

  test('is waited for in the words of the cloud', () => {
    const same = read(anEvidence({ orders: [anOrder({ orderId: 'CS1' })] }));
    expect(decided(showing(running, '1.1', same))).toEqual({
      do: 'Wait',
      for: 'OrderInProgress',
      stalled: false,
      message: 'Order CS1 is Processing.',
    });
  });

  test('is waited for when the cloud cannot be read, and the reason is said', () => {
    expect(decided(showing(running, '1.1', unreadable()))).toMatchObject({
      for: 'OrderInProgress',
      message: `Order CS1 is Processing. ${cannotRead}`,
    });
  });

  test('is recorded when the cloud shows something new', () => {
    const evidence = anEvidence({
      orders: [anOrder({ orderId: 'CS1', state: 'Completed' })],
      rows: rows('Absent', 'server-1'),
    });
    expect(decided(showing(running, '1.1', read(evidence)))).toMatchObject({
      do: 'RecordPlacement',
      placement: { id: '1.1', result: 'Completed' },
    });
  });

  describe('that is completed while its server is still shown', () => {
    const orders = [{ orderId: 'CS1', state: 'Completed' }];
    const evidence = (later: number) =>
      anEvidence({ orders: [anOrder({ orderId: 'CS1', state: 'Completed' })], cloudTime: minutesLater(later) });
    const since = withJournal(aSnapshot(), { ...processing, orders, ordersEndedAt: lookedAt.toISOString() });

    test('is recorded with the time from when it waits', () => {
      const held = withJournal(aSnapshot(), { ...processing, orders });
      expect(decided(showing(held, '1.1', read(evidence(1))))).toMatchObject({
        do: 'RecordPlacement',
        placement: { ordersEndedAt: minutesLater(1).toISOString() },
      });
    });

    test('says what is waited for', () => {
      expect(decided(showing(since, '1.1', read(evidence(59))))).toEqual({
        ...{ do: 'Wait', for: 'OrderInProgress', stalled: false },
        message: 'Order CS1 is Completed. The billing centre still shows what it takes away.',
      });
    });

    test('stalls after an hour', () => {
      expect(decided(showing(since, '1.1', read(evidence(60))))).toMatchObject({
        ...{ do: 'Wait', for: 'OrderInProgress', stalled: true },
        message: expect.stringMatching(/resource-of-server-1 is still in use[.] Look in Billing Center/),
      });
    });

    test('while the cloud cannot be read, says only that', () => {
      expect(decided(showing(since, '1.1', unreadable()))).toMatchObject({
        stalled: false,
        message: `Order CS1 is Completed. ${cannotRead}`,
      });
    });
  });

  test('that took its server away and whose refund does not show says what is waited for', () => {
    const orders = [{ orderId: 'CS1', state: 'Completed' }];
    const since = { ...processing, orders, ordersEndedAt: lookedAt.toISOString() };
    const evidence = anEvidence({
      orders: [anOrder({ orderId: 'CS1', state: 'Completed', refundIsMissing: true })],
      rows: rows('Closed', 'server-1'),
    });
    const shown = (cloudTime: Date) =>
      showing(withJournal(aSnapshot(), since), '1.1', read({ ...evidence, cloudTime }));
    expect(decided(shown(minutesLater(59)))).toEqual({
      ...{ do: 'Wait', for: 'OrderInProgress', stalled: false },
      message: 'Order CS1 is Completed. The billing centre does not show yet what comes back.',
    });
    expect(decided(shown(minutesLater(60)))).toMatchObject({ placement: { result: 'Completed' } });
  });

  test('that is one of two is not spoken of as completed before both are', () => {
    const orders = [
      { orderId: 'CS1', state: 'Completed' },
      { orderId: 'CS2', state: 'Processing' },
    ];
    const evidence = read(anEvidence());
    expect(decided(showing(withJournal(aSnapshot(), { ...processing, orders }), '1.1', evidence))).toMatchObject({
      message: 'Order CS1 is Completed, CS2 is Processing.',
    });
  });

  test('that the cloud named no order for does not speak of one', () => {
    expect(decided(withJournal(aSnapshot(), { state: 'Accepted', orders: [] }))).toMatchObject({
      for: 'OrderInProgress',
      message: expect.stringMatching(/^Call 1[.]1 was accepted, but no order was named: look in /),
    });
  });

  test('is followed before anything that blocks', () => {
    const frozen = { observation: { subscription: read(aSubscription({ status: 'Frozen' })) } };
    const blocked = { ...running, servers: [aFoundServer('server-1', frozen)] };
    expect(decided(blocked)).toMatchObject({ do: 'Wait', for: 'OrderInProgress' });
  });
});

describe('a call of which a person states that a part was refused', () => {
  const resourceIds = ['server-1', 'server-2'].map(resourceIdOf);
  const stated = (value: string, onFailure: 'Stop' | 'Continue' = 'Stop') => {
    const annotations = { 'settle.dcc-operator.io/1.1': value };
    const servers = ['server-1', 'server-2', 'server-3'].map((name) => aFoundServer(name));
    const snapshot = aSnapshot({ servers, request: { metadata: { annotations }, spec: { onFailure } } });
    const orders = [{ orderId: 'CS1', state: 'Completed' }];
    const both = { servers: ['server-1', 'server-2'], resourceIds, orders, ordersEndedAt: lookedAt.toISOString() };
    return withJournal(snapshot, { ...processing, ...both });
  };
  const shown = anEvidence({
    orders: [anOrder({ orderId: 'CS1', state: 'Completed' })],
    rows: new Map([...rows('Closed', 'server-1'), ...rows('InUse', 'server-2')]),
    cloudTime: minutesLater(60),
  });

  test('ends as one whose answer told it', () => {
    expect(decided(showing(stated(`refused=${resourceIds[1]}`), '1.1', read(shown)))).toMatchObject({
      do: 'RecordPlacement',
      placement: { state: 'Accepted', result: 'Completed', failed: [{ resourceId: resourceIds[1], code: 'Stated' }] },
    });
  });

  test('and is not believed, stays open, with the reason', () => {
    expect(decided(showing(stated(`refused=${resourceIds[0]}`), '1.1', read(shown)))).toMatchObject({
      ...{ do: 'Wait', for: 'OrderInProgress', stalled: true },
      about: { call: { id: '1.1' }, refused: `refused=${resourceIds[0]}` },
    });
  });

  test.each(['Stop', 'Continue'] as const)('is never ordered again, whatever comes after it: %s', (onFailure) => {
    const snapshot = stated(`refused=${resourceIds[1]}`, onFailure);
    const decision = decided(showing(snapshot, '1.1', read(shown)));
    if (decision.do !== 'RecordPlacement') throw new Error(decision.do);
    const after = decided(withStatus(snapshot, { placements: [decision.placement] }));
    if (onFailure === 'Stop') expect(after).toEqual({ do: 'Finish', outcome: 'Failed' });
    else expect(after).toMatchObject({ do: 'Place', number: 2 });
  });
});

describe('an order that was refused for good', () => {
  test('fails the request, and the next order is not placed', () => {
    expect(decided(withJournal(two(), refused))).toEqual({ do: 'Finish', outcome: 'Failed' });
    expect(decided(withJournal(two({ spec: { onFailure: 'Stop' } }), refused))).toEqual({
      do: 'Finish',
      outcome: 'Failed',
    });
  });

  test('lets the next one follow when the request says Continue, and fails the request in the end', () => {
    const request = { spec: { onFailure: 'Continue' as const } };
    expect(decided(withJournal(two(request), refused))).toMatchObject({ do: 'Place', number: 2 });
    const both = withJournal(two(request), refused, { ...completed, id: '2.1' });
    expect(decided(both)).toEqual({ do: 'Finish', outcome: 'Failed' });
  });
});

test('a deadline that has passed needs a person, any other blocker only time or work', () => {
  const past = aSnapshot({ request: { spec: { deadline: minutesLater(-1).toISOString() } } });
  expect(decided(past)).toMatchObject({ do: 'Wait', for: 'Blocked', stalled: true });
  const suspended = aSnapshot({ request: { spec: { suspend: true } } });
  expect(decided(suspended)).toMatchObject({ do: 'Wait', for: 'Blocked', stalled: false });
});

describe('a call that is under way', () => {
  const released = { metadata: { finalizers: [] } };

  test.each<Partial<Placement>>([
    { state: 'Intended' },
    { state: 'Unknown' },
    { state: 'Accepted', orders: [{ orderId: 'CS1', state: 'Processing' }] },
  ])('$state is held on to when somebody took the finalizer away', (entry) => {
    expect(decided(withJournal(aSnapshot({ request: released }), entry))).toEqual({ do: 'HoldFinalizer' });
  });

  test('is not held on to once the request is being deleted: the API server refuses it', () => {
    const request = { metadata: { finalizers: [], deletionTimestamp: lookedAt.toISOString() } };
    expect(decided(withJournal(aSnapshot({ request }), { state: 'Unknown' })).do).not.toBe('HoldFinalizer');
  });
});

describe('an order that had no effect', () => {
  const signedAt = lookedAt.toISOString();
  const later = (seconds: number) => new Date(lookedAt.getTime() + seconds * 1_000);

  test.each([
    [1, 10],
    [2, 20],
    [3, 40],
    [6, 320],
    [7, 600],
    [9, 600],
  ])('after attempt %i is tried again %i seconds later, not sooner', (attempt, pause) => {
    const journal = { id: `1.${attempt}`, attempt, state: 'NotSent', detail: 'It was not sent.', signedAt } as const;
    const snapshot = withJournal(aSnapshot(), journal);
    expect(decided({ ...snapshot, cloudTime: exactly(later(pause - 1)) })).toEqual({
      do: 'Wait',
      for: 'RetryLater',
      stalled: false,
      message: 'The order is tried again: It was not sent.',
    });
    expect(decided({ ...snapshot, cloudTime: exactly(later(pause)) })).toMatchObject({
      do: 'Place',
      attempt: attempt + 1,
    });
  });

  test('ten times fails the request', () => {
    const tenth = { id: '1.10', attempt: 10, state: 'NotSent', signedAt } as const;
    expect(decided(withJournal(aSnapshot(), tenth))).toEqual({ do: 'Finish', outcome: 'Failed' });
  });

  test('is not tried again while something blocks', () => {
    const suspended = aSnapshot({ takenAt: later(3_600), request: { spec: { suspend: true } } });
    expect(decided(withJournal(suspended, { state: 'NotSent', signedAt }))).toMatchObject({ for: 'Blocked' });
  });
});

describe('a request made again for servers that are gone', () => {
  const gone = (name: string) =>
    aFoundServer(name, { observation: { subscription: read(aSubscription({ status: 'Closed' })) } });

  test('is complete without an order, though nobody approved it', () => {
    const snapshot = aSnapshot({ servers: [gone('a'), gone('b')], request: { spec: { approvedPlan: undefined } } });
    expect(decided(snapshot)).toEqual({ do: 'Finish', outcome: 'Complete' });
  });

  test('is blocked while one of them is not', () => {
    expect(decided(aSnapshot({ servers: [gone('a'), aFoundServer('b')] }))).toMatchObject({
      do: 'Wait',
      for: 'Blocked',
    });
  });

  test('is not complete when one of its orders was refused', () => {
    const snapshot = withJournal(aSnapshot({ servers: [gone('server-1')] }), refused);
    expect(decided(snapshot)).toEqual({ do: 'Finish', outcome: 'Failed' });
    const request = { spec: { onFailure: 'Continue' as const } };
    const both = withJournal(aSnapshot({ servers: [gone('a'), gone('b')], request }), refused);
    expect(decided(both)).toMatchObject({ do: 'Wait', for: 'Blocked' });
  });
});

describe('whatever the case', () => {
  const inEveryCase = (check: (snapshot: Snapshot, decision: Decision) => void) =>
    fc.assert(
      fc.property(arbitrarySnapshot, (snapshot) => check(snapshot, decided(snapshot))),
      { numRuns: 1_000 },
    );

  test('an order is placed only when nothing blocks, its plan is approved, no call is open, and the request is wanted', () => {
    let placed = 0;
    inEveryCase((snapshot, decision) => {
      if (decision.do !== 'Place') return;
      placed += 1;
      const { request } = snapshot;
      expect(blockersOf(snapshot)).toEqual([]);
      expect(request.spec.approvedPlan).toBe(decision.plan.id);
      expect(planOf(snapshot)).toEqual(decision.plan);
      expect(request.status.placements?.filter(isOpen) ?? []).toEqual([]);
      expect(request.metadata.deletionTimestamp).toBeUndefined();
      expect(request.metadata.finalizers).toContain('dcc-operator.io/placement');
      expect(isFinished(request)).toBe(false);
      expect(snapshot.mode).toBe('Place');
    });
    expect(placed).toBeGreaterThan(0);
  });

  test('an order is placed as its plan has it, under an id that the journal does not have', () => {
    inEveryCase((snapshot, decision) => {
      if (decision.do !== 'Place') return;
      const { order, plan, number, attempt } = decision;
      const ids = snapshot.request.status.placements?.map(({ id }) => id) ?? [];
      expect(plan.orders[number - 1]).toEqual(order);
      expect(ids).not.toContain(`${number}.${attempt}`);
    });
  });

  test('an order is not placed again while one for the same resource was accepted', () => {
    inEveryCase((snapshot, decision) => {
      if (decision.do !== 'Place') return;
      const accepted = snapshot.request.status.placements?.filter(({ state }) => state === 'Accepted') ?? [];
      const taken = new Set(accepted.flatMap(({ resourceIds }) => resourceIds));
      expect(decision.order.resourceIds.filter((id) => taken.has(id))).toEqual([]);
    });
  });

  test('a request ends only when no call is open', () => {
    inEveryCase(({ request }, decision) => {
      if (decision.do !== 'Finish') return;
      expect(request.status.placements?.filter(isOpen) ?? []).toEqual([]);
    });
  });

  test('the finalizer is let go only when no call is open or the request has ended', () => {
    inEveryCase(({ request }, decision) => {
      if (decision.do !== 'ReleaseFinalizer') return;
      const open = request.status.placements?.filter(isOpen) ?? [];
      expect(isFinished(request) || open.length === 0).toBe(true);
    });
  });

  test('what is recorded is a call of the journal', () => {
    inEveryCase(({ request }, decision) => {
      if (decision.do !== 'RecordPlacement') return;
      expect(request.status.placements?.filter(isOpen).map(({ id }) => id)).toContain(decision.placement.id);
    });
  });

  test('the same snapshot leads to the same decision, and a request is never left without a word', () => {
    inEveryCase((snapshot, decision) => {
      expect(decided(snapshot)).toEqual(decision);
      if (decision.do === 'Wait') expect(decision.message).toMatch(/^\S.*[.]$/);
      if (decision.do === 'Rest') {
        expect(isFinished(snapshot.request) || snapshot.request.metadata.deletionTimestamp !== undefined).toBe(true);
      }
    });
  });
});
