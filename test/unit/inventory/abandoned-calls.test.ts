import { describe, expect, test } from 'vitest';
import type { DCCServerStatus } from '../../../operator/api/dccserver.ts';
import { mayTakeAway, unfollowedCalls } from '../../../operator/inventory/abandoned-calls.ts';
import type { Reading, Subscription } from '../../../operator/inventory/observation.ts';
import { aServer, resourceIdOf } from '../../builders/dccserver.ts';
import { aSubscription, read, unreadable } from '../../builders/observation.ts';
import { aPlacement, aRequest } from '../../builders/unsubscriptionrequest.ts';

const signedAt = '2026-03-01T10:00:00.000Z';
const whole = { request: 'gone', state: 'Processing', orderId: 'CS1', signedAt };
const part = { request: 'gone', state: 'Unknown', resourceIds: ['disk-1'], signedAt: '2026-03-01T10:01:00.000Z' };

describe('a call that a server remembers is followed by nobody', () => {
  const unfollowed = (status: Partial<DCCServerStatus>, ...requests: ReturnType<typeof aRequest>[]) =>
    unfollowedCalls(aServer('server-1', { status }), requests);

  test('when no request has it in its journal, and its end is not known', () => {
    expect(unfollowed({ unsubscription: whole, partialUnsubscription: part }, aRequest())).toEqual([whole, part]);
    const { signedAt: _, ...unsigned } = whole;
    expect(unfollowed({ unsubscription: unsigned }, aRequest())).toEqual([unsigned]);
  });

  test('not when a request has, or it has come to its end', () => {
    const request = aRequest({ status: { placements: [aPlacement({ signedAt })] } });
    expect(unfollowed({ unsubscription: whole, partialUnsubscription: part }, aRequest(), request)).toEqual([part]);
    expect(unfollowed({ unsubscription: { ...whole, state: 'Cancelled' } })).toEqual([]);
  });
});

describe('an order of such a call', () => {
  const takesAway = (call: typeof whole | typeof part, subscription: Reading<Subscription>) =>
    mayTakeAway(call, aServer('server-1'), { subscription });

  test.each(['InUse', 'Frozen', 'Expired', 'Unknown'] as const)('may take away a server that is %s', (status) => {
    expect(takesAway(whole, read(aSubscription({ status })))).toBe(true);
  });

  test.each(['Closed', 'Absent'] as const)('does not take away one that is %s', (status) => {
    expect(takesAway(whole, read(aSubscription({ status })))).toBe(false);
  });

  test('may take away a disk that is still there', () => {
    const secondaries = [{ resourceId: 'disk-1', name: 'data', type: 'volume' }];
    expect(takesAway(part, read(aSubscription({ secondaries })))).toBe(true);
    expect(takesAway(part, read(aSubscription({ secondaries: [] })))).toBe(false);
  });

  test('takes away nothing when it was for renewals', () => {
    const renewals = { ...part, resourceIds: [resourceIdOf('server-1')] };
    expect(takesAway(renewals, read(aSubscription()))).toBe(false);
    expect(takesAway(renewals, unreadable())).toBe(false);
  });

  test('may take away whatever cannot be read', () => {
    expect(takesAway(whole, unreadable())).toBe(true);
    expect(takesAway(part, unreadable())).toBe(true);
  });
});
