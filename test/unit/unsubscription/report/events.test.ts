import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Placement, UnsubscriptionRequestStatus } from '../../../../operator/api/unsubscriptionrequest.ts';
import { happenings, standing } from '../../../../operator/unsubscription/report/events.ts';
import { arbitraryOutcome } from '../../../builders/arbitrary.ts';
import { lookedAt } from '../../../builders/metadata.ts';
import { anotherPlanId, aPlacement } from '../../../builders/unsubscriptionrequest.ts';

const condition = (type: string, status: 'True' | 'False', reason: string, message = 'It is so.') => ({
  ...{ type, status, reason, message },
  lastTransitionTime: lookedAt.toISOString(),
  observedGeneration: 1,
});
const ready = (reason: string, message?: string): UnsubscriptionRequestStatus => ({
  conditions: [condition('Ready', 'False', reason, message)],
});
const journal = (...entries: Partial<Placement>[]): UnsubscriptionRequestStatus => ({
  placements: entries.map(aPlacement),
});
const orders = [{ orderId: 'CS1', state: 'Processing' }];
const refunded = [{ orderId: 'CS1', state: 'Completed', refund: '1.00', fee: '0.10', currency: 'CNY' }];

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

  test('of what a plan would give back, as an estimate', () => {
    const estimate = { refund: '100.00', atLeast: '90.00', fee: '10.00', currency: 'CNY', note: 'An estimate.' };
    const [told] = happenings({}, { plan: { id: anotherPlanId, orders: [], estimate } });
    expect(told?.note).toContain('About 100.00 CNY would come back, as an estimate.');
    const [untold] = happenings({}, { plan: { id: anotherPlanId, orders: [], estimate: { note: 'No estimate.' } } });
    expect(untold?.note).not.toContain('come back');
  });

  test('of a warning, once for each server and reason', () => {
    const warning = { server: 'a', reason: 'AutoRenewalOn', message: 'It is on.', remedy: 'Switch it off.' } as const;
    const told = { type: 'Warning', reason: 'AutoRenewalOn', action: 'Drain', note: 'It is on. Switch it off.' };
    expect(happenings({}, { warnings: [warning] })).toEqual([told]);
    expect(happenings({ warnings: [warning] }, { warnings: [{ ...warning, message: 'On another day.' }] })).toEqual([]);
    expect(happenings({ warnings: [warning] }, { warnings: [warning, { ...warning, server: 'b' }] })).toEqual([told]);
  });

  describe('of a refund, beside what was estimated', () => {
    const estimate = { refund: '1000.00', atLeast: '900.00', currency: 'CNY' };
    const ended = (refund: string | undefined, changes: Partial<Placement> = {}) =>
      journal({
        state: 'Accepted',
        result: 'Completed',
        estimate,
        orders: [{ orderId: 'CS1', state: 'Completed', ...(refund && { refund, currency: 'CNY' }) }],
        ...changes,
      });
    const refundsOf = (after: UnsubscriptionRequestStatus, before = journal({ state: 'Accepted', orders })) =>
      happenings(before, after).filter(({ reason }) => reason.startsWith('Refund'));

    test.each([
      ['1000.00', 'Normal', 'Refunded'],
      ['891.00', 'Normal', 'Refunded'],
      ['890.99', 'Warning', 'RefundBelowEstimate'],
      ['0.00', 'Warning', 'RefundBelowEstimate'],
    ])('%s is %s', (refund, type, reason) => {
      const note = `Call 1.1 gave back ${refund} CNY; 1000.00 were estimated.`;
      expect(refundsOf(ended(refund))).toEqual([{ type, reason, action: 'Unsubscribe', note }]);
    });

    test('of several orders is their sum', () => {
      const two = ['500.00', '400.00'].map((refund, index) => ({
        orderId: `CS${index}`,
        state: 'Completed',
        refund,
        currency: 'CNY',
      }));
      expect(refundsOf(ended('', { orders: two }))).toMatchObject([
        { note: expect.stringContaining('gave back 900.00 CNY') },
      ]);
    });

    test.each<[string, UnsubscriptionRequestStatus, UnsubscriptionRequestStatus?]>([
      ['before it has ended', ended('1000.00', { result: undefined })],
      ['twice', ended('1000.00'), ended('1000.00')],
      ['without an estimate', ended('1000.00', { estimate: undefined })],
      [
        'of a call that was refused in part',
        ended('1.00', { failed: [{ resourceId: 'r', code: 'C', message: 'no' }] }),
      ],
      ['that was cancelled', ended('0.00', { result: 'Cancelled' })],
    ])('is not told %s', (_, after, before) => {
      expect(refundsOf(after, before)).toEqual([]);
    });

    test.each([
      ['that one of its orders does not tell', 'CNY', ended(undefined)],
      ['of another currency', 'USD', ended('1000.00', { estimate: { ...estimate, currency: 'USD' } })],
    ])('%s is not known, and a person is told so', (_, currency, after) => {
      const note = `Call 1.1 has ended, and the cloud does not tell what came back in ${currency}; 1000.00 were estimated. Look at order CS1 in Billing Center > My Orders.`;
      expect(refundsOf(after)).toEqual([{ type: 'Warning', reason: 'RefundUnknown', action: 'Unsubscribe', note }]);
      expect(refundsOf(after, after)).toEqual([]);
    });

    test.each([
      ['nothing was estimated', ended(undefined, { estimate: undefined })],
      ['a part was refused', ended(undefined, { failed: [{ resourceId: 'r', code: 'C', message: 'no' }] })],
    ])('that none of its orders tells is told when %s, too, but not of renewals', (_, after) => {
      const before = journal({ state: 'Accepted', orders });
      const note =
        'Call 1.1 has ended, and the cloud does not tell what came back. Look at order CS1 in Billing Center > My Orders.';
      expect(refundsOf(after)).toEqual([{ type: 'Warning', reason: 'RefundUnknown', action: 'Unsubscribe', note }]);
      expect(happenings(before, after, { givesBack: false }).map(({ reason }) => reason)).toEqual(['OrderCompleted']);
    });
  });

  test.each<[type: string, reason: string, note: string, entry: Partial<Placement>]>([
    ['Normal', 'OrderIntended', 'Call 1.1 for server-1: Intended.', { state: 'Intended' }],
    ['Normal', 'OrderAccepted', 'Call 1.1 for server-1: Accepted; order CS1.', { state: 'Accepted', orders }],
    ['Normal', 'OrderNotSent', 'Call 1.1 for server-1: NotSent; Refused.', { state: 'NotSent', detail: 'Refused.' }],
    ['Normal', 'OrderNotPlaced', 'Call 1.1 for server-1: NotPlaced.', { state: 'NotPlaced' }],
    [
      'Warning',
      'OrderRejected',
      'Call 1.1 for server-1: Rejected; CBC.99003185; It is a portfolio.',
      { state: 'Rejected', code: 'CBC.99003185', detail: 'It is a portfolio.' },
    ],
    ['Warning', 'OrderUnknown', 'Call 1.1 for server-1: Unknown.', { state: 'Unknown' }],
    [
      'Normal',
      'OrderCompleted',
      'Call 1.1 for server-1: Completed; order CS1 (1.00 CNY came back, after a fee of 0.10).',
      { state: 'Accepted', orders: refunded, result: 'Completed' },
    ],
    [
      'Warning',
      'OrderCancelled',
      'Call 1.1 for server-1: Cancelled; order CS1.',
      { state: 'Accepted', orders, result: 'Cancelled' },
    ],
  ])('by a %s event %s of a call', (type, reason, note, entry) => {
    expect(happenings({}, journal(entry))).toEqual([{ type, reason, action: 'Unsubscribe', note }]);
    expect(happenings(journal(entry), journal(entry))).toEqual([]);
  });

  test('of an accepted call that ended, but not of each state of its order', () => {
    const accepted = journal({ state: 'Accepted', orders });
    const processing = journal({ state: 'Accepted', orders: [{ orderId: 'CS1', state: 'Unrecognised 7' }] });
    expect(happenings(accepted, processing)).toEqual([]);
    const ended = journal({ state: 'Accepted', orders: refunded, result: 'Completed' });
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

  test('once that an order waits for the approval of the cloud', () => {
    const accepted = journal({ state: 'Accepted', orders });
    const pending = journal({ state: 'Accepted', orders: [{ orderId: 'CS1', state: 'PendingApproval' }] });
    expect(happenings(accepted, pending)).toEqual([
      {
        type: 'Normal',
        reason: 'OrderPendingApproval',
        action: 'Unsubscribe',
        note: 'Call 1.1 for server-1: order CS1 waits for the approval of the cloud, which may take more than a day: Billing Center > My Orders.',
      },
    ]);
    expect(happenings(pending, pending)).toEqual([]);
  });

  test('when a person is asked, though the state is the same as before', () => {
    const waiting = ready('OutcomeUnknown', 'It is read back.');
    const asked = {
      conditions: [
        condition('Ready', 'False', 'OutcomeUnknown', 'Look.'),
        condition('Stalled', 'True', 'OutcomeUnknown', 'Look.'),
      ],
    };
    expect(happenings(waiting, asked)).toEqual([
      { type: 'Warning', reason: 'OutcomeUnknown', action: 'Reconcile', note: 'Look.' },
    ]);
    expect(happenings(asked, asked)).toEqual([]);
    expect(happenings(asked, waiting)).toEqual([]);
    // A reading that failed in between asks nobody anew.
    const call = { state: 'Unknown', askedAt: lookedAt.toISOString() } as const;
    expect(happenings({ ...waiting, ...journal(call) }, { ...asked, ...journal(call) })).toEqual([]);
  });

  test.each(['Complete', 'Failed'])('at the end (%s) that less came back than the guard demands, once', (type) => {
    const ended = { conditions: [condition(type, 'True', type)] };
    const told = { givesBack: true, belowGuard: 'Too little came back.' };
    const warning = { type: 'Warning', reason: 'RefundBelowGuard', action: 'Unsubscribe', note: told.belowGuard };
    expect(happenings({}, ended, told)).toEqual([warning]);
    expect(happenings(ended, ended, told)).toEqual([]);
    expect(happenings({}, {}, told)).toEqual([]);
    expect(happenings({}, ended, { givesBack: true })).toEqual([]);
  });

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
      const told = happenings(then, now).filter(({ reason }) => reason !== 'RefundUnknown');
      expect(told).toHaveLength(changed ? 1 : 0);
    }),
  );
});
