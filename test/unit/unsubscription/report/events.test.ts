import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Placement, UnsubscriptionRequestStatus } from '../../../../operator/api/unsubscriptionrequest.ts';
import { happenings, standing } from '../../../../operator/unsubscription/report/events.ts';
import { arbitraryOutcome } from '../../../builders/arbitrary.ts';
import { lookedAt } from '../../../builders/metadata.ts';
import { anotherPlanId, aPlacement } from '../../../builders/unsubscriptionrequest.ts';

const ready = (reason: string, message = 'It is so.'): UnsubscriptionRequestStatus => ({
  conditions: [
    {
      type: 'Ready',
      status: 'False',
      reason,
      message,
      lastTransitionTime: lookedAt.toISOString(),
      observedGeneration: 1,
    },
  ],
});
const journal = (...entries: Partial<Placement>[]): UnsubscriptionRequestStatus => ({
  placements: entries.map(aPlacement),
});
const orders = [{ orderId: 'CS1', state: 'Processing' }];

describe('people are told once', () => {
  test('of a plan, and how many orders it has', () => {
    const plan = { id: anotherPlanId, orders: [{ servers: ['a'], resourceIds: ['r'], relyingOn: [] }] };
    expect(happenings({}, { plan })).toEqual([
      {
        type: 'Normal',
        reason: 'Planned',
        action: 'Plan',
        note: `Plan ${anotherPlanId} has 1 order. Approve it with spec.approvedPlan.`,
      },
    ]);
    expect(happenings({ plan }, { plan })).toEqual([]);
  });

  test.each<[type: string, reason: string, note: string, entry: Partial<Placement>]>([
    ['Normal', 'OrderIntended', 'Call 1.1 for server-1: Intended', { state: 'Intended' }],
    ['Normal', 'OrderAccepted', 'Call 1.1 for server-1: Accepted; order CS1', { state: 'Accepted', orders }],
    ['Normal', 'OrderNotSent', 'Call 1.1 for server-1: NotSent; Refused.', { state: 'NotSent', detail: 'Refused.' }],
    ['Normal', 'OrderNotPlaced', 'Call 1.1 for server-1: NotPlaced', { state: 'NotPlaced' }],
    [
      'Warning',
      'OrderRejected',
      'Call 1.1 for server-1: Rejected; CBC.99003185; It is a portfolio.',
      { state: 'Rejected', code: 'CBC.99003185', detail: 'It is a portfolio.' },
    ],
    ['Warning', 'OrderUnknown', 'Call 1.1 for server-1: Unknown', { state: 'Unknown' }],
    [
      'Normal',
      'OrderCompleted',
      'Call 1.1 for server-1: Completed; order CS1',
      { state: 'Accepted', orders, result: 'Completed' },
    ],
    [
      'Warning',
      'OrderCancelled',
      'Call 1.1 for server-1: Cancelled; order CS1',
      { state: 'Accepted', orders, result: 'Cancelled' },
    ],
  ])('by a %s event %s of a call', (type, reason, note, entry) => {
    expect(happenings({}, journal(entry))).toEqual([{ type, reason, action: 'Unsubscribe', note }]);
    expect(happenings(journal(entry), journal(entry))).toEqual([]);
  });

  test('of an accepted call that ended, but not of each state of its order', () => {
    const accepted = journal({ state: 'Accepted', orders });
    const pending = journal({ state: 'Accepted', orders: [{ orderId: 'CS1', state: 'PendingApproval' }] });
    expect(happenings(accepted, pending)).toEqual([]);
    const ended = journal({ state: 'Accepted', orders, result: 'Completed' });
    expect(happenings(accepted, ended).map(({ reason }) => reason)).toEqual(['OrderCompleted']);
  });

  test.each(['Failed', 'Blocked', 'OutcomeUnknown', 'Unreadable'])('by a warning that the state is %s', (reason) => {
    expect(happenings({}, ready(reason, 'Look.'))).toEqual([
      { type: 'Warning', reason, action: 'Reconcile', note: 'Look.' },
    ]);
  });

  test.each(['AwaitingApproval', 'Ordering', 'OrderInProgress', 'Complete'])(
    'by a normal event that it is %s',
    (reason) => {
      expect(happenings(ready('Blocked'), ready(reason))).toMatchObject([{ type: 'Normal', reason }]);
    },
  );

  test('of a state, not of each change of its words', () => {
    expect(happenings(ready('Blocked', 'Two machines remain.'), ready('Blocked', 'One machine remains.'))).toEqual([]);
  });
});

describe('people are reminded while it stands', () => {
  const overdue = { type: 'DrainOverdue', status: 'True', reason: 'DrainTimeout', message: 'Too long.' } as const;
  const withCondition = (condition: { type: string; status: 'True'; reason: string; message: string }) => {
    const { conditions = [] } = ready('Blocked', 'Look.');
    const times = { lastTransitionTime: lookedAt.toISOString(), observedGeneration: 1 };
    return { conditions: [...conditions, { ...condition, ...times }] };
  };

  test.each(['Blocked', 'DeadlinePassed', 'OutcomeUnknown'])('of the state %s, as it was announced', (reason) => {
    const status = ready(reason, 'Look.');
    expect(standing(status)).toEqual([{ type: 'Warning', reason, action: 'Reconcile', note: 'Look.' }]);
    expect(standing(status)).toEqual(happenings({}, status));
  });

  test('of a drain that takes too long, beside the state', () => {
    const status = withCondition(overdue);
    expect(standing(status).map(({ reason }) => reason)).toEqual(['Blocked', 'DrainOverdue']);
    expect(standing(status)).toEqual(happenings({}, status));
  });

  test.each(['Observing', 'AwaitingApproval', 'Held', 'Ordering', 'OrderInProgress', 'Complete'])(
    'but not of %s, which is as it should be',
    (reason) => {
      expect(standing(ready(reason))).toEqual([]);
    },
  );

  test('nor of a failure that is over, nor of nothing', () => {
    expect(standing(withCondition({ type: 'Failed', status: 'True', reason: 'Failed', message: 'It.' }))).toEqual([]);
    expect(standing({})).toEqual([]);
  });
});

test('nothing is told of a status that did not change, and one thing for each call that did', () => {
  fc.assert(
    fc.property(arbitraryOutcome, arbitraryOutcome, (before, after) => {
      const [then, now] = [journal(before), journal(after)];
      expect(happenings(now, now)).toEqual([]);
      const changed = before.state !== after.state || before.result !== after.result;
      expect(happenings(then, now)).toHaveLength(changed ? 1 : 0);
    }),
  );
});
