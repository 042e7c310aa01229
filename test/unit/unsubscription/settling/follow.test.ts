import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Placement } from '../../../../operator/api/unsubscriptionrequest.ts';
import { hours } from '../../../../operator/clock.ts';
import { follow } from '../../../../operator/unsubscription/settling/follow.ts';
import type { PlacementEvidence } from '../../../../operator/unsubscription/snapshot.ts';
import { arbitraryEvidence } from '../../../builders/arbitrary.ts';
import { resourceIdOf } from '../../../builders/dccserver.ts';
import { lookedAt, minutesLater } from '../../../builders/metadata.ts';
import { anEvidence, anOrder, rows } from '../../../builders/snapshot.ts';
import { aPlacement } from '../../../builders/unsubscriptionrequest.ts';

const order = { orderId: 'CS2603011200', state: 'Processing' };
const accepted = aPlacement({ state: 'Accepted', orders: [order] });
const following = { givesBack: true, window: hours(1) };
const completed = anOrder({ state: 'Completed', refund: { amount: '120.50', fee: '10', currency: 'CNY' } });

test('an order takes over the state and the money that the cloud shows', () => {
  expect(follow(accepted, anEvidence({ orders: [completed] }), following).orders).toEqual([
    { orderId: 'CS2603011200', state: 'Completed', refund: '120.50', fee: '10', currency: 'CNY' },
  ]);
});

test('an order that is not visible keeps its last known state', () => {
  const known = { ...accepted, orders: [{ ...order, state: 'PendingApproval', refund: '5', currency: 'CNY' }] };
  expect(follow(known, anEvidence(), following)).toEqual(known);
});

test('money once known stays known', () => {
  const known = follow(accepted, anEvidence({ orders: [completed] }), following);
  const later = follow(known, anEvidence({ orders: [anOrder({ state: 'Completed' })] }), following);
  expect(later.orders).toEqual(known.orders);
});

test.each<
  [
    result: Placement['result'],
    what: string,
    orders: PlacementEvidence['orders'],
    row: Parameters<typeof rows>[0],
    back: boolean,
  ]
>([
  ['Completed', 'its order is completed and its row closed', [completed], 'Closed', true],
  ['Completed', 'its order is completed and its row gone', [completed], 'Absent', true],
  [undefined, 'its order is completed but its row still in use', [completed], 'InUse', true],
  [undefined, 'its order is completed but its row unreadable', [completed], 'Unknown', true],
  [undefined, 'its order is being processed though its row is closed', [anOrder()], 'Closed', true],
  [undefined, 'its order awaits approval', [anOrder({ state: 'PendingApproval' })], 'InUse', true],
  ['Cancelled', 'its order is cancelled', [anOrder({ state: 'Cancelled' })], 'InUse', true],
  ['Completed', 'its order is completed and only renewals were cancelled', [completed], 'InUse', false],
])('a call has ended as %s when %s', (result, _, orders, row, givesBack) => {
  const evidence = anEvidence({ orders, rows: rows(row, 'server-1') });
  expect(follow(accepted, evidence, { ...following, givesBack }).result).toBe(result);
});

test('a call with two orders has ended only when both have', () => {
  const two = { ...accepted, orders: [order, { orderId: 'CS2', state: 'Processing' }] };
  const one = anEvidence({ orders: [completed], rows: rows('Closed', 'server-1') });
  expect(follow(two, one, following).result).toBeUndefined();
  const cancelled = { ...one, orders: [completed, anOrder({ orderId: 'CS2', state: 'Cancelled' })] };
  expect(follow(two, cancelled, following).result).toBe('Cancelled');
});

test('a resource that the cloud refused is not waited for', () => {
  const partly = {
    ...accepted,
    resourceIds: ['server-1', 'server-2'].map(resourceIdOf),
    failed: [{ resourceId: resourceIdOf('server-2'), code: 'CBC.0100', message: 'No.' }],
  };
  const shown = new Map([...rows('Closed', 'server-1'), ...rows('InUse', 'server-2')]);
  expect(follow(partly, anEvidence({ orders: [completed], rows: shown }), following).result).toBe('Completed');
});

test('a call for two servers has not ended while one of them is still in use', () => {
  const both = { ...accepted, resourceIds: ['server-1', 'server-2'].map(resourceIdOf) };
  const shown = new Map([...rows('Closed', 'server-1'), ...rows('InUse', 'server-2')]);
  expect(follow(both, anEvidence({ orders: [completed], rows: shown }), following).result).toBeUndefined();
});

