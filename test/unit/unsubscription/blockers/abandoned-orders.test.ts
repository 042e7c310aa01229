import { describe, expect, test } from 'vitest';
import { blockersOf } from '../../../../operator/unsubscription/blockers/rules.ts';
import type { FoundServer } from '../../../../operator/unsubscription/snapshot.ts';
import { minutesLater } from '../../../builders/metadata.ts';
import { anAccount, anOpenOrder, aSubscription, read, unreadable } from '../../../builders/observation.ts';
import { aFoundServer, aSnapshot, withJournal } from '../../../builders/snapshot.ts';

const signedAt = (minutesAgo: number) => minutesLater(-minutesAgo).toISOString();

/** A server that was ordered by a request which is gone by force: its order, by what the server remembers, and by the account. */
const abandoned = (
  state: string,
  { minutesAgo = 30, isOpen = true, ofType = 'hws.service.type.dcc', isPartial = false } = {},
) => {
  const call = { request: 'gone', state, orderId: 'CS1', signedAt: signedAt(minutesAgo) };
  return aSnapshot({
    servers: [
      aFoundServer('server-1', {
        status: isPartial ? { partialUnsubscription: { ...call, resourceIds: ['disk-1'] } } : { unsubscription: call },
        observation: {
          subscription: read(aSubscription({ serviceTypeCode: 'hws.service.type.dcc' })),
          account: read(
            anAccount({ openOrders: isOpen ? [anOpenOrder({ orderId: 'CS1', serviceTypeCode: ofType })] : [] }),
          ),
        },
      }),
    ],
    claimedOrders: new Set(['CS1']),
  });
};
const reasons = (snapshot: ReturnType<typeof aSnapshot>) => blockersOf(snapshot).map(({ reason }) => reason);

describe('an order that nobody follows any more', () => {
  test.each(['Accepted', 'Processing', 'PendingApproval'])(
    'that is %s keeps the next request from ordering, whether it shows yet or not',
    (state) => {
      expect(reasons(abandoned(state))).toEqual(['CallUnsettled', 'TransactionInProgress']);
      expect(reasons(abandoned(state, { isOpen: false }))).toEqual(['CallUnsettled']);
    },
  );

  test('does so for as long as the account has it open, of whatever type it is', () => {
    expect(reasons(abandoned('PendingApproval', { minutesAgo: 600 }))).toEqual(['TransactionInProgress']);
    expect(reasons(abandoned('PendingApproval', { minutesAgo: 600, ofType: 'another' }))).toEqual([
      'TransactionInProgress',
    ]);
    expect(reasons(abandoned('PendingApproval', { minutesAgo: 600, isOpen: false }))).toEqual([]);
  });

  test('does so as well when it was for a secondary resource or for renewals only', () => {
    const call = { isPartial: true, ofType: 'hws.service.type.ebs' };
    expect(reasons(abandoned('Processing', call))).toEqual(['CallUnsettled', 'TransactionInProgress']);
    expect(reasons(abandoned('Unknown', { ...call, isOpen: false }))).toEqual(['CallUnsettled']);
    expect(reasons(abandoned('Completed', { ...call, isOpen: false }))).toEqual([]);
  });

  test('does so when it is completed at last, until the billing row tells; and while nobody can say', () => {
    const completed = (abandonedOrders: FoundServer['abandonedOrders']) =>
      blockersOf(aSnapshot({ servers: [aFoundServer('server-1', { abandonedOrders })] }));
    expect(completed(read([]))).toEqual([]);
    expect(completed(read(['CS1']))).toMatchObject([
      {
        ...{ condition: 'ServersResolved', reason: 'CallUnsettled', status: 'Unknown', server: 'server-1' },
        message: 'Order CS1 may be that of a call for server-1 whose request is gone.',
      },
    ]);
    expect(completed(read(['CS1', 'CS2']))).toMatchObject([
      { message: expect.stringContaining('orders CS1, CS2 may') },
    ]);
    expect(completed(unreadable())).toMatchObject([{ reason: 'CallUnsettled', status: 'Unknown' }]);
  });

  test.each(['Cancelled', 'Refused', 'Rejected', 'NotSent', 'NotPlaced'])('that ended as %s does not', (state) => {
    expect(reasons(abandoned(state, { isOpen: false }))).toEqual([]);
  });
});

test('the order that a request follows itself does not block it', () => {
  const snapshot = abandoned('Processing');
  const orders = [{ orderId: 'CS1', state: 'Processing' }];
  expect(reasons(withJournal(snapshot, { state: 'Accepted', orders, signedAt: signedAt(30) }))).toEqual([]);
});

test('who waits for the claim is told of the claim, whatever call is open', () => {
  const openElsewhere = { resourceId: 'resource-1', request: 'shop/other', isUnreadable: false };
  const status = { claim: { name: 'other', uid: 'uid-of-other' } };
  expect(reasons(aSnapshot({ servers: [aFoundServer('server-1', { status, openElsewhere })] }))).toEqual([
    'ClaimedByOther',
  ]);
});
