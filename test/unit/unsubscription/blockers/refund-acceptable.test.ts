import { expect, test } from 'vitest';
import type { Placement } from '../../../../operator/api/unsubscriptionrequest.ts';
import { refundRates } from '../../../../operator/refund-rates.ts';
import { blockersOf } from '../../../../operator/unsubscription/blockers/rules.ts';
import { minutesLater } from '../../../builders/metadata.ts';
import { read } from '../../../builders/observation.ts';
import { aFoundServer, approve, aSnapshot, withJournal } from '../../../builders/snapshot.ts';

/** A year that begins in an hour and was paid with 900: all of it would come back. */
const aYear = { begin: minutesLater(60), end: minutesLater(60 * 24 * 366), paid: '900', currency: 'CNY' };
const demanding = (minimum: string, ...servers: string[]) =>
  aSnapshot({
    servers: servers.map((name) => aFoundServer(name, { paid: read([aYear]) })),
    refundRates: refundRates.parse('{"feePercent":{"1":[10]}}'),
    request: { spec: { refund: { minimum, currency: 'CNY' } } },
  });
const reasons = (snapshot: ReturnType<typeof demanding>) => blockersOf(snapshot).map(({ reason }) => reason);

test('what is demanded to the cent is enough', () => {
  expect(reasons(demanding('900', 'server-1'))).toEqual([]);
  expect(reasons(demanding('900.01', 'server-1'))).toEqual(['BelowMinimum']);
});

test('all servers of the request count together', () => {
  expect(reasons(demanding('1800.00', 'server-1', 'server-2'))).toEqual([]);
  expect(reasons(demanding('1800.01', 'server-1', 'server-2'))).toEqual(['BelowMinimum']);
});

/** The first of two servers was ordered; the second is still to come. */
function afterFirst(minimum: string, call: Partial<Placement>) {
  const begun = withJournal(demanding(minimum, 'server-1', 'server-2'), { state: 'Accepted', ...call });
  const [, second] = begun.servers;
  if (second === undefined) throw new Error('there is no second server');
  return approve({ ...begun, servers: [{ kind: 'Ordered', name: 'server-1' }, second] });
}

const estimate = { refund: '700.00', atLeast: '600.00', currency: 'CNY' };
const order = { orderId: 'CS1', state: 'Completed' };

test.each<[string, Partial<Placement>, string]>([
  ['came back', { estimate, orders: [{ ...order, refund: '650.00', currency: 'CNY' }] }, '1550'],
  ['is certain to, while that is not known', { estimate, orders: [order] }, '1500'],
  [
    'is known, of another currency: nothing',
    { estimate, orders: [{ ...order, refund: '650.00', currency: 'USD' }] },
    '1500',
  ],
  [
    'is certain to, of another currency: nothing',
    { estimate: { ...estimate, currency: 'USD' }, orders: [order] },
    '900',
  ],
  ['nobody estimated: nothing', { orders: [order] }, '900'],
  [
    'was cancelled afterwards: nothing',
    { estimate, result: 'Cancelled', orders: [{ ...order, state: 'Cancelled' }] },
    '900',
  ],
  [
    'came back of a call that was refused in part, and no more',
    {
      ...{
        estimate,
        orders: [
          { ...order, refund: '100.00', currency: 'CNY' },
          { ...order, orderId: 'CS2' },
        ],
      },
      failed: [{ resourceId: 'r', code: 'CBC.99003185', message: 'whole' }],
    },
    '1000',
  ],
  ['was refused', { state: 'Rejected', estimate, orders: [], mayRetry: false }, '900'],
])('what was ordered before counts with what %s', (_, call, total) => {
  const refundOnly = (minimum: string) =>
    reasons(afterFirst(minimum, call)).filter((reason) => reason === 'BelowMinimum');
  expect(refundOnly(total)).toEqual([]);
  expect(refundOnly(`${total}.01`)).toEqual(['BelowMinimum']);
});

test('once all is ordered nothing is demanded any more', () => {
  const begun = withJournal(demanding('99999', 'server-1'), { state: 'Accepted', estimate, orders: [order] });
  expect(reasons({ ...begun, servers: [{ kind: 'Ordered', name: 'server-1' }] })).not.toContain('BelowMinimum');
  expect(reasons({ ...begun, servers: [{ kind: 'Ordered', name: 'server-1' }] })).not.toContain('EstimateUnavailable');
});