test('since when a call waits for what follows the end of its orders is kept, and not moved', () => {
  // At the latest: a machine that slept before it read takes the time for an earlier one at first.
  const first = anEvidence({ orders: [completed], cloudTime: minutesLater(5), readUntil: minutesLater(65) });
  const waiting = follow(accepted, first, following);
  expect(waiting.ordersEndedAt).toBe(minutesLater(65).toISOString());
  expect(follow(waiting, { ...first, cloudTime: minutesLater(50) }, following)).toEqual(waiting);
  expect(follow(accepted, anEvidence({ orders: [anOrder()] }), following)).not.toHaveProperty('ordersEndedAt');
});

describe('while not a row of its refund shows', () => {
  const unrefunded = anOrder({ state: 'Completed', refundIsMissing: true });
  const gone = (later: number, changes: Partial<PlacementEvidence> = {}) =>
    anEvidence({ orders: [unrefunded], rows: rows('Closed', 'server-1'), cloudTime: minutesLater(later), ...changes });
  const waiting = follow(accepted, gone(0), following);

  test('a call that took resources away goes on, for an hour at most', () => {
    expect(waiting).toMatchObject({ ordersEndedAt: lookedAt.toISOString() });
    expect(waiting).not.toHaveProperty('result');
    expect(follow(waiting, gone(59), following).result).toBeUndefined();
    expect(follow(waiting, gone(60), following).result).toBe('Completed');
  });

  test('and ends with the refund once that shows', () => {
    expect(follow(waiting, gone(1, { orders: [completed] }), following)).toMatchObject({
      result: 'Completed',
      orders: [{ refund: '120.50' }],
    });
  });

  test('one that was read before is enough', () => {
    const known = { ...accepted, orders: [{ ...order, state: 'Completed', refund: '5.00', currency: 'CNY' }] };
    expect(follow(known, gone(0), following).result).toBe('Completed');
  });

  test('a call that was refused in part waits for the rest of it, too', () => {
    const failed = [{ resourceId: resourceIdOf('server-2'), code: 'CBC.0100', message: 'No.' }];
    const partly = { ...accepted, resourceIds: ['server-1', 'server-2'].map(resourceIdOf), failed };
    const shown = new Map([...rows('Closed', 'server-1'), ...rows('InUse', 'server-2')]);
    const waitingPartly = follow(partly, gone(0, { rows: shown }), following);
    expect(waitingPartly.result).toBeUndefined();
    expect(follow(waitingPartly, gone(60, { rows: shown }), following).result).toBe('Completed');
  });

  test.each([
    ['what was cancelled', 'Cancelled', anOrder({ state: 'Cancelled', refundIsMissing: true })],
    ['an order in no currency', 'Completed', anOrder({ state: 'Completed' })],
  ])('nothing is waited for of %s', (_, result, shown) => {
    expect(follow(accepted, gone(0, { orders: [shown] }), following).result).toBe(result);
  });

  test('a call for renewals goes on as long, whatever the rows show', () => {
    const ofRenewals = { ...following, givesBack: false };
    const kept = (later: number) => gone(later, { rows: rows('InUse', 'server-1') });
    expect(follow(accepted, kept(0), ofRenewals).result).toBeUndefined();
    expect(follow(waiting, kept(59), ofRenewals).result).toBeUndefined();
    expect(follow(waiting, kept(60), ofRenewals).result).toBe('Completed');
  });
});

test('a call without a visible order never ends by itself', () => {
  const strange = { ...accepted, orders: [] };
  expect(follow(strange, anEvidence({ rows: rows('Closed', 'server-1') }), following).result).toBeUndefined();
});

test('following twice with the same evidence changes nothing more, and never what was sent', () => {
  fc.assert(
    fc.property(arbitraryEvidence(accepted.resourceIds), fc.boolean(), (shown, givesBack) => {
      const placement = { ...accepted, orders: [{ orderId: 'CS9', state: 'Processing' }] };
      const once = follow(placement, shown, { ...following, givesBack });
      expect(follow(once, shown, { ...following, givesBack })).toEqual(once);
      const { orders: _, result: __, ordersEndedAt: ___, ...kept } = once;
      const { orders: ____, ...sent } = placement;
      expect(kept).toEqual(sent);
    }),
  );
});
