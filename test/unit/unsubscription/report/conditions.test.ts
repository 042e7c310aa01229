import { describe, expect, test } from 'vitest';
import type { Placement } from '../../../../operator/api/unsubscriptionrequest.ts';
import { placedCondition } from '../../../../operator/unsubscription/report/conditions.ts';
import { aPlacement } from '../../../builders/unsubscriptionrequest.ts';

const order = (orderId: string, state: string) => ({ orderId, state });
const completed: Partial<Placement> = { state: 'Accepted', orders: [order('CS1', 'Completed')], result: 'Completed' };

describe('Placed', () => {
  test.each<[status: string, reason: string, message: string, journal: Partial<Placement>[]]>([
    ['False', 'NothingPlaced', 'Nothing was ordered.', []],
    ['Unknown', 'IntentRecorded', 'is about to be sent, or was.', [{ state: 'Intended' }]],
    [
      'Unknown',
      'OutcomeUnknown',
      'The connection was reset.',
      [{ state: 'Unknown', detail: 'The connection was reset.' }],
    ],
    ['Unknown', 'OutcomeUnknown', 'the answer was lost', [{ state: 'Unknown' }]],
    ['False', 'Rejected', 'had no effect: It is a portfolio.', [{ state: 'Rejected', detail: 'It is a portfolio.' }]],
    ['False', 'Rejected', 'had no effect: NotSent', [{ state: 'NotSent' }]],
    ['False', 'Rejected', 'had no effect: Read back.', [{ state: 'NotPlaced', detail: 'Read back.' }]],
    ['False', 'Rejected', 'Call 2.1', [{ state: 'Rejected' }, { id: '2.1', state: 'Rejected' }]],
    ['True', 'OrderInProgress', 'CS1', [{ state: 'Accepted', orders: [order('CS1', 'Processing')] }]],
    ['True', 'OrdersCompleted', 'CS1', [completed]],
    ['True', 'OrderCancelled', 'CS1', [{ ...completed, result: 'Cancelled' }]],
    ['Unknown', 'OutcomeUnknown', 'Call 2.1', [completed, { id: '2.1', state: 'Unknown' }]],
    [
      'True',
      'OrderInProgress',
      'CS1, CS2',
      [completed, { id: '2.1', state: 'Accepted', orders: [order('CS2', 'Processing')] }],
    ],
    [
      'True',
      'OrderInProgress',
      'CS1',
      [{ state: 'NotSent' }, { id: '1.2', state: 'Accepted', orders: [order('CS1', 'x')] }],
    ],
  ])('is %s because of %s, and says %s', (status, reason, message, journal) => {
    const condition = placedCondition(journal.map(aPlacement));
    expect(condition).toMatchObject({ type: 'Placed', status, reason, message: expect.stringContaining(message) });
  });

  test('stays True when a later order was refused: what was placed is placed', () => {
    const journal = [aPlacement(completed), aPlacement({ id: '2.1', state: 'Rejected', detail: 'It is a portfolio.' })];
    expect(placedCondition(journal)).toMatchObject({ status: 'True', message: expect.stringContaining('CS1') });
  });
});
