import { describe, expect, test } from 'vitest';
import { isOpen } from '../../../../operator/api/unsubscriptionrequest.ts';
import type { CloudErrorClass } from '../../../../operator/huaweicloud/errors.ts';
import { progressOf } from '../../../../operator/unsubscription/placement/journal.ts';
import { withOutcome } from '../../../../operator/unsubscription/placement/send.ts';
import { aPlacement } from '../../../builders/unsubscriptionrequest.ts';

const intent = aPlacement();
const rejected = (errorClass: CloudErrorClass, message = 'The cloud said no.', code = 'CBC.0001') =>
  withOutcome(intent, {
    kind: 'Rejected',
    code,
    class: errorClass,
    message,
    requestId: undefined,
    failed: [],
  });

describe('the journal after a call', () => {
  test('holds the orders that the cloud made, and what it refused beside them', () => {
    const refused = { resourceId: 'disk-1', code: 'CBC.0100', class: 'Refused' as const, message: 'No.' };
    expect(withOutcome(intent, { kind: 'Accepted', orderIds: ['CS1', 'CS2'], failed: [refused] })).toEqual({
      ...intent,
      state: 'Accepted',
      answered: true,
      orders: [
        { orderId: 'CS1', state: 'Processing' },
        { orderId: 'CS2', state: 'Processing' },
      ],
      failed: [{ resourceId: 'disk-1', code: 'CBC.0100', message: 'No.' }],
    });
    expect(withOutcome(intent, { kind: 'Accepted', orderIds: ['CS1'], failed: [] })).not.toHaveProperty('failed');
  });

  test('holds the words and the remedy of a refusal', () => {
    expect(rejected('Portfolio')).toEqual({
      ...intent,
      state: 'Rejected',
      code: 'CBC.0001',
      detail: 'The cloud said no. Unsubscribe all members of the solution portfolio together.',
      mayRetry: false,
    });
  });

  test('names the action to grant when it was missing', () => {
    expect(rejected('Permission').detail).toContain(
      'Grant the user or agency of these credentials bss:unsubscribe:update (policies) or billing:subscription:unsubscribe',
    );
  });

  test.each(['NotSent', 'Unknown'] as const)('says that the call is %s, and why', (kind) => {
    expect(withOutcome(intent, { kind, message: 'The connection was reset.' })).toEqual({
      ...intent,
      state: kind,
      detail: 'The connection was reset.',
    });
  });
});

describe('a refusal', () => {
  const forNow: CloudErrorClass[] = ['RetryLater', 'Throttled', 'Credentials', 'Permission', 'WrongSite'];
  const forGood: CloudErrorClass[] = ['FrozenResource', 'FrozenAccount', 'Portfolio', 'UnpaidOrder', 'Gone', 'Refused'];

  test.each(forNow)('as %s is tried again', (errorClass) => {
    expect(progressOf([rejected(errorClass)], 1).kind).toBe('Next');
  });

  test.each(forGood)('as %s is final', (errorClass) => {
    expect(progressOf([rejected(errorClass)], 1).kind).toBe('Failed');
  });
});

test('only a call of unknown outcome, or one that was accepted, is open', () => {
  const accepted = withOutcome(intent, { kind: 'Accepted', orderIds: ['CS1'], failed: [] });
  const unknown = withOutcome(intent, { kind: 'Unknown', message: 'Reset.' });
  const notSent = withOutcome(intent, { kind: 'NotSent', message: 'Refused.' });
  expect([accepted, unknown, notSent, rejected('Refused'), rejected('Throttled')].map(isOpen)).toEqual([
    true,
    true,
    false,
    false,
    false,
  ]);
});
